// SPDX-License-Identifier: Apache-2.0
// See guest_agent.hpp.
#include "vms/hosts/libvirt/guest_agent.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <set>

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "vms/hosts/libvirt/domain_xml.hpp"
#include "vms/hosts/libvirt/last_lines.hpp"

namespace switchback::libvirt {
namespace {

/// Where a connection's numbers begin: an answer to another one, of this process or of an earlier
/// one, does not bear any of them.
std::uint64_t first_number() {
  static std::atomic<std::uint64_t> connections{0};
  return (static_cast<std::uint64_t>(getpid()) << 40U) + (++connections << 20U);
}

/// A socket without a server: QEMU may be about to make it.
Result<int> connect_once(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.string().size() >= sizeof address.sun_path)
    return bad_input(fmt::format("the path {} is too long for a socket", path.string()),
                     "name a shorter --run-folder");
  std::strcpy(address.sun_path, path.c_str());
  const int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (made >= 0 && connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return made;
  const int number = errno;
  if (made >= 0) close(made);
  return environment_error(fmt::format("{}: {}", path.string(), std::strerror(number)),
                           "look whether the VM runs");
}

std::uint32_t drive_of(const std::string& device) {
  return static_cast<std::uint32_t>(disk_number(device));
}

}  // namespace

GuestAgent::GuestAgent(int socket, const SiteConfig& site, const std::string& vm, Duration patience)
    : socket_(socket),
      vm_(site.domain_name(vm)),
      console_(site.console_log(vm)),
      patience_(patience),
      last_number_(first_number()) {}

GuestAgent::~GuestAgent() {
  if (socket_ >= 0) close(socket_);
}

tl::unexpected<Error> GuestAgent::trouble(const std::string& what) const {
  return environment_error(
      fmt::format("the guest of VM {} {}; its console says:{}", vm_, what, last_lines(console_)),
      "look whether the VM runs and is given processor time");
}

Result<GuestAgent> GuestAgent::connect(const SiteConfig& site, const std::string& vm,
                                       Duration patience) {
  SB_ASSIGN(socket, connect_once(site.agent_socket(vm)));
  GuestAgent agent(socket, site, vm, patience);
  SB_TRY(agent.send(guest::fresh_start(), Deadline::after(patience)));
  SB_ASSIGN(answer, agent.ask(guest::Kind::hello, {}));
  SB_ASSIGN(status, guest::status_in(answer.payload));
  if (status.vm != agent.vm_)
    return agent.trouble(fmt::format("says that it is that of {}", status.vm));
  agent.status_ = std::move(status);
  return agent;
}

Nothing GuestAgent::send(const std::vector<std::byte>& bytes, const Deadline& deadline) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t put =
        ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put > 0) {
      sent += static_cast<std::size_t>(put);
      continue;
    }
    if (errno != EAGAIN && errno != EINTR) return trouble("has ended");
    pollfd room{.fd = socket_, .events = POLLOUT, .revents = 0};
    if (poll(&room, 1, deadline.left_ms()) == 0) return trouble("does not answer");
  }
  return {};
}

Result<guest::Frame> GuestAgent::receive(const Deadline& deadline) {
  std::array<std::byte, 4096> bytes;
  for (;;) {
    while (std::optional<guest::Frame> frame = frames_.next())
      if (frame->number == last_number_) return std::move(*frame);
    if (frames_.other_version())
      return trouble(fmt::format("speaks version {} of the protocol, not {}",
                                 *frames_.other_version(), guest::kWireVersion));
    pollfd more{.fd = socket_, .events = POLLIN, .revents = 0};
    if (poll(&more, 1, deadline.left_ms()) == 0) return trouble("does not answer");
    const ssize_t got = recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got > 0) frames_.feed({bytes.data(), static_cast<std::size_t>(got)});
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return trouble("has ended");
  }
}

Result<guest::Frame> GuestAgent::ask(guest::Kind kind, std::vector<std::byte> payload) {
  const Deadline deadline = Deadline::after(patience_);
  const guest::Frame request{.number = ++last_number_, .kind = kind, .payload = std::move(payload)};
  SB_TRY(send(guest::encode(request), deadline));
  return receive(deadline);
}

Nothing GuestAgent::perform(guest::Kind kind, std::vector<std::byte> payload) {
  SB_ASSIGN(answer, ask(kind, std::move(payload)));
  if (answer.kind == guest::Kind::done) return {};
  if (answer.kind == guest::Kind::refused)
    return trouble(fmt::format("refuses: {}", guest::words_in(answer.payload)));
  return trouble("gives an answer that is none");
}

Nothing GuestAgent::write(const std::vector<std::string>& devices, const StampOwner& owner,
                          const std::vector<GuestWrite>& writes) {
  guest::WriteRequest request{.run = owner.run, .item = owner.item, .writes = {}};
  std::set<std::pair<std::size_t, BlockNumber>> blocks;
  const auto send_off = [&]() -> Nothing {
    SB_TRY(perform(guest::Kind::write, guest::payload_of(request)));
    request.writes.clear();
    blocks.clear();
    return {};
  };
  for (const GuestWrite& write : writes) {
    if (write.disk >= devices.size())
      return bad_input(fmt::format("a write to disk {} of {}", write.disk, devices.size()),
                       "write to a disk that the VM has");
    if (request.writes.size() == guest::kMostWrites || blocks.contains({write.disk, write.block}))
      SB_TRY(send_off());
    blocks.insert({write.disk, write.block});
    request.writes.push_back({.disk = static_cast<std::uint32_t>(write.disk),
                              .drive = drive_of(devices[write.disk]),
                              .block = write.block,
                              .seq = write.seq});
  }
  return request.writes.empty() ? Nothing{} : send_off();
}

Nothing GuestAgent::flush(const std::vector<std::string>& devices) {
  guest::FlushRequest request;
  for (const std::string& device : devices)
    request.drives.push_back(drive_of(device));
  return perform(guest::Kind::flush, guest::payload_of(request));
}

Nothing GuestAgent::disturb_qemu_agent(std::string_view what) {
  return perform(guest::Kind::qemu_agent, guest::payload_of(what));
}

}  // namespace switchback::libvirt
