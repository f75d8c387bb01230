// SPDX-License-Identifier: Apache-2.0
// The XML of checkpoints and of pull-mode backups.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/base/result.hpp"
#include "vms/hosts/libvirt/site_config.hpp"

namespace switchback::libvirt {

std::string checkpoint_xml(const std::string& name, const std::vector<std::string>& devices);

struct BackupDisk {
  std::string device;
  /// Of the secret that its scratch file is encrypted with, as the disk is; empty: neither is.
  std::string secret_uuid = {};
};

/// A pull-mode backup of all disks over one unix socket, each disk exported under its device name.
/// With `since`, the changes are exported as bitmap `dirty-<device>`.
std::string backup_xml(const SiteConfig& site, const std::string& vm,
                       const std::filesystem::path& socket, const std::optional<std::string>& since,
                       const std::vector<BackupDisk>& disks);
/// The socket of the backup in progress.
Result<std::string> backup_socket(const std::string& backup_xml);

}  // namespace switchback::libvirt
