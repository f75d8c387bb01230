// SPDX-License-Identifier: Apache-2.0
// The way across the link: a replica is never connected to directly, so that the harness can count
// what crosses, and cut it.
#pragma once

#include <string>

#include "harness/base/result.hpp"
#include "harness/lifecycle/state.hpp"

namespace switchback::libvirt {

class WireRoute {
 public:
  virtual ~WireRoute() = default;
  /// Opens a way to the unix socket of a server on `site` and gives the path of the socket to
  /// connect to in its place. An Error while the link is cut.
  virtual Result<std::string> route(Site site, const std::string& server_socket) = 0;
  /// Takes the way back: its connections are ended, and all that passed has been counted when it
  /// returns. An unknown path is no error.
  virtual void close(const std::string& routed) = 0;
};

}  // namespace switchback::libvirt
