// SPDX-License-Identifier: Apache-2.0
// See sim_host.hpp.
#include "vms/hosts/sim/sim_host.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "vms/hosts/sim/sim_transfer.hpp"

namespace switchback::sim {

using recovery::CheckpointName;
using recovery::VmDefinition;
using recovery::VmName;
using recovery::VolumeName;

Nothing SimHost::ensure_vm(const VmDefinition& definition) {
  Vm& vm = site_.vms[definition.name];
  if (vm.running && vm.definition.disks != definition.disks)
    return environment_error(fmt::format("VM {} runs, it can't be redefined", definition.name),
                             "shut it down first");
  vm.definition = definition;
  return {};
}

Nothing SimHost::remove_vm(const VmName& name) {
  const auto found = site_.vms.find(name);
  if (found == site_.vms.end()) return {};
  if (found->second.running)
    return environment_error(fmt::format("VM {} runs, it can't be removed", name),
                             "shut it down first");
  site_.vms.erase(found);
  return {};
}

Result<std::optional<VmDefinition>> SimHost::find_vm(const VmName& name) {
  const auto found = site_.vms.find(name);
  if (found == site_.vms.end()) return std::nullopt;
  return found->second.definition;
}

Result<bool> SimHost::is_running(const VmName& name) {
  SB_ASSIGN(vm, site_.find_vm(name));
  return vm->running;
}

Nothing SimHost::start_vm(const VmName& name, const std::optional<CheckpointName>& track) {
  SB_ASSIGN(vm, site_.find_vm(name));
  for (const recovery::VmDisk& disk : vm->definition.disks) {
    SB_ASSIGN(volume, site_.find_volume(disk.volume));
    if (vm->running && track && volume->checkpoints.count(*track) == 0)
      return environment_error(fmt::format("VM {} runs already, without tracking {}", name, *track),
                               "shut it down first");
  }
  if (vm->running) return {};
  for (const recovery::VmDisk& disk : vm->definition.disks)
    if (track) site_.volumes.at(disk.volume).checkpoints[*track].clear();
  vm->running = true;
  return {};
}

Nothing SimHost::shut_down_vm(const VmName& name) {
  SB_ASSIGN(vm, site_.find_vm(name));
  vm->running = false;
  vm->view.reset();  // it lives in the hypervisor's process
  return {};
}

Nothing SimHost::create_volume(const recovery::VolumeSpec& spec) {
  if (spec.backing) SB_TRY(site_.find_volume(*spec.backing));
  site_.volumes[spec.name] =
      Volume{.geometry = {.size_bytes = spec.size_bytes, .volatile_cache = false},
             .backing = spec.backing,
             .blocks = {},
             .checkpoints = {}};
  return {};
}

Nothing SimHost::remove_volume(const VolumeName& volume) {
  site_.volumes.erase(volume);
  return {};
}

Result<Bytes> SimHost::volume_size(const VolumeName& name) {
  SB_ASSIGN(volume, site_.find_volume(name));
  return volume->geometry.size_bytes;
}

std::string SimHost::locate_volume(const VolumeName& volume) {
  return fmt::format("sim:{}/{}", name_of(site_.site()), volume);
}

Nothing SimHost::fold_volumes(const VolumeName& base, const VolumeName& top,
                              const std::optional<recovery::VmDisk>& user, const VmName&) {
  SB_ASSIGN(bottom, site_.find_volume(base));
  if (user) {
    SB_ASSIGN(resting, site_.find_volume(user->volume));
    if (resting->backing == base) return {};  // done before
  }
  SB_ASSIGN(highest, site_.find_volume(top));
  std::vector<Volume*> layers;  // newest first
  for (Volume* layer = highest; layer != bottom;) {
    layers.push_back(layer);
    if (!layer->backing)
      return environment_error(fmt::format("volume {} does not rest on {}", top, base),
                               "name a volume of its backing chain");
    SB_ASSIGN(below, site_.find_volume(*layer->backing));
    layer = below;
  }
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer)
    for (const auto& [block, seq] : (*layer)->blocks)
      bottom->blocks[block] = seq;
  if (user) site_.volumes.at(user->volume).backing = base;
  return {};
}

