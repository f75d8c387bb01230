// SPDX-License-Identifier: Apache-2.0
// The link between two sites that each have a network of their own: a pair of virtual Ethernet
// interfaces, which counts what it carries and can be taken down.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include <netinet/in.h>

#include "harness/base/result.hpp"
#include "harness/system/laboratory.hpp"

namespace switchback::libvirt {

/// A descriptor, closed with it.
class OwnedDescriptor {
 public:
  explicit OwnedDescriptor(int number = -1) : number_(number) {}
  OwnedDescriptor(OwnedDescriptor&& from) noexcept : number_(std::exchange(from.number_, -1)) {}
  OwnedDescriptor& operator=(OwnedDescriptor&& from) noexcept {
    std::swap(number_, from.number_);
    return *this;
  }
  ~OwnedDescriptor();
  [[nodiscard]] int get() const { return number_; }
  /// It is the caller's from now on.
  [[nodiscard]] int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

/// A server's socket and the address at which clients find it.
struct ListeningSocket {
  OwnedDescriptor descriptor;
  sockaddr_in address{};
};

/// The longest time without a sign from the other end after which a connection over the link ends.
/// TCP by itself would go on for a quarter of an hour.
inline constexpr unsigned kLongestSilenceMs = 30000;

/// Its interfaces go when it goes, and at the latest with the namespaces. Each has a name and
/// addresses of its own, so there may be several between the same two networks, made by several
/// processes. Safe to use from several threads.
class SiteLink {
 public:
  /// Between the two networks of that run (network_name()). The link is up.
  static Result<std::unique_ptr<SiteLink>> make(const std::string& run_id);
  ~SiteLink();
  SiteLink(const SiteLink&) = delete;
  SiteLink& operator=(const SiteLink&) = delete;

  /// A TCP socket in the network of the site, which belongs there wherever it is used.
  [[nodiscard]] Result<OwnedDescriptor> socket_at(Site site) const;
  /// The same, listening at the site's end of this link, on a port of those for servers.
  [[nodiscard]] Result<ListeningSocket> listen_at(Site site) const;

  /// Takes the link down, or up again: while it is down packets are lost, and who wants to connect
  /// is told at once that the network is unreachable.
  Nothing set_up(bool up);

  /// Makes it slow, lossy or deaf (link_slow, link_lossy, link_one_way) until mend(), see
  /// worse_link.hpp. False if it can't be.
  bool worsen(FaultKind kind);
  void mend();
  /// Whether the lossy link has lost anything since this was last asked.
  bool take_losses();

  /// What the interface has carried since the link was made, from Ethernet's header on. A packet
  /// may be of 64 KiB here: there is no wire that would make it smaller.
  [[nodiscard]] Result<WireCount> carried() const;

  /// The name of the interface, the same at both ends.
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  SiteLink(std::string run_id, unsigned number);
  Nothing make_interfaces();
  Nothing address(Site site);
  [[nodiscard]] int network(Site site) const {
    return networks_[static_cast<std::size_t>(site)].get();
  }
  [[nodiscard]] std::string host(Site site) const;

  std::string run_id_;
  unsigned number_;
  std::string name_;
  OwnedDescriptor networks_[2];  ///< by site
  bool made_ = false;
  std::atomic<bool> worse_ = false;
  std::atomic<std::uint64_t> losses_told_ = 0;
  mutable std::atomic<std::uint16_t> ports_tried_ = 0;
};

}  // namespace switchback::libvirt
