// SPDX-License-Identifier: Apache-2.0
// The way over the link between the two sites, as a relay of the harness's own: it counts what
// crosses, and it can be cut.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "harness/system/laboratory.hpp"
#include "vms/hosts/libvirt/site_config.hpp"
#include "vms/hosts/libvirt/site_link.hpp"
#include "vms/hosts/libvirt/wire_route.hpp"
#include "vms/recovery/link.hpp"

namespace switchback::libvirt {

/// Longer than any answer takes over a link within one machine, and short enough for a campaign.
inline constexpr std::chrono::seconds kDeafLinkPatience{2};

/// Counts payload bytes: what programs write to and read from their sockets, without the headers of
/// any network below. Safe to use from several threads.
///
/// Between sites with networks of their own each connection is three: the client's to the relay,
/// one over the link by TCP, made at the client's site and accepted at the server's, and the
/// relay's to the server. What is counted are the bytes that have come out of the middle one at its
/// far end. Where both sites share a network there is no middle one.
class WireMeter final : public WireRoute, public recovery::Link {
 public:
  /// Starts the relay, a thread of its own. The link is up. None: the sites share a network.
  static Result<std::unique_ptr<WireMeter>> start(std::unique_ptr<SiteLink> link = nullptr);
  /// Ends all connections and takes back all routes.
  ~WireMeter() override;

  /// The socket to connect to stands beside that of the server.
  Result<std::string> route(Site site, const std::string& server_socket) override;
  void close(const std::string& routed) override;

  /// Takes the interface down, drops every connection and refuses new ones until heal(). Dropped
  /// at once, because by itself TCP would hope for an answer until its time-out.
  void cut() override;
  void heal() override;
  /// Of a link with interfaces, see SiteLink::worsen(). While it is deaf in one direction, a
  /// connection is dropped kDeafLinkPatience after it began or the link became so: TCP by itself
  /// would wait far longer for what never comes.
  bool worsen(FaultKind kind) override;
  bool take_losses() override;
  [[nodiscard]] Bytes slow_bytes() const override;
  /// Whether worsen() may well do so.
  [[nodiscard]] bool can_worsen() const;
  [[nodiscard]] Bytes carried() const override { return count().total(); }

  /// Bytes that crossed since the start. Whatever one side has received is in it.
  [[nodiscard]] WireCount count() const;
  /// The same at the interface, see SiteLink::carried(). Nothing where there is none.
  [[nodiscard]] std::optional<WireCount> count_at_interface() const;

 private:
  struct Relay;
  explicit WireMeter(std::unique_ptr<Relay> relay);
  std::unique_ptr<Relay> relay_;
};

/// A meter between two sites of one run; with a link of its own if they have networks of their own.
Result<std::unique_ptr<WireMeter>> meter_between(const SiteConfig& primary,
                                                 const SiteConfig& recovery);

}  // namespace switchback::libvirt
