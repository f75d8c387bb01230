// SPDX-License-Identifier: Apache-2.0
// See commit.hpp.
#include "vms/recovery/commit.hpp"

#include "vms/recovery/naming.hpp"
#include "vms/recovery/processing.hpp"
#include "vms/recovery/transfer.hpp"

namespace switchback::recovery {

Task<Nothing> delete_points(JobContext& job) {
  job.record.points = {};
  job.record.sent.clear();
  co_return Nothing{};
}

Task<Nothing> flatten_or_fail(JobContext& job) {
  ItemRecord& record = job.record;
  SB_ASSERT(record.target);
  CopyRecord& target = *record.target;
  if (target.on_layer != kBaseLayer) {
    for (const DiskSpec& disk : record.spec.disks) {
      const VolumeName base = layer_volume(record, disk, kBaseLayer);
      const VolumeName top = layer_volume(record, disk, target.on_layer);
      const VmDisk user{disk.device, layer_volume(record, disk, target.layer)};
      const VmName vm = target.vms[disk.vm];
      SB_CO_TRY(co_await job.call("fold_volumes", [&] {
        return insist([&] { return job.recovery.fold_volumes(base, top, user, vm); });
      }));
    }
    target.on_layer = kBaseLayer;
  }
  // Oldest first: remove_layers() takes them from the end, an overlay before what it rests on.
  record.folded.insert(record.folded.end(), record.layers.begin(), record.layers.end());
  record.layers.clear();
  co_return Nothing{};
}

Task<Nothing> flatten(JobContext& job) {
  static_cast<void>(co_await flatten_or_fail(job));
  co_return Nothing{};
}

Task<Nothing> remove_layers(JobContext& job) {
  ItemRecord& record = job.record;
  if (record.previous_target) {  // left by a change of recovery point that could not remove it
    SB_CO_TRY(co_await remove_layer(job, record.previous_target->layer));
    record.previous_target.reset();
  }
  co_return co_await remove_expired(job);
}

}  // namespace switchback::recovery
