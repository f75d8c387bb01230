// SPDX-License-Identifier: Apache-2.0
// See sim_edits.hpp.
#include "vms/hosts/sim/sim_edits.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "vms/hosts/sim/sim_item.hpp"
#include "vms/hosts/sim/sim_moves.hpp"

namespace switchback::sim {
namespace {

using recovery::VmDisk;

std::string extra_volume(const std::string& vm) {
  return vm + "-extra";
}

/// The first disks of the item that belong to its first VM, at most two.
std::vector<std::size_t> first_disks(const ItemSpec& item) {
  std::vector<std::size_t> disks;
  for (std::size_t i = 0; i < item.disks.size() && disks.size() < 2; ++i)
    if (item.disks[i].vm == 0) disks.push_back(i);
  return disks;
}

std::vector<VmDisk>::iterator disk_on(Vm& vm, const std::string& volume) {
  std::vector<VmDisk>& disks = vm.definition.disks;
  return std::find_if(disks.begin(), disks.end(),
                      [&](const VmDisk& disk) { return disk.volume == volume; });
}

Nothing add_disk(SimSite& site, Vm& vm) {
  const std::string volume = extra_volume(vm.definition.name);
  if (disk_on(vm, volume) != vm.definition.disks.end())
    return environment_error(fmt::format("VM {} has its extra disk already", vm.definition.name),
                             "undo that first");
  std::string device = "vda";
  const auto taken = [&](const VmDisk& disk) { return disk.device == device; };
  while (std::any_of(vm.definition.disks.begin(), vm.definition.disks.end(), taken))
    ++device.back();
  site.volumes.create(volume, {.geometry = {.size_bytes = kGrowth, .volatile_cache = false},
                               .backing = std::nullopt,
                               .lock = std::nullopt});
  vm.definition.disks.push_back({device, volume});
  return {};
}

/// The volume of the item's first disk.
Result<Volume*> first_volume(SimSite& site, const Vm& vm, const ItemSpec& item) {
  const std::vector<std::size_t> disks = first_disks(item);
  if (disks.empty())
    return environment_error(fmt::format("VM {} has no disk", vm.definition.name), "add one");
  SB_ASSIGN(position, position_of(vm, item, disks.front()));
  return site.find_volume(vm.definition.disks[position].volume);
}

Nothing grow_disk(SimSite& site, const Vm& vm, const ItemSpec& item) {
  SB_ASSIGN(volume, first_volume(site, vm, item));
  const Bytes size = item.disks[first_disks(item).front()].size_bytes;
  if (volume->geometry().size_bytes != size)
    return environment_error(
        fmt::format("the first disk of VM {} has grown already", vm.definition.name),
        "undo that first");
  site.volumes.resize(*volume, size + kGrowth);
  return {};
}

/// True if the volumes of the item's first two disks have each other's place.
bool is_swapped(const Vm& vm, const ItemSpec& item, const std::vector<std::size_t>& disks) {
  const auto holds = [&](std::size_t device_of, std::size_t volume_of) {
    const VmDisk wanted{item.disks[device_of].device, initial_volume(item, volume_of)};
    return std::find(vm.definition.disks.begin(), vm.definition.disks.end(), wanted) !=
           vm.definition.disks.end();
  };
  return disks.size() == 2 && holds(disks[0], disks[1]) && holds(disks[1], disks[0]);
}

Nothing swap_disks(Vm& vm, const ItemSpec& item, bool back) {
  const std::vector<std::size_t> disks = first_disks(item);
  const bool swapped = is_swapped(vm, item, disks);
  if (swapped && !back)
    return environment_error(fmt::format("disks of VM {} are swapped already", vm.definition.name),
                             "undo that first");
  if (!swapped && back) return {};
  if (disks.size() < 2)
    return environment_error(fmt::format("VM {} has one disk", vm.definition.name),
                             "swap those of a VM with two");
  SB_ASSIGN(first, position_of(vm, item, disks[0]));
  SB_ASSIGN(second, position_of(vm, item, disks[1]));
  std::swap(vm.definition.disks[first].volume, vm.definition.disks[second].volume);
  return {};
}

Nothing change_nic(Vm& vm) {
  if (vm.definition.hardware.nics.empty())
    return environment_error(fmt::format("VM {} has no NIC", vm.definition.name),
                             "edit a VM that has one");
  std::string& mac = vm.definition.hardware.nics.front().mac;
  constexpr std::size_t kFourthPart = 9;  // of "52:54:00:00:00:01"
  if (mac.size() != kFourthPart + 8)
    return environment_error(fmt::format("'{}' is no MAC address", mac), "give the NIC one");
  unsigned part = 0;
  std::from_chars(mac.data() + kFourthPart, mac.data() + kFourthPart + 2, part, 16);
  mac.replace(kFourthPart, 2, fmt::format("{:02x}", (part + 1) % 256));
  return {};
}

Nothing delete_vm(SimSite& site, const std::string& name, const Vm& vm) {
  if (vm.running)
    return environment_error(fmt::format("VM {} runs, it can't be deleted", name),
                             "shut it down first");
  for (const VmDisk& disk : vm.definition.disks)
    site.volumes.remove(disk.volume);
  site.vms.remove(name);
  return {};
}

Nothing undo_disk_edits(SimSite& site, Vm& vm, const ItemSpec& item) {
  const auto added = disk_on(vm, extra_volume(vm.definition.name));
  if (added != vm.definition.disks.end()) vm.definition.disks.erase(added);
  SB_TRY(swap_disks(vm, item, true));
  SB_ASSIGN(volume, first_volume(site, vm, item));
  const Bytes size = item.disks[first_disks(item).front()].size_bytes;
  if (volume->geometry().size_bytes != size) site.volumes.resize(*volume, size);
  return {};
}

}  // namespace

Nothing edit_vm(SimSite& primary, const ItemSpec& item, Edit edit) {
  const std::string name = vm_name(item, 0);
  if (edit == Edit::undo) {
    primary.volumes.remove(extra_volume(name));
    take_disk_back(primary, item);
    Vm* const edited = primary.vms.change(name);
    return edited == nullptr ? Nothing() : undo_disk_edits(primary, *edited, item);
  }
  SB_ASSIGN(vm, primary.change_vm(name));
  switch (edit) {
    case Edit::add_disk:
      return add_disk(primary, *vm);
    case Edit::grow_disk:
      return grow_disk(primary, *vm, item);
    case Edit::swap_disks:
      return swap_disks(*vm, item, false);
    case Edit::change_nic:
      return change_nic(*vm);
    case Edit::add_memory:
      vm->definition.hardware.memory_bytes += kGrowth;
      return {};
    case Edit::delete_vm:
      return delete_vm(primary, name, *vm);
    case Edit::foreign_checkpoint:
    case Edit::move_disk:
    case Edit::take_snapshot:
    case Edit::revert_to_snapshot:
    case Edit::undo:
      break;  // see above, and sim_edits.hpp
  }
  return unsupported(fmt::format("no edit number {}", static_cast<int>(edit)), "choose another");
}

Nothing make_foreign_checkpoint(SimSite& site, const ItemSpec& item, const std::string& name) {
  for (std::size_t disk = 0; disk < item.disks.size(); ++disk) {
    SB_ASSIGN(vm, find_copy(site, item, {.vm = item.disks[disk].vm, .test = false}));
    if (!vm->running) continue;
    const Result<std::size_t> position = position_of(*vm, item, disk);
    if (!position) continue;  // it was moved to another VM
    SB_ASSIGN(volume, site.find_volume(vm->definition.disks[*position].volume));
    site.volumes.track(*volume, name);
  }
  return {};
}

}  // namespace switchback::sim
