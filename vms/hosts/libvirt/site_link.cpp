// SPDX-License-Identifier: Apache-2.0
// See site_link.hpp.
#include "vms/hosts/libvirt/site_link.hpp"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <sstream>

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/base/assert.hpp"
#include "vms/hosts/libvirt/process.hpp"
#include "vms/hosts/libvirt/run_folder.hpp"
#include "vms/hosts/libvirt/site_config.hpp"
#include "vms/hosts/libvirt/worse_link.hpp"

namespace switchback::libvirt {
namespace {

/// As many networks of two hosts as there are in 10.77.0.0/16 with one each in its third octet.
constexpr unsigned kMostLinks = 256;

OwnedDescriptor opened(const std::filesystem::path& path) {
  return OwnedDescriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

/// This thread is in another network for as long as this lives.
class Visit {
 public:
  explicit Visit(int network) : home_(opened("/proc/thread-self/ns/net")) {
    there_ = home_.get() >= 0 && setns(network, CLONE_NEWNET) == 0;
    if (!there_) error_ = errno;
  }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;
  ~Visit() {
    // A thread that stayed there would do all that follows in the wrong place.
    if (there_) SB_ASSERT(setns(home_.get(), CLONE_NEWNET) == 0);
  }
  [[nodiscard]] Nothing arrived() const {
    if (there_) return {};
    return environment_error(
        fmt::format("a site's network can't be entered: {}", std::strerror(error_)),
        "run as root, or look who removed it (ip netns)");
  }

 private:
  OwnedDescriptor home_;
  bool there_ = false;
  int error_ = 0;
};

tl::unexpected<Error> no_socket(const std::string& what) {
  return environment_error(fmt::format("{}: {}", what, std::strerror(errno)),
                           "raise the limit of open files (ulimit -n)");
}

/// The line of the interface in /proc/net/dev: received bytes are its first number, sent bytes its
/// ninth.
Result<WireCount> read_counters(const std::string& name) {
  std::ifstream file("/proc/thread-self/net/dev");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string interface;
    words >> interface;
    if (interface != name + ":") continue;
    WireCount count;
    words >> count.to_primary;
    for (int skipped = 0; skipped < 7; ++skipped)
      words >> interface;
    if (words >> count.to_recovery) return count;
  }
  return environment_error(fmt::format("the interface {} is gone", name),
                           "look who removed it (ip -n <namespace> link)");
}

}  // namespace

OwnedDescriptor::~OwnedDescriptor() {
  if (number_ >= 0) close(number_);
}

SiteLink::SiteLink(std::string run_id, unsigned number)
    : run_id_(std::move(run_id)), number_(number), name_(fmt::format("sb{}", number)) {}

SiteLink::~SiteLink() {
  if (!made_) return;
  mend();  // the kernel's rules are the network's, and would meet the next link of that name
  // Both ends go at once. It fails if the networks have gone, and the link with them.
  static_cast<void>(run_program(
      run_id_, {"ip", "-n", network_name(run_id_, Site::primary), "link", "delete", name_}));
}

Result<std::unique_ptr<SiteLink>> SiteLink::make(const std::string& run_id) {
  Nothing made;
  for (unsigned number = 0; number < kMostLinks; ++number) {
    std::unique_ptr<SiteLink> link(new SiteLink(run_id, number));
    made = link->make_interfaces();
    if (made) return link;
    // Another process of the run may have one of that name.
    if (made.error().message.find("File exists") == std::string::npos) break;
  }
  return tl::unexpected(made.error());
}

Nothing SiteLink::make_interfaces() {
  const std::string primary = network_name(run_id_, Site::primary);
  const std::string recovery = network_name(run_id_, Site::recovery);
  SB_TRY(run_program(run_id_, {"ip", "link", "add", name_, "netns", primary, "type", "veth", "peer",
                               "name", name_, "netns", recovery}));
  made_ = true;
  for (const Site site : {Site::primary, Site::recovery}) {
    const std::filesystem::path path = network_path(network_name(run_id_, site));
    networks_[static_cast<std::size_t>(site)] = opened(path);
    if (network(site) < 0) return no_socket(path.string());
    SB_TRY(address(site));
  }
  return {};
}

/// Without IPv6, which would send packets of its own.
Nothing SiteLink::address(Site site) {
  const std::string commands =
      fmt::format("link set {0} addrgenmode none\naddr add {1}/30 dev {0}\nlink set {0} up\n",
                  name_, host(site));
  SB_TRY(run_program(run_id_, {"ip", "-n", network_name(run_id_, site), "-batch", "-"},
                     std::chrono::seconds(60), commands));
  return {};
}

std::string SiteLink::host(Site site) const {
  return fmt::format("10.77.{}.{}", number_, site == Site::primary ? 1 : 2);
}

Result<OwnedDescriptor> SiteLink::socket_at(Site site) const {
  const Visit visit(network(site));
  SB_TRY(visit.arrived());
  OwnedDescriptor made(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int at_once = 1;
  // Those that a listening socket accepts inherit both.
  if (made.get() < 0 ||
      setsockopt(made.get(), IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once) != 0 ||
      setsockopt(made.get(), IPPROTO_TCP, TCP_USER_TIMEOUT, &kLongestSilenceMs,
                 sizeof kLongestSilenceMs) != 0)
    return no_socket("no socket at the link");
  return made;
}

Result<ListeningSocket> SiteLink::listen_at(Site site) const {
  SB_ASSIGN(made, socket_at(site));
  ListeningSocket listening{.descriptor = std::move(made)};
  listening.address.sin_family = AF_INET;
  inet_pton(AF_INET, host(site).c_str(), &listening.address.sin_addr);
  constexpr unsigned kPorts = kLastServerPort - kFirstServerPort + 1;
  const auto* const address = reinterpret_cast<const sockaddr*>(&listening.address);
  for (unsigned tried = 0; tried < kPorts; ++tried) {
    listening.address.sin_port =
        htons(static_cast<std::uint16_t>(kFirstServerPort + ports_tried_++ % kPorts));
    if (bind(listening.descriptor.get(), address, sizeof listening.address) == 0 &&
        listen(listening.descriptor.get(), 16) == 0)
      return listening;
    if (errno != EADDRINUSE) break;
  }
  return no_socket(fmt::format("can't listen at {}", host(site)));
}

Nothing SiteLink::set_up(bool up) {
  // At the one end: the other has no carrier then.
  SB_ASSIGN(any, socket_at(Site::primary));
  ifreq request{};
  name_.copy(request.ifr_name, sizeof request.ifr_name - 1);
  if (ioctl(any.get(), SIOCGIFFLAGS, &request) == 0) {
    const auto flag = static_cast<short>(IFF_UP);
    request.ifr_flags =
        static_cast<short>(up ? request.ifr_flags | flag : request.ifr_flags & ~flag);
    if (ioctl(any.get(), SIOCSIFFLAGS, &request) == 0) return {};
  }
  return environment_error(fmt::format("the link {} can't be taken {}: {}", name_,
                                       up ? "up" : "down", std::strerror(errno)),
                           "look who removed it (ip -n <namespace> link)");
}

bool SiteLink::worsen(FaultKind kind) {
  worse_ = true;
  const bool done = why_no_worse_link().empty() && worsen_link(run_id_, name_, kind);
  if (done && kind == FaultKind::link_lossy)
    losses_told_ = packets_lost(run_id_, name_).value_or(0);
  return done;
}

void SiteLink::mend() {
  if (worse_.exchange(false)) mend_link(run_id_, name_);
}

bool SiteLink::take_losses() {
  const Result<std::uint64_t> lost = packets_lost(run_id_, name_);
  return lost && losses_told_.exchange(*lost) < *lost;
}

Result<WireCount> SiteLink::carried() const {
  const Visit visit(network(Site::primary));
  SB_TRY(visit.arrived());
  return read_counters(name_);
}

}  // namespace switchback::libvirt
