// SPDX-License-Identifier: Apache-2.0
// The two libvirts of a run that another process keeps up.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "vms/hosts/libvirt/connection.hpp"

namespace switchback::libvirt {

/// Connections only: nothing is brought up, and nothing is removed at the end.
class JoinedSites {
 public:
  /// `run` is the folder of a live run.
  static Result<std::unique_ptr<JoinedSites>> join(const std::filesystem::path& run);

  [[nodiscard]] const Connection& connection(Site site) const {
    return *connections_[static_cast<std::size_t>(site)];
  }

 private:
  JoinedSites() = default;
  std::vector<std::unique_ptr<Connection>> connections_;  ///< by site
};

}  // namespace switchback::libvirt
