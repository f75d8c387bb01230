// SPDX-License-Identifier: Apache-2.0
// See failover.hpp.
#include "vms/recovery/failover.hpp"

#include <fmt/format.h>

#include "vms/recovery/copies.hpp"
#include "vms/recovery/fence.hpp"
#include "vms/recovery/losses.hpp"
#include "vms/recovery/naming.hpp"
#include "vms/recovery/points_choice.hpp"
#include "vms/recovery/processing.hpp"
#include "vms/recovery/protection.hpp"
#include "vms/recovery/transfer.hpp"

namespace switchback::recovery {
namespace {

/// The point that this job starts from, as the list is now.
Result<PointRecord> point_of_job(const ItemRecord& record) {
  const JobRecord& job = *record.job;
  if (job.operation == Operation::planned_failover)
    return choose_point(record, PointChoice::latest, {});
  return choose_point(record, job.point, job.point_id);
}

Task<Nothing> check_recovery_side(JobContext& job) {
  SB_CO_ASSIGN(point, point_of_job(job.record));
  const CopyRecord copy = next_target(job.record, point);
  SB_CO_TRY(co_await check_key(job, point.layer));
  SB_CO_TRY(co_await check_names_are_free(job, copy.vms));
  // Latest takes in what has been sent, and a planned failover what is about to be.
  const bool newest = job.record.job->operation == Operation::planned_failover ||
                      job.record.job->point == PointChoice::latest;
  const std::string layer = newest ? newest_layer(job.record) : point.layer;
  co_return co_await check_layer(job, layer);
}

/// A guest that does not obey in time may do so later, when nobody looks any more and its VM is to
/// run on: it is asked and waited for again, all within one call of the gate.
Task<Nothing> shut_down_one(JobContext& job, VmName vm) {
  SB_CO_TRY(co_await job.call(
      "shut_down_vm", [&] { return insist([&] { return job.primary.shut_down_vm(vm); }); }));
  co_return Nothing{};
}

Task<Nothing> start_source(JobContext& job) {
  Nothing worst;
  for (const VmName& vm : vms_on(job.record, Site::primary)) {
    Nothing started =
        co_await job.call("start_vm", [&] { return job.primary.start_vm(vm, std::nullopt); });
    if (!started) worst = std::move(started);  // the others are started all the same
  }
  co_return worst;
}

/// Of an unplanned failover. An Error where it must go on without.
Task<Nothing> send_what_is_left(JobContext& job) {
  static_cast<void>(co_await release_guests(job, Site::primary));
  Nothing all_off;
  for (const VmName& vm : vms_on(job.record, Site::primary)) {
    Nothing off = co_await shut_down_one(job, vm);
    if (!off) all_off = std::move(off);  // the others are asked all the same
  }
  SB_CO_TRY(std::move(all_off));
  SB_CO_TRY(co_await remember_original(job));
  if (!job.record.tracked_since) co_return Nothing{};  // what has changed is not known any more
  const RoundOrder order{.source_runs = false};
  co_return co_await replicate_round(job, order);
}

/// Keeps what was sent accounted for, and forgets the rest.
void forget_round(ItemRecord& record, const ItemRecord& before) {
  const Bytes sent = record.bytes_sent;
  const ConfigRecord original = record.original;
  record = before;
  record.bytes_sent = sent;
  record.original = original;
}

bool touches_source(Operation operation, const JobRecord& job) {
  return operation == Operation::planned_failover || job.shut_down_source;
}

}  // namespace

Task<Nothing> check_planned_failover(JobContext& job) {
  for (const VmName& vm : vms_on(job.record, Site::primary)) {
    SB_CO_ASSIGN(runs, co_await job.call("is_running", [&] { return job.primary.is_running(vm); }));
    if (!runs)
      co_return environment_error(fmt::format("VM {} does not run on the primary site", vm),
                                  "start it, or use an unplanned failover if the site is lost");
  }
  SB_CO_TRY(co_await check_disks_unchanged(job));
  const Nothing tracked = co_await check_tracking(job);
  job.fail_to.reset();  // that the tracking is lost is for the next round to find
  SB_CO_TRY(tracked);
  co_return co_await check_recovery_side(job);
}

Task<Nothing> check_unplanned_failover(JobContext& job) {
  co_return co_await check_recovery_side(job);
}

Task<Nothing> shut_down_source(JobContext& job) {
  // A guest that an earlier round left frozen could not obey.
  SB_CO_TRY(co_await release_guests(job, Site::primary));
  for (const VmName& vm : vms_on(job.record, Site::primary))
    SB_CO_TRY(co_await shut_down_one(job, vm));
  co_return Nothing{};
}

Task<Nothing> prepare_for_failover(JobContext& job) {
  const RoundOrder order{.source_runs = false};
  SB_CO_TRY(co_await replicate_round(job, order));
  job.record.original = newest_config(job.record);
  co_return co_await make_points(job);
}

Task<Nothing> stop_replication(JobContext& job) {
  // Until somebody finds out better, from the primary site itself.
  job.record.original = newest_config(job.record);
  co_return Nothing{};
}

Task<Nothing> try_to_shut_down_source(JobContext& job) {
  if (!job.record.job->shut_down_source) co_return Nothing{};
  const ItemRecord before = job.record;
  const Nothing sent = co_await send_what_is_left(job);
  if (sent) co_return Nothing{};
  job.fail_to.reset();
  forget_round(job.record, before);
  // Both as far as they can be reached: the failover goes on whatever has become of the source.
  static_cast<void>(co_await close_views(job, Site::primary));
  static_cast<void>(co_await remove_layer(job, point_layer_of_round(job.record.round + 1)));
  co_return Nothing{};
}

Task<Nothing> process_if_latest(JobContext& job) {
  if (job.record.job->point != PointChoice::latest) co_return Nothing{};
  co_return co_await make_points(job);
}

Task<Nothing> create_target(JobContext& job) {
  ItemRecord& record = job.record;
  SB_CO_TRY(co_await remove_expired(job));
  SB_CO_ASSIGN(point, point_of_job(record));
  const CopyRecord copy = next_target(record, point);
  SB_CO_TRY(co_await create_copy_disks(job, copy));
  SB_CO_TRY(co_await define_copy(job, copy, false));
  record.target = copy;
  ++record.round;
  co_return Nothing{};
}

Task<Nothing> start_target(JobContext& job) {
  ItemRecord& record = job.record;
  SB_ASSERT(record.target);
  const CheckpointName track = checkpoint_of_round(record, record.round + 1);
  SB_CO_TRY(co_await start_copy(job, *record.target, track));
  record.tracked_since = track;
  record.failover_point = record.target->point;
  ++record.round;
  co_return Nothing{};
}

Task<Nothing> return_from_failover(JobContext& job, Operation operation) {
  ItemRecord& record = job.record;
  // A copy that was begun and not recorded has the names that the next one would have.
  const CopyRecord copy = record.target ? *record.target : next_target(record, PointRecord{});
  SB_CO_TRY(co_await discard_copy(job, copy));
  record.target.reset();
  if (!touches_source(operation, *record.job)) co_return Nothing{};
  const Nothing abandoned = co_await abandon_round(job);
  const Nothing started = co_await start_source(job);
  SB_CO_TRY(Nothing(abandoned));
  co_return started;
}

Task<Nothing> return_to_source(JobContext& job) {
  const JobRecord undone = *job.record.job;
  if (undone.stage == 0) co_return Nothing{};  // the checks change nothing
  co_return co_await return_from_failover(job, undone.operation);
}

}  // namespace switchback::recovery
