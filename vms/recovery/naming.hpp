// SPDX-License-Identifier: Apache-2.0
// How the service names what it makes. All objects of item X are called X or X-...
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "vms/recovery/catalog.hpp"
#include "vms/recovery/host.hpp"

namespace switchback::recovery {

/// The layer that every other layer of the replica rests on; it survives failback.
inline constexpr std::string_view kBaseLayer = "replica";

/// The VM's own disk on the primary site.
inline VolumeName primary_volume(const ItemRecord& record, const DiskSpec& disk) {
  return fmt::format("{}-{}", record.spec.name, disk.device);
}
/// A layer of the replica of one disk on the recovery site.
inline VolumeName layer_volume(const ItemRecord& record, const DiskSpec& disk,
                               std::string_view layer) {
  return fmt::format("{}-{}-{}", record.spec.name, disk.device, layer);
}
/// The layer on which the next replication round or failover rests.
inline std::string newest_layer(const ItemRecord& record) {
  return record.layers.empty() ? std::string(kBaseLayer) : record.layers.back();
}
inline CheckpointName checkpoint_of_round(std::uint32_t round) {
  return fmt::format("c{}", round);
}
inline std::string point_layer_of_round(std::uint32_t round) {
  return fmt::format("p{}", round);
}
inline std::string target_layer_of_round(std::uint32_t round) {
  return fmt::format("t{}", round);
}

inline VmDefinition primary_vm(const ItemRecord& record) {
  VmDefinition vm{.name = record.spec.name, .disks = {}};
  for (const DiskSpec& disk : record.spec.disks)
    vm.disks.push_back({disk.device, primary_volume(record, disk)});
  return vm;
}
inline VmDefinition recovery_vm(const ItemRecord& record, std::string_view layer) {
  VmDefinition vm{.name = record.spec.name, .disks = {}};
  for (const DiskSpec& disk : record.spec.disks)
    vm.disks.push_back({disk.device, layer_volume(record, disk, layer)});
  return vm;
}

}  // namespace switchback::recovery
