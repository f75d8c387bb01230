// SPDX-License-Identifier: Apache-2.0
// How the service names what it makes, and what VMs are made of. All objects of item X are called X
// or X-...
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/concat.hpp"
#include "harness/system/request.hpp"
#include "vms/recovery/catalog.hpp"
#include "vms/recovery/host.hpp"

namespace switchback::recovery {

/// The layer that every other layer of the replica rests on; it survives failback.
inline constexpr std::string_view kBaseLayer = "replica";

/// The VM's own disk on the primary site. The devices of a group's VMs repeat, so the name is made
/// of the VM's name, which is the item's where it is the only one.
inline VolumeName primary_volume(const ItemRecord& record, const DiskSpec& disk) {
  return concat(vm_name(record.spec, disk.vm), "-", disk.device);
}
/// A layer of the replica of one disk on the recovery site.
inline VolumeName layer_volume(const ItemRecord& record, const DiskSpec& disk,
                               std::string_view layer) {
  return concat(vm_name(record.spec, disk.vm), "-", disk.device, "-", layer);
}
/// The layer on which the next replication round or failover rests.
inline std::string newest_layer(const ItemRecord& record) {
  return record.layers.empty() ? std::string(kBaseLayer) : record.layers.back();
}
/// Base and layers, oldest first: each rests on the one before it.
inline std::vector<std::string> chain_of(const ItemRecord& record) {
  std::vector<std::string> chain = {std::string(kBaseLayer)};
  chain.insert(chain.end(), record.layers.begin(), record.layers.end());
  return chain;
}
/// The volume of one disk in a layer: encrypted if the item is.
inline VolumeSpec volume_of_layer(const ItemRecord& record, const DiskSpec& disk,
                                  std::string_view layer,
                                  const std::optional<std::string>& backing) {
  VolumeSpec spec{.name = layer_volume(record, disk, layer),
                  .size_bytes = disk.size_bytes,
                  .backing = std::nullopt};
  if (backing) spec.backing = layer_volume(record, disk, *backing);
  if (record.spec.policy.encrypted) spec.key = record.spec.name;
  return spec;
}
/// It bears the item's name: a disk takes its tracking along when it is moved to another item's VM.
inline CheckpointName checkpoint_of_round(const ItemRecord& record, std::uint32_t round) {
  return concat("c", std::to_string(round), "-", record.spec.name);
}
/// Whether a checkpoint is one that the service made for the item: others may be another item's, or
/// another backup tool's.
inline bool is_of_item(const ItemRecord& record, const CheckpointName& name) {
  const std::size_t number_end = name.find_first_not_of("0123456789", 1);
  return name.front() == 'c' && number_end != CheckpointName::npos && number_end > 1 &&
         name.compare(number_end, CheckpointName::npos, concat("-", record.spec.name)) == 0;
}
inline std::string point_layer_of_round(std::uint32_t round) {
  return concat("p", std::to_string(round));
}
inline std::string target_layer_of_round(std::uint32_t round) {
  return concat("t", std::to_string(round));
}
inline std::string test_layer_of_round(std::uint32_t round) {
  return concat("x", std::to_string(round));
}

/// What the VM of the next failover is called.
inline VmName recovery_vm_name(const ItemRecord& record, std::size_t vm) {
  const VmName original = vm_name(record.spec, vm);
  return record.settings.name_suffix ? original + "-" + *record.settings.name_suffix : original;
}
/// The network of the item's test VMs, which nothing else is on.
inline std::string test_network(const ItemRecord& record) {
  return record.spec.name + "-test";
}

/// VM number `vm` as it belongs at the primary site. The record knows no hardware of a VM that
/// never was seen at a cut; then it is that of the item.
inline Hardware original_hardware(const ItemRecord& record, std::size_t vm) {
  return vm < record.original.size() ? record.original[vm] : record.spec.vms.at(vm);
}
inline VmDefinition primary_vm(const ItemRecord& record, std::size_t vm) {
  VmDefinition definition{
      .name = vm_name(record.spec, vm), .disks = {}, .hardware = original_hardware(record, vm)};
  for (const DiskSpec& disk : record.spec.disks)
    if (disk.vm == vm) definition.disks.push_back({disk.device, primary_volume(record, disk)});
  return definition;
}

/// Hardware with what the operator wants otherwise at recovery.
inline Hardware with_settings(Hardware hardware, const TargetSettings& settings) {
  if (settings.cpus) hardware.cpus = *settings.cpus;
  if (settings.memory_bytes) hardware.memory_bytes = *settings.memory_bytes;
  for (std::size_t n = 0; n < hardware.nics.size(); ++n) {
    if (settings.network) hardware.nics[n].network = *settings.network;
    if (n < settings.nic_addresses.size() && !settings.nic_addresses[n].empty())
      hardware.nics[n].address = settings.nic_addresses[n];
  }
  return hardware;
}
/// VM number `vm` as a copy at recovery, made as at the point whose `config` it is.
inline VmDefinition copy_of_vm(const ItemRecord& record, const CopyRecord& copy,
                               const ConfigRecord& config, std::size_t vm) {
  const Hardware found = vm < config.size() ? config[vm] : record.spec.vms.at(vm);
  VmDefinition definition{
      .name = copy.vms.at(vm), .disks = {}, .hardware = with_settings(found, record.settings)};
  for (const DiskSpec& disk : record.spec.disks)
    if (disk.vm == vm)
      definition.disks.push_back({disk.device, layer_volume(record, disk, copy.layer)});
  return definition;
}

}  // namespace switchback::recovery
