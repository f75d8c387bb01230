// SPDX-License-Identifier: Apache-2.0
// Storage of the run's own for a site, so that it can be full without anybody else's being so: a
// file system in memory, mounted on the site's folder of volumes.
#pragma once

#include <array>
#include <filesystem>
#include <optional>

#include <sys/types.h>

#include "vms/recovery/storage.hpp"

namespace switchback::libvirt {

/// Mounts it, for a user; `at` is an empty folder. Needs root, and may be refused to that (in a
/// container): an Error.
Nothing mount_storage(const std::filesystem::path& at, std::optional<uid_t> owner);
/// Takes the mount away, with all that is in it; not an Error where nothing is mounted.
Nothing unmount_storage(const std::filesystem::path& at);

/// Makes such storage full by lowering what it may hold to what it holds. That costs no memory and
/// no time, so that it can be done for single calls.
class SiteStorage final : public recovery::Storage {
 public:
  /// Where it is mounted, by site.
  explicit SiteStorage(std::array<std::filesystem::path, 2> at) : at_(std::move(at)) {}
  Nothing fill(Site site) override;
  Nothing free(Site site) override;

 private:
  std::array<std::filesystem::path, 2> at_;
};

}  // namespace switchback::libvirt
