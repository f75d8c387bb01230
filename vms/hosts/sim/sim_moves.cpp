// SPDX-License-Identifier: Apache-2.0
// See sim_moves.hpp.
#include "vms/hosts/sim/sim_moves.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "vms/hosts/sim/sim_item.hpp"

namespace switchback::sim {
namespace {

using recovery::VmDisk;

/// The disk that can move: the last one of the item's first VM, of several.
Result<std::size_t> last_disk(const ItemSpec& item) {
  std::vector<std::size_t> disks;
  for (std::size_t disk = 0; disk < item.disks.size(); ++disk)
    if (item.disks[disk].vm == 0) disks.push_back(disk);
  if (disks.size() < 2)
    return environment_error(fmt::format("VM {} has one disk", vm_name(item, 0)),
                             "move that of a VM with two");
  return disks.back();
}

/// The VM of the site, but for `own`, that has the volume; empty if there is none.
std::string other_user(const SimSite& site, const std::string& volume, const std::string& own) {
  for (const auto& [name, vm] : site.vms)
    if (name != own && vm.has(volume)) return name;
  return {};
}

/// A device name that the VM has no disk under.
std::string free_device(const Vm& vm) {
  std::string device = "vda";
  const auto taken = [&](const VmDisk& disk) { return disk.device == device; };
  while (std::any_of(vm.definition.disks.begin(), vm.definition.disks.end(), taken))
    ++device.back();
  return device;
}

/// As a hypervisor refuses to unplug a disk while a view of it is read.
Nothing check_free(const Vm& vm) {
  if (vm.view == nullptr) return {};
  return environment_error(fmt::format("a view of VM {} is open", vm.definition.name),
                           "wait until it is closed");
}

Nothing check_can_go(const Vm& vm, const std::string& volume) {
  const std::vector<VmDisk>& disks = vm.definition.disks;
  const std::string& name = vm.definition.name;
  SB_TRY(check_free(vm));
  if (disks.empty() || disks.back().volume != volume)
    return environment_error(fmt::format("volume {} is not the last disk of VM {}", volume, name),
                             "undo what was done to its disks first");
  if (vm.definition.hardware.boot_disk + 1 == disks.size())
    return environment_error(fmt::format("VM {} boots from its last disk", name),
                             "move a disk that it does not boot from");
  return {};
}

}  // namespace

Nothing move_disk(SimSite& primary, const ItemSpec& from, const ItemSpec& to) {
  SB_ASSIGN(disk, last_disk(from));
  const std::string volume = initial_volume(from, disk);
  SB_ASSIGN(source, primary.find_vm(vm_name(from, 0)));
  SB_ASSIGN(target, primary.find_vm(vm_name(to, 0)));
  if (source == target)
    return bad_input(fmt::format("VM {} has volume {} already", vm_name(to, 0), volume),
                     "name another item");
  SB_TRY(check_can_go(*source, volume));
  SB_TRY(check_free(*target));
  SB_ASSIGN(moved, primary.find_volume(volume));
  Volumes::flush(*moved);  // as a hypervisor does with what it unplugs
  primary.vms.change(vm_name(from, 0))->definition.disks.pop_back();
  Vm& taker = *primary.vms.change(vm_name(to, 0));
  taker.definition.disks.push_back({free_device(taker), volume});
  return {};
}

void take_disk_back(SimSite& primary, const ItemSpec& from) {
  const Result<std::size_t> disk = last_disk(from);
  if (!disk) return;
  const std::string own = vm_name(from, 0);
  const std::string volume = initial_volume(from, *disk);
  const std::string user = other_user(primary, volume, own);
  if (user.empty()) return;
  std::erase_if(primary.vms.change(user)->definition.disks,
                [&](const VmDisk& held) { return held.volume == volume; });
  Vm* const vm = primary.vms.change(own);
  if (vm == nullptr)
    primary.volumes.remove(volume);
  else if (!vm->has(volume))
    vm->definition.disks.push_back({from.disks[*disk].device, volume});
}

Result<const Volume*> moved_volume(SimSite& primary, const ItemSpec& from) {
  SB_ASSIGN(disk, last_disk(from));
  const std::string own = vm_name(from, 0);
  const std::string volume = initial_volume(from, disk);
  const std::string user = other_user(primary, volume, own);
  if (user.empty())
    return not_found(fmt::format("no VM but {} has volume {}", own, volume), "attach it to one");
  const Vm* const vm = primary.vms.find(own);
  if (vm != nullptr && vm->has(volume))
    return not_found(fmt::format("VMs {} and {} both have volume {}", own, user, volume),
                     "detach it from one of them");
  SB_ASSIGN(found, primary.find_volume(volume));
  return found;
}

}  // namespace switchback::sim
