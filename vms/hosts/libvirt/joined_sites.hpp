// SPDX-License-Identifier: Apache-2.0
// The two libvirts of a run that another process keeps up.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "vms/hosts/libvirt/connection.hpp"

namespace switchback::libvirt {

/// Connections only: nothing is brought up, and nothing is removed at the end.
class JoinedSites {
 public:
  /// `run` is the folder of a run. A site that can't be reached is joined all the same, since a
  /// failover must work without it: every call to it then fails.
  static Result<std::unique_ptr<JoinedSites>> join(const std::filesystem::path& run);

  [[nodiscard]] const Connection& connection(Site site) const {
    return *connections_[static_cast<std::size_t>(site)];
  }

  /// Why a site can't be reached.
  [[nodiscard]] const std::optional<Error>& trouble(Site site) const {
    return troubles_[static_cast<std::size_t>(site)];
  }

 private:
  JoinedSites() = default;
  std::vector<std::unique_ptr<Connection>> connections_;  ///< by site
  std::vector<std::optional<Error>> troubles_;            ///< by site
};

}  // namespace switchback::libvirt
