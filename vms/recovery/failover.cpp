// SPDX-License-Identifier: Apache-2.0
// See failover.hpp.
#include "vms/recovery/failover.hpp"

#include <fmt/format.h>

#include "vms/recovery/naming.hpp"
#include "vms/recovery/transfer.hpp"

namespace switchback::recovery {

Task<Nothing> check_source_runs(JobContext& job) {
  SB_CO_ASSIGN(runs,
               co_await job.call("is_running", [&] { return job.primary.is_running(job.vm()); }));
  if (!runs)
    co_return environment_error(fmt::format("VM {} does not run on the primary site", job.vm()),
                                "start it, or use an unplanned failover if the site is lost");
  co_return Nothing{};
}

Task<Nothing> shut_down_source(JobContext& job) {
  SB_CO_TRY(co_await job.call("shut_down_vm", [&] { return job.primary.shut_down_vm(job.vm()); }));
  co_return Nothing{};
}

Task<Nothing> send_final_changes(JobContext& job) {
  co_return co_await replicate_round(job, false);
}

Task<Nothing> create_target(JobContext& job) {
  ItemRecord& record = job.record;
  const std::string layer = target_layer_of_round(record.round + 1);
  SB_CO_TRY(co_await create_layer(job, layer, newest_layer(record)));
  const VmDefinition vm = recovery_vm(record, layer);
  SB_CO_TRY(co_await job.call("ensure_vm", [&] { return job.recovery.ensure_vm(vm); }));
  record.target = layer;
  ++record.round;
  co_return Nothing{};
}

Task<Nothing> start_target(JobContext& job) {
  const CheckpointName track = checkpoint_of_round(job.record.round + 1);
  SB_CO_TRY(co_await job.call("start_vm", [&] { return job.recovery.start_vm(job.vm(), track); }));
  job.record.tracked_since = track;
  ++job.record.round;
  co_return Nothing{};
}

Task<Nothing> return_to_source(JobContext& job) {
  ItemRecord& record = job.record;
  // Before the target could be started, or never: a target that ran is not gone back from.
  SB_CO_TRY(co_await job.call("remove_vm", [&] { return job.recovery.remove_vm(job.vm()); }));
  const std::string layer =
      record.target ? *record.target : target_layer_of_round(record.round + 1);
  SB_CO_TRY(co_await remove_layer(job, layer));
  record.target.reset();
  SB_CO_TRY(co_await job.call("close_view", [&] { return job.primary.close_view(job.vm()); }));
  SB_CO_TRY(co_await remove_layer(job, point_layer_of_round(record.round + 1)));
  SB_CO_TRY(
      co_await job.call("start_vm", [&] { return job.primary.start_vm(job.vm(), std::nullopt); }));
  co_return Nothing{};
}

Task<Nothing> delete_points(JobContext& job) {
  job.record.points.clear();
  co_return Nothing{};
}

Task<Nothing> flatten_target_base(JobContext& job) {
  ItemRecord& record = job.record;
  if (record.layers.empty()) co_return Nothing{};
  SB_ASSERT(record.target);
  for (const DiskSpec& disk : record.spec.disks) {
    const VolumeName base = layer_volume(record, disk, kBaseLayer);
    const VolumeName top = layer_volume(record, disk, record.layers.back());
    const VmDisk user{disk.device, layer_volume(record, disk, *record.target)};
    SB_CO_TRY(co_await job.call(
        "fold_volumes", [&] { return job.recovery.fold_volumes(base, top, user, job.vm()); }));
  }
  co_return Nothing{};
}

Task<Nothing> remove_folded_layers(JobContext& job) {
  std::vector<std::string>& layers = job.record.layers;
  while (!layers.empty()) {
    SB_CO_TRY(co_await remove_layer(job, layers.back()));
    layers.pop_back();
  }
  co_return Nothing{};
}

}  // namespace switchback::recovery
