// SPDX-License-Identifier: Apache-2.0
// A site of the simulated world: volumes, VMs, change tracking and views, all in memory.
//
// Failure model: every call takes effect wholly or not at all and is durable at once, but for what
// replication writes: that is in a volatile cache until it is flushed. What guests write is not:
// their disks are write-through. Whatever goes wrong is injected from outside.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.hpp"
#include "harness/journal/geometry.hpp"
#include "harness/lifecycle/state.hpp"
#include "vms/hosts/sim/sim_objects.hpp"
#include "vms/hosts/sim/sim_volumes.hpp"
#include "vms/recovery/host.hpp"

namespace switchback::sim {

/// A view in progress: what the guest has overwritten since the cut is kept aside.
struct OpenView {
  std::uint64_t id = 0;
  struct Disk {
    std::string volume;  ///< that the device had at the cut
    std::map<BlockNumber, WriteSeq> preserved;
    std::vector<recovery::Extent> extents;
  };
  std::map<std::string, Disk> disks;  ///< by device
};

struct Vm {
  recovery::VmDefinition definition;
  bool running = false;
  bool frozen = false;     ///< quiesced; only while it runs
  bool suspended = false;  ///< its processors stand still; only while it runs
  /// Number of its last start, of all starts on the site, but for those after a loss of power; 0:
  /// none.
  std::uint64_t incarnation = 0;
  std::unique_ptr<OpenView> view;  ///< nullptr: none

  [[nodiscard]] bool held() const { return frozen || suspended; }
  /// One of its disks is on that volume.
  [[nodiscard]] bool has(std::string_view volume) const {
    return std::any_of(definition.disks.begin(), definition.disks.end(),
                       [&](const recovery::VmDisk& disk) { return disk.volume == volume; });
  }
  /// Without power: what lives in the hypervisor's process is gone.
  void power_off() {
    running = frozen = suspended = false;
    view.reset();
  }
};

class SimSite {
 public:
  explicit SimSite(Site site) : volumes(site == Site::primary ? 1 : 2, 2), site_(site) {}

  [[nodiscard]] Site site() const { return site_; }
  Volumes volumes;
  Objects<Vm> vms;
  /// The keys at hand, as in a key vault: they outlive a controller and a loss of power.
  Objects<KeyDigest> keys;

  Result<Volume*> find_volume(std::string_view name);
  Result<const Vm*> find_vm(const std::string& name) const;
  /// The same for who is going to change it now.
  Result<Vm*> change_vm(const std::string& name);

  /// An Error unless the keys at hand open the volume and everything below it.
  [[nodiscard]] Nothing unlock(const std::string& volume);

  /// Writes one block, with all that a hypervisor does on the way: views keep the old content,
  /// tracking marks the grain.
  void write(const Vm& vm, std::size_t disk, BlockNumber block, WriteSeq seq);

  std::uint64_t next_view_id = 1;
  std::uint64_t starts = 0;      ///< of VMs, so far
  std::uint64_t power_cuts = 0;  ///< so far: connections from before one are broken

 private:
  Site site_;
};

/// What the locators of a site's volumes begin with.
constexpr std::string_view locator_prefix(Site site) {
  return site == Site::primary ? "sim:primary/" : "sim:recovery/";
}

/// The extents that cover these grains of a disk, joined, in pieces of at most `max_bytes`, unless
/// one grain is longer.
std::vector<recovery::Extent> extents_of(const std::set<BlockNumber>& grains, Bytes grain_bytes,
                                         const DiskGeometry& geometry, Bytes max_bytes);

/// The blocks of an extent of a disk, first and one past the last.
std::pair<BlockNumber, BlockNumber> blocks_of(recovery::Extent extent,
                                              const DiskGeometry& geometry);

}  // namespace switchback::sim
