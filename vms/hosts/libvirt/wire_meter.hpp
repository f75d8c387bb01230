// SPDX-License-Identifier: Apache-2.0
// The link between the two sites, as a relay of the harness's own: it counts what crosses, and it
// can be cut.
#pragma once

#include <memory>
#include <string>

#include "harness/system/laboratory.hpp"
#include "vms/hosts/libvirt/wire_route.hpp"
#include "vms/recovery/link.hpp"

namespace switchback::libvirt {

/// Counts payload bytes: what programs write to and read from their sockets, without the headers of
/// any network below. Safe to use from several threads.
class WireMeter final : public WireRoute, public recovery::Link {
 public:
  /// Starts the relay, a thread of its own. The link is up.
  static Result<std::unique_ptr<WireMeter>> start();
  /// Ends all connections and takes back all routes.
  ~WireMeter() override;

  /// The socket to connect to stands beside that of the server.
  Result<std::string> route(Site site, const std::string& server_socket) override;
  void close(const std::string& routed) override;

  /// Drops every connection and refuses new ones until heal().
  void cut() override;
  void heal() override;
  [[nodiscard]] Bytes carried() const override { return count().total(); }

  /// Bytes that crossed since the start. Whatever one side has received is in it.
  [[nodiscard]] WireCount count() const;

 private:
  struct Relay;
  explicit WireMeter(std::unique_ptr<Relay> relay);
  std::unique_ptr<Relay> relay_;
};

}  // namespace switchback::libvirt