Result<std::unique_ptr<recovery::View>> SimHost::open_view(
    const VmName& name, const std::optional<CheckpointName>& since, const CheckpointName& next) {
  SB_ASSIGN(vm, site_.find_vm(name));
  if (!vm->running)
    return environment_error(fmt::format("VM {} does not run, no live view of it", name),
                             "open a view of the stopped VM");
  SB_ASSIGN(tracked, list_checkpoints(name));
  if (std::find(tracked.begin(), tracked.end(), next) != tracked.end())
    return environment_error(fmt::format("VM {} has tracking {} already", name, next),
                             "remove it first, or choose another name");
  SB_ASSIGN(view, cut_view(*vm, since));
  for (const recovery::VmDisk& disk : vm->definition.disks)
    site_.volumes.at(disk.volume).checkpoints[next].clear();
  return std::move(view);
}

Result<std::unique_ptr<recovery::View>> SimHost::open_stopped_view(
    const VmName& name, const std::optional<CheckpointName>& since) {
  SB_ASSIGN(vm, site_.find_vm(name));
  if (vm->running)
    return environment_error(fmt::format("VM {} runs, its disks change", name),
                             "open a view of the running VM");
  return cut_view(*vm, since);
}

Result<std::unique_ptr<recovery::View>> SimHost::cut_view(
    Vm& vm, const std::optional<CheckpointName>& since) {
  OpenView view{.id = site_.next_view_id++, .disks = {}};
  for (const recovery::VmDisk& disk : vm.definition.disks) {
    SB_ASSIGN(volume, site_.find_volume(disk.volume));
    std::set<BlockNumber> grains;
    if (since) {
      const auto tracked = volume->checkpoints.find(*since);
      if (tracked == volume->checkpoints.end())
        return environment_error(fmt::format("disk {} of VM {} has no tracking {}", disk.device,
                                             vm.definition.name, *since),
                                 "copy everything, or resynchronize");
      grains = tracked->second;
    } else {
      for (const auto& [block, seq] : site_.show_all(*volume))
        grains.insert(block / kBlocksPerGrain);
    }
    view.disks[disk.device].extents = extents_of(grains, volume->geometry, kLongestExtent);
  }
  const std::uint64_t id = view.id;
  vm.view = std::move(view);
  return std::make_unique<SimView>(site_, vm.definition.name, id);
}

Nothing SimHost::close_view(const VmName& name) {
  const auto found = site_.vms.find(name);
  if (found != site_.vms.end()) found->second.view.reset();
  return {};
}

Nothing SimHost::remove_checkpoint(const VmName& name, const CheckpointName& checkpoint) {
  SB_ASSIGN(vm, site_.find_vm(name));
  for (const recovery::VmDisk& disk : vm->definition.disks) {
    SB_ASSIGN(volume, site_.find_volume(disk.volume));
    volume->checkpoints.erase(checkpoint);
  }
  return {};
}

Result<std::vector<CheckpointName>> SimHost::list_checkpoints(const VmName& name) {
  std::set<CheckpointName> names;
  const auto found = site_.vms.find(name);
  if (found != site_.vms.end()) {
    for (const recovery::VmDisk& disk : found->second.definition.disks) {
      SB_ASSIGN(volume, site_.find_volume(disk.volume));
      for (const auto& [checkpoint, grains] : volume->checkpoints)
        names.insert(checkpoint);
    }
  }
  return std::vector<CheckpointName>(names.begin(), names.end());
}

Result<std::unique_ptr<recovery::Replica>> SimHost::open_replica(const VolumeName& name) {
  SB_TRY(site_.find_volume(name));
  SB_TRY(link_.carry(site_.site(), kConnectionBytes));
  return std::make_unique<SimReplica>(site_, link_, name);
}

}  // namespace switchback::sim
