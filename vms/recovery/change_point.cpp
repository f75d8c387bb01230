// SPDX-License-Identifier: Apache-2.0
// See change_point.hpp.
#include "vms/recovery/change_point.hpp"

#include "vms/recovery/copies.hpp"
#include "vms/recovery/losses.hpp"
#include "vms/recovery/naming.hpp"
#include "vms/recovery/points_choice.hpp"
#include "vms/recovery/transfer.hpp"

namespace switchback::recovery {
namespace {

/// A copy on the layer of the point that the job chose, with the VMs of the copy that runs.
Result<CopyRecord> chosen_copy(const ItemRecord& record) {
  SB_ASSERT(record.target && record.job);
  SB_ASSIGN(point, choose_point(record, record.job->point, record.job->point_id));
  CopyRecord copy = next_target(record, point);
  copy.vms = record.target->vms;
  return copy;
}

Task<Nothing> remove_previous(JobContext& job) {
  ItemRecord& record = job.record;
  if (!record.previous_target) co_return Nothing{};
  SB_CO_TRY(co_await remove_layer(job, record.previous_target->layer));
  record.previous_target.reset();
  co_return Nothing{};
}

}  // namespace

Task<Nothing> check_change_of_point(JobContext& job) {
  SB_CO_ASSIGN(copy, chosen_copy(job.record));
  SB_CO_TRY(co_await check_key(job, copy.on_layer));
  co_return co_await check_layer(job, copy.on_layer);
}

Task<Nothing> create_new_copy(JobContext& job) {
  ItemRecord& record = job.record;
  SB_CO_TRY(co_await remove_previous(job));  // of an earlier change
  SB_CO_ASSIGN(copy, chosen_copy(record));
  SB_CO_TRY(co_await create_copy_disks(job, copy));
  record.previous_target = record.target;
  record.target = copy;
  ++record.round;
  co_return Nothing{};
}

Task<Nothing> stop_old_copy(JobContext& job) {
  SB_ASSERT(job.record.previous_target);
  co_return co_await force_off_copy(job, *job.record.previous_target);
}

Task<Nothing> start_new_copy(JobContext& job) {
  ItemRecord& record = job.record;
  const CheckpointName track = checkpoint_of_round(record, record.round + 1);
  // Left halfway and entered again the new VMs may run already, which is no reason to replace them.
  SB_CO_TRY(co_await define_copy(job, *record.target, false));
  SB_CO_TRY(co_await start_copy(job, *record.target, track));
  record.tracked_since = track;
  record.failover_point = record.target->point;
  ++record.round;
  co_return Nothing{};
}

Task<Nothing> remove_previous_copy(JobContext& job) {
  static_cast<void>(co_await remove_previous(job));
  co_return Nothing{};
}

Task<Nothing> return_to_previous_copy(JobContext& job) {
  ItemRecord& record = job.record;
  const std::uint32_t stage = record.job->stage;
  if (stage == 0) co_return Nothing{};
  if (stage == 1)  // the new copy is not recorded; the old one runs
    co_return co_await remove_layer(job, target_layer_of_round(record.round + 1));
  SB_ASSERT(record.previous_target);
  SB_CO_TRY(co_await force_off_copy(job, *record.target));
  SB_CO_TRY(co_await define_copy(job, *record.previous_target, false));
  SB_CO_TRY(co_await start_copy(job, *record.previous_target, std::nullopt));
  SB_CO_TRY(co_await remove_layer(job, record.target->layer));
  record.target = record.previous_target;
  record.previous_target.reset();
  co_return Nothing{};
}

}  // namespace switchback::recovery
