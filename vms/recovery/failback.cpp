// SPDX-License-Identifier: Apache-2.0
// See failback.hpp.
#include "vms/recovery/failback.hpp"

#include <fmt/format.h>

#include "vms/recovery/naming.hpp"
#include "vms/recovery/transfer.hpp"

namespace switchback::recovery {
namespace {

/// The changes since the newest tracking at recovery, onto the primary's own disks.
Transfer back_to_primary(const ItemRecord& record, bool source_runs) {
  return {.source = Site::recovery,
          .source_runs = source_runs,
          .since = record.tracked_since,
          .target = [&record](const DiskSpec& disk) { return primary_volume(record, disk); }};
}

}  // namespace

Task<Nothing> check_primary_is_off(JobContext& job) {
  SB_CO_ASSIGN(runs,
               co_await job.call("is_running", [&] { return job.primary.is_running(job.vm()); }));
  if (runs)
    co_return environment_error(
        fmt::format("VM {} runs on the primary site, where its disks are to be overwritten",
                    job.vm()),
        "shut it down there; the copy at recovery is the one in use");
  co_return Nothing{};
}

Task<Nothing> synchronize_to_primary(JobContext& job) {
  co_return co_await transfer(job, back_to_primary(job.record, true));
}

Task<Nothing> retire_recovery_tracking(JobContext& job) {
  co_return co_await retire_checkpoints_if_possible(job, Site::recovery);
}

Task<Nothing> abandon_synchronization(JobContext& job) {
  SB_CO_TRY(co_await job.call("close_view", [&] { return job.recovery.close_view(job.vm()); }));
  co_return co_await retire_checkpoints(job, Site::recovery);
}

Task<Nothing> shut_down_target(JobContext& job) {
  SB_CO_TRY(co_await job.call("shut_down_vm", [&] { return job.recovery.shut_down_vm(job.vm()); }));
  co_return Nothing{};
}

Task<Nothing> send_final_to_primary(JobContext& job) {
  co_return co_await transfer(job, back_to_primary(job.record, false));
}

Task<Nothing> start_primary(JobContext& job) {
  const CheckpointName track = checkpoint_of_round(job.record.round + 1);
  SB_CO_TRY(co_await job.call("start_vm", [&] { return job.primary.start_vm(job.vm(), track); }));
  job.record.tracked_since = track;
  ++job.record.round;
  co_return Nothing{};
}

Task<Nothing> return_to_target(JobContext& job) {
  SB_CO_TRY(co_await job.call("close_view", [&] { return job.recovery.close_view(job.vm()); }));
  SB_CO_TRY(
      co_await job.call("start_vm", [&] { return job.recovery.start_vm(job.vm(), std::nullopt); }));
  co_return Nothing{};
}

Task<Nothing> remove_target_vm(JobContext& job) {
  SB_CO_TRY(co_await job.call("remove_vm", [&] { return job.recovery.remove_vm(job.vm()); }));
  co_return Nothing{};
}

Task<Nothing> advance_base(JobContext& job) {
  ItemRecord& record = job.record;
  SB_ASSERT(record.target);
  // The layers are gone since the commit of the failover: the target rests on the base itself.
  for (const DiskSpec& disk : record.spec.disks) {
    const VolumeName base = layer_volume(record, disk, kBaseLayer);
    const VolumeName top = layer_volume(record, disk, *record.target);
    SB_CO_TRY(co_await job.call(
        "fold_volumes", [&] { return job.recovery.fold_volumes(base, top, std::nullopt, {}); }));
  }
  co_return Nothing{};
}

Task<Nothing> remove_target_disks(JobContext& job) {
  SB_CO_TRY(co_await remove_layer(job, *job.record.target));
  job.record.target.reset();
  co_return Nothing{};
}

}  // namespace switchback::recovery
