// SPDX-License-Identifier: Apache-2.0
// See sim_host.hpp.
#include "vms/hosts/sim/sim_host.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "harness/base/concat.hpp"
#include "vms/hosts/sim/sim_digest.hpp"
#include "vms/hosts/sim/sim_transfer.hpp"

namespace switchback::sim {

using recovery::CheckpointName;
using recovery::VmDefinition;
using recovery::VmName;
using recovery::VolumeName;

namespace {

bool same(const VmDefinition& left, const VmDefinition& right) {
  return left.name == right.name && left.disks == right.disks && left.hardware == right.hardware &&
         left.isolated_network == right.isolated_network;
}

/// An Error unless the guest runs and its processors do: else it can't do what it is asked.
Nothing guest_answers(const Vm& vm) {
  const VmName& name = vm.definition.name;
  if (!vm.running)
    return environment_error(fmt::format("VM {} does not run, its guest does not answer", name),
                             "start it first");
  if (vm.suspended)
    return environment_error(fmt::format("VM {} is suspended, its guest does not answer", name),
                             "resume it first");
  return {};
}

}  // namespace

// ---- VMs

Nothing SimHost::ensure_vm(const VmDefinition& definition) {
  const Vm* const known = site_.vms.find(definition.name);
  if (known != nullptr && same(known->definition, definition)) return {};
  if (known != nullptr && known->running)
    return environment_error(fmt::format("VM {} runs, it can't be redefined", definition.name),
                             "shut it down first");
  Vm& vm = site_.vms.make(definition.name);
  vm.view.reset();
  vm.definition = definition;
  return {};
}

Nothing SimHost::remove_vm(const VmName& name) {
  const Vm* const found = site_.vms.find(name);
  if (found == nullptr) return {};
  if (found->running)
    return environment_error(fmt::format("VM {} runs, it can't be removed", name),
                             "shut it down first");
  site_.vms.remove(name);
  return {};
}

Result<std::optional<VmDefinition>> SimHost::find_vm(const VmName& name) {
  const Vm* const found = site_.vms.find(name);
  if (found == nullptr) return std::nullopt;
  return found->definition;
}

Result<bool> SimHost::is_running(const VmName& name) {
  SB_ASSIGN(vm, site_.find_vm(name));
  return vm->running;
}

Nothing SimHost::start_vm(const VmName& name, const std::optional<CheckpointName>& track) {
  SB_ASSIGN(vm, site_.find_vm(name));
  for (const recovery::VmDisk& disk : vm->definition.disks) {
    SB_ASSIGN(volume, site_.find_volume(disk.volume));
    if (vm->running && track && !volume->checkpoints().contains(*track))
      return environment_error(fmt::format("VM {} runs already, without tracking {}", name, *track),
                               "shut it down first");
  }
  if (vm->running) return {};
  for (const recovery::VmDisk& disk : vm->definition.disks)
    SB_TRY(site_.unlock(disk.volume));
  for (const recovery::VmDisk& disk : vm->definition.disks)
    if (track) site_.volumes.track(*site_.volumes.find(disk.volume), *track);
  Vm& started = *site_.vms.change(name);
  started.running = true;
  started.incarnation = ++site_.starts;
  return {};
}

Nothing SimHost::shut_down_vm(const VmName& name) {
  const Vm* const found = site_.vms.find(name);
  if (found == nullptr || !found->running) return {};
  SB_TRY(guest_answers(*found));
  if (found->frozen)
    return environment_error(
        fmt::format("the guest of VM {} is frozen and did not shut down", name), "thaw it first");
  site_.vms.change(name)->power_off();
  return {};
}

Nothing SimHost::force_off_vm(const VmName& name) {
  if (Vm* const found = site_.vms.change(name)) found->power_off();
  return {};
}

// ---- holding a guest

Nothing SimHost::freeze_vm(const VmName& name) {
  SB_ASSIGN(vm, site_.find_vm(name));
  SB_TRY(guest_answers(*vm));
  site_.vms.change(name)->frozen = true;
  return {};
}

Nothing SimHost::thaw_vm(const VmName& name) {
  const Vm* const found = site_.vms.find(name);
  if (found == nullptr || !found->frozen) return {};
  SB_TRY(guest_answers(*found));
  site_.vms.change(name)->frozen = false;
  return {};
}

Nothing SimHost::suspend_vm(const VmName& name) {
  SB_ASSIGN(vm, site_.find_vm(name));
  if (!vm->running)
    return environment_error(fmt::format("VM {} does not run, it can't be suspended", name),
                             "start it first");
  site_.vms.change(name)->suspended = true;
  return {};
}

Nothing SimHost::resume_vm(const VmName& name) {
  const Vm* const found = site_.vms.find(name);
  if (found != nullptr && found->suspended) site_.vms.change(name)->suspended = false;
  return {};
}

Result<bool> SimHost::is_held(const VmName& name) {
  SB_ASSIGN(vm, site_.find_vm(name));
  return vm->held();
}

// ---- keys

Nothing SimHost::set_key(const recovery::KeyName& name, const std::string& key) {
  if (key.empty())
    return bad_input(fmt::format("key {} is empty", name), "give a key of one character at least");
  site_.keys.make(name) = digest_of_key(key);
  return {};
}

Result<bool> SimHost::opens_with(const VolumeName& name, const std::string& key) {
  SB_ASSIGN(volume, site_.find_volume(name));
  if (!volume->lock())
    return bad_input(fmt::format("volume {} is not encrypted", name), "it needs no key");
  return volume->lock()->digest == digest_of_key(key);
}

Nothing SimHost::forget_key(const recovery::KeyName& name) {
  site_.keys.remove(name);
  return {};
}

// ---- volumes

Nothing SimHost::create_volume(const recovery::VolumeSpec& spec) {
  if (spec.backing) SB_TRY(site_.unlock(*spec.backing));
  std::optional<Lock> lock;
  if (spec.key) {
    const KeyDigest* const key = site_.keys.find(*spec.key);
    if (key == nullptr)
      return environment_error(
          fmt::format("volume {} is to be encrypted and the {} site has no key {}", spec.name,
                      name_of(site_.site()), *spec.key),
          "give the key again");
    lock = Lock{.key = *spec.key, .digest = *key};
  }
  site_.volumes.create(spec.name,
                       {.geometry = {.size_bytes = spec.size_bytes, .volatile_cache = false},
                        .backing = spec.backing,
                        .lock = std::move(lock)});
  return {};
}

Nothing SimHost::remove_volume(const VolumeName& volume) {
  site_.volumes.remove(volume);
  return {};
}

Result<Bytes> SimHost::volume_size(const VolumeName& name) {
  SB_ASSIGN(volume, site_.find_volume(name));
  return volume->geometry().size_bytes;
}

Result<std::optional<VmName>> SimHost::find_user(const VolumeName& volume) {
  for (const auto& [name, vm] : site_.vms)
    if (vm.has(volume)) return name;
  return std::nullopt;
}

Result<recovery::ChangeMark> SimHost::change_mark(const recovery::VolumeName& name) {
  SB_ASSIGN(volume, site_.find_volume(name));
  return volume->change_mark();
}

std::string SimHost::locate_volume(const VolumeName& volume) {
  return concat(locator_prefix(site_.site()), volume);
}

Nothing SimHost::fold_volumes(const VolumeName& base, const VolumeName& top,
                              const std::optional<recovery::VmDisk>& user, const VmName&) {
  SB_ASSIGN(bottom, site_.find_volume(base));
  if (user) {
    SB_ASSIGN(resting, site_.find_volume(user->volume));
    if (resting->backing() == base) return {};  // done before; `top` may be gone
  }
  SB_ASSIGN(highest, site_.find_volume(top));
  SB_TRY(site_.unlock(top));
  const Volume* layer = highest;
  while (layer != nullptr && layer != bottom)
    layer = layer->below();
  if (layer == nullptr)
    return environment_error(fmt::format("volume {} does not rest on {}", top, base),
                             "name a volume of its backing chain");
  site_.volumes.fold(*bottom, *highest);
  return {};
}

// ---- change tracking and views

Result<std::unique_ptr<recovery::View>> SimHost::open_view(
    const recovery::ViewedVm& wanted, const std::optional<CheckpointName>& since,
    const CheckpointName& next) {
  const VmName& name = wanted.name;
  SB_ASSIGN(vm, site_.find_vm(name));
  if (!vm->running)
    return environment_error(fmt::format("VM {} does not run, no live view of it", name),
                             "open a view of the stopped VM");
  SB_ASSIGN(tracked, list_checkpoints(name));
  if (std::find(tracked.begin(), tracked.end(), next) != tracked.end())
    return environment_error(fmt::format("VM {} has tracking {} already", name, next),
                             "remove it first, or choose another name");
  SB_ASSIGN(view, cut_view(*vm, wanted, since));
  for (const recovery::VmDisk& disk : vm->definition.disks)
    if (wanted.shows(disk.device)) site_.volumes.track(*site_.volumes.find(disk.volume), next);
  return std::move(view);
}

Result<std::unique_ptr<recovery::View>> SimHost::open_stopped_view(
    const recovery::ViewedVm& wanted, const std::optional<CheckpointName>& since) {
  const VmName& name = wanted.name;
  SB_ASSIGN(vm, site_.find_vm(name));
  if (vm->running)
    return environment_error(fmt::format("VM {} runs, its disks change", name),
                             "open a view of the running VM");
  for (const recovery::VmDisk& disk : vm->definition.disks)
    if (wanted.shows(disk.device)) SB_TRY(site_.unlock(disk.volume));
  return cut_view(*vm, wanted, since);
}

Result<std::unique_ptr<recovery::View>> SimHost::cut_view(
    const Vm& vm, const recovery::ViewedVm& wanted, const std::optional<CheckpointName>& since) {
  OpenView view{.id = site_.next_view_id++, .disks = {}};
  for (const recovery::VmDisk& disk : vm.definition.disks) {
    if (!wanted.shows(disk.device)) continue;
    SB_ASSIGN(volume, site_.find_volume(disk.volume));
    const BlockNumber blocks_per_grain = site_.volumes.blocks_per_grain();
    std::set<BlockNumber> grains;
    if (since) {
      const auto tracked = volume->checkpoints().find(*since);
      if (tracked == volume->checkpoints().end())
        return bad_input(fmt::format("disk {} of VM {} has no tracking {}", disk.device,
                                     vm.definition.name, *since),
                         "copy everything, or resynchronize");
      grains = tracked->second;
    } else {
      for (const auto& [block, shown] : *volume->shown())
        grains.insert(grains.end(), block / blocks_per_grain);
    }
    view.disks[disk.device] = {.volume = disk.volume,
                               .preserved = {},
                               .extents = extents_of(grains, blocks_per_grain * kBlockBytes,
                                                     volume->geometry(), kLongestExtent)};
  }
  const std::uint64_t id = view.id;
  site_.vms.change(vm.definition.name)->view = std::make_unique<OpenView>(std::move(view));
  return std::make_unique<SimView>(site_, vm.definition.name, id);
}

Nothing SimHost::close_view(const VmName& name) {
  const Vm* const found = site_.vms.find(name);
  if (found != nullptr && found->view != nullptr) site_.vms.change(name)->view.reset();
  return {};
}

Nothing SimHost::remove_checkpoint(const VmName& name, const CheckpointName& checkpoint) {
  const Vm* const found = site_.vms.find(name);
  if (found == nullptr) return {};
  for (const recovery::VmDisk& disk : found->definition.disks) {
    SB_ASSIGN(volume, site_.find_volume(disk.volume));
    site_.volumes.stop_tracking(*volume, checkpoint);
  }
  return {};
}

Result<std::vector<CheckpointName>> SimHost::list_checkpoints(const VmName& name) {
  std::set<CheckpointName> names;
  const Vm* const found = site_.vms.find(name);
  if (found != nullptr) {
    for (const recovery::VmDisk& disk : found->definition.disks) {
      SB_ASSIGN(volume, site_.find_volume(disk.volume));
      for (const auto& [checkpoint, grains] : volume->checkpoints())
        names.insert(checkpoint);
    }
  }
  return std::vector<CheckpointName>(names.begin(), names.end());
}

// ---- the link

Result<std::vector<recovery::ChunkDigest>> SimHost::digests(const VolumeName& name,
                                                            Bytes chunk_bytes) {
  SB_ASSIGN(volume, site_.find_volume(name));
  SB_TRY(site_.unlock(name));
  // Who compares goes by what they tell: an earlier replica of it may have gone without a flush.
  for (Volume* layer = volume; layer != nullptr;
       layer = layer->backing() ? site_.volumes.find(*layer->backing()) : nullptr)
    Volumes::flush(*layer);
  SB_ASSIGN(found, digests_of(*volume->shown(), chunk_bytes));
  SB_TRY(link_.carry(other(site_.site()), kMessageBytes + found.size() * kChecksumBytes));
  return std::move(found);
}

Result<std::unique_ptr<recovery::Replica>> SimHost::open_replica(const VolumeName& name) {
  SB_TRY(site_.unlock(name));
  SB_TRY(link_.carry(site_.site(), kConnectionBytes));
  return std::make_unique<SimReplica>(site_, link_, name);
}

}  // namespace switchback::sim
