// SPDX-License-Identifier: Apache-2.0
// See site_storage.hpp.
#include "vms/hosts/libvirt/site_storage.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "harness/base/units.hpp"

namespace switchback::libvirt {
namespace {

/// Of which only what is written takes memory: disks of a few sequences' VMs and their points.
constexpr Bytes kRoom = Bytes{4} << 30;
/// A size of nothing would mean one without limit.
constexpr Bytes kLeastRoom = 4096;
/// Between the look at what is there and the new limit somebody may have written.
constexpr int kAttempts = 20;

tl::unexpected<Error> failed(const std::string& what, const std::filesystem::path& at) {
  return environment_error(fmt::format("{} {}: {}", what, at.string(), std::strerror(errno)),
                           "look at its mount in /proc/mounts");
}

bool limit(const std::filesystem::path& at, Bytes bytes) {
  const std::string options = fmt::format("size={}", bytes);
  return mount(nullptr, at.c_str(), nullptr, MS_REMOUNT | MS_NOSUID | MS_NODEV, options.c_str()) ==
         0;
}

bool is_mounted(const std::filesystem::path& at) {
  struct stat here {};
  struct stat above {};
  return stat(at.c_str(), &here) == 0 && stat(at.parent_path().c_str(), &above) == 0 &&
         here.st_dev != above.st_dev;
}

}  // namespace

Nothing mount_storage(const std::filesystem::path& at, std::optional<uid_t> owner) {
  const std::string options = fmt::format("size={},mode=0755,uid={}", kRoom, owner.value_or(0));
  if (mount("switchback", at.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()) == 0)
    return {};
  return failed("no storage can be mounted at", at);
}

Nothing unmount_storage(const std::filesystem::path& at) {
  // Whoever still has a file of it open, and does not end, is not waited for.
  if (!is_mounted(at) || umount2(at.c_str(), MNT_DETACH) == 0) return {};
  return failed("the storage can't be unmounted at", at);
}

Nothing SiteStorage::fill(Site site) {
  const std::filesystem::path& at = at_[static_cast<std::size_t>(site)];
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    struct statfs found {};
    if (statfs(at.c_str(), &found) != 0) return failed("can't look at", at);
    const Bytes used =
        (found.f_blocks - found.f_bfree) * static_cast<Bytes>(std::max(found.f_bsize, 1L));
    if (limit(at, std::max(used, kLeastRoom))) return {};
  }
  return failed("no room can be taken away at", at);
}

Nothing SiteStorage::free(Site site) {
  const std::filesystem::path& at = at_[static_cast<std::size_t>(site)];
  if (limit(at, kRoom)) return {};
  return failed("no room can be given back at", at);
}

}  // namespace switchback::libvirt
