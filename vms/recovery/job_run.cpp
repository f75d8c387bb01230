// SPDX-License-Identifier: Apache-2.0
// How a job runs: stage by stage, each recorded before it is entered, and back again if one fails.
#include <fmt/format.h>

#include "harness/lifecycle/resting_states.hpp"
#include "harness/lifecycle/transition_table.hpp"
#include "vms/recovery/losses.hpp"
#include "vms/recovery/reference_system.hpp"
#include "vms/recovery/running_job.hpp"

namespace switchback::recovery {
namespace {

/// How often a job's end is written before it counts as not written.
constexpr int kSaveAttempts = 3;

/// Operations that must not wait for what an earlier one left: they are for when a site is lost.
bool goes_on_unsettled(const JobRecord& job) {
  switch (job.operation) {
    case Operation::unplanned_failover:
    case Operation::disable:
    case Operation::purge:
    case Operation::complete_migration:
      return true;
    case Operation::cancel:
      // A failback that could not begin for it: whoever cancels that has decided nothing about it.
      return job.cancelled != Operation::planned_failback;
    default:
      return false;
  }
}

/// Asked for again when there is no way back from where it failed, the operation goes on from
/// there.
bool takes_up(Operation operation, const JobRecord& unsettled) {
  return operation == unsettled.operation &&
         (operation == Operation::complete_failover || operation == Operation::full_failback);
}

/// Where an item rests after a failure if neither the stage nor its entry in the table says.
ItemState default_rest(const ItemRecord& record) {
  if (record.job->operation != Operation::cancel || !record.job->cancelled) return record.rest;
  // There is no way back into the job that was cancelled, and none on with it.
  const Transition* const row = row_of_job(record);
  if (row->to == resting::kFailoverCancelled) return resting::kReplicationStopped;
  // A failback that was still at its checks has written nothing; an old primary VM may still run,
  // and only where the item was is it fenced.
  return record.job->cancelled_stage == 0 ? record.rest : row->to;
}

/// Operations that find out what has become of the replica, also when they fail.
bool finds_losses(Operation operation) {
  return operation == Operation::delta_replication || operation == Operation::resynchronize ||
         operation == Operation::change_recovery_point;
}

/// True if nothing of the item needs to be remembered.
bool forgettable(const ItemRecord& record) {
  return record.rest == initial_state() && !record.job && !record.unsettled;
}

}  // namespace

const Transition* row_of_job(const ItemRecord& record) {
  const JobRecord& job = *record.job;
  if (!job.cancelled) return find_transition(record.rest, job.operation);
  const Transition* const cancelled = find_transition(record.rest, *job.cancelled);
  return cancelled == nullptr ? nullptr : find_transition(cancelled->during, job.operation);
}

Task<Nothing> ReferenceSystem::run_job(Item& item, Job& job) {
  const OperationPlan& plan = parts_.stages.at(job.operation);
  SB_ASSERT(row_of_job(item.working) != nullptr);
  if (!item.working.job->undoing) {
    Nothing ran = co_await settle(item, job);
    const bool settled = ran.has_value();
    if (settled) ran = co_await run_stages(item, job, plan);
    if (ran) co_return co_await finish_done(item, job);
    static_cast<void>(co_await note_failure(item, job, plan, ran.error()));
    if (!settled) co_return co_await finish_failed(item, job);  // nothing was begun
  }
  co_return co_await go_back(item, job, plan);
}

/// Takes back what an earlier operation began and could not take back then.
Task<Nothing> ReferenceSystem::settle(Item& item, Job& job) {
  ItemRecord& working = item.working;
  if (working.job->stage == 0 && working.unsettled) {
    job.enter_stage(parts_.stages.at(job.operation).stages.front().name);
    // From here on the request is known, but for what enable brings with it: that replaces what the
    // undo needs.
    if (!job.spec) SB_CO_TRY(co_await save(item, job));
    const OperationPlan& plan = parts_.stages.at(working.unsettled->operation);
    // The undo finds the record as it was when it failed: with the job that it belongs to.
    std::swap(working.job, working.unsettled);
    Nothing undone;
    if (plan.undo) undone = co_await plan.undo(job.context);
    std::swap(working.job, working.unsettled);
    if (!undone && takes_up(job.operation, *working.unsettled)) {
      working.job->stage = working.unsettled->stage;
      co_return Nothing{};
    }
    if (!undone && !goes_on_unsettled(*working.job))
      co_return tl::unexpected(undone.error().within(fmt::format(
          "what {} left could not be taken back", name_of(working.unsettled->operation))));
    if (undone) working.unsettled.reset();
  }
  if (job.spec) working.spec = *job.spec;
  co_return Nothing{};
}

Task<Nothing> ReferenceSystem::run_stages(Item& item, Job& job, const OperationPlan& plan) {
  while (item.working.job->stage < plan.stages.size()) {
    const Stage& stage = plan.stages[item.working.job->stage];
    job.enter_stage(stage.name);
    SB_CO_TRY(co_await save(item, job));
    SB_CO_TRY(co_await stage.body(job.context));
    ++item.working.job->stage;
  }
  co_return Nothing{};
}

/// Records that the job is on its way back, and what for.
Task<Nothing> ReferenceSystem::note_failure(Item& item, Job& job, const OperationPlan& plan,
                                            Error why) {
  JobRecord failed = *item.working.job;
  const std::size_t stage = std::min<std::size_t>(failed.stage, plan.stages.size() - 1);
  ItemState rest = default_rest(item.working);
  if (plan.stages[stage].fails_to) rest = *plan.stages[stage].fails_to;
  if (job.context.fail_to) rest = *job.context.fail_to;
  failed.undoing = true;
  failed.failure = why.remedy.empty() ? why.message : why.message + " (" + why.remedy + ")";
  failed.failed_rest = rest;
  failed.lasting = why.kind == ErrorKind::not_found;
  // What the failed stage changed in memory was never recorded and did not happen; when its attempt
  // began is known all the same.
  const Instant began = item.working.next_round_due;
  item.working = *item.saved;
  item.working.next_round_due = began;
  item.working.job = std::move(failed);
  // If it can't be written the hosts are brought back nevertheless: a controller that starts from
  // the older record enters the failed stage again, and fails.
  co_return co_await save(item, job);
}

Task<Nothing> ReferenceSystem::go_back(Item& item, Job& job, const OperationPlan& plan) {
  job.enter_stage(kUndoStage);
  if (finds_losses(job.operation)) {
    // What can't be found out now is found out by the next one.
    static_cast<void>(co_await forget_lost_layers(job.context));
    JobRecord& failed = *item.working.job;
    failed.failed_rest = rest_after_losses(item.working, failed.failed_rest);
  }
  if (plan.undo) {
    const Nothing undone = co_await plan.undo(job.context);
    if (!undone) {
      item.working.job->failure += "; and going back failed: " + undone.error().message;
      item.working.unsettled = item.working.job;
    }
  }
  co_return co_await finish_failed(item, job);
}

Task<Nothing> ReferenceSystem::finish_done(Item& item, Job& job) {
  ItemRecord& working = item.working;
  const ItemState before = working.rest;
  working.rest = row_of_job(working)->to;
  working.job.reset();
  // Done in spite of it: where things stand now, there is nothing left to go back to.
  working.unsettled.reset();
  note_end(working, before, {.operation = job.operation, .done = true}, now_, timing_of(working));
  co_return co_await save_end(item, job);
}

Task<Nothing> ReferenceSystem::finish_failed(Item& item, Job& job) {
  ItemRecord& working = item.working;
  const ItemState before = working.rest;
  const JobRecord failed = *working.job;
  working.rest = failed.failed_rest;
  working.job.reset();
  const JobEnd end{.operation = job.operation,
                   .done = false,
                   .lasting = failed.lasting,
                   .undo_failed = working.unsettled.has_value(),
                   .reason = failed.failure};
  note_end(working, before, end, now_, timing_of(working));
  SB_CO_TRY(co_await save_end(item, job));
  if (failed.lasting) co_return not_found(failed.failure, "mend the cause and ask again");
  co_return environment_error(failed.failure, "mend the cause and ask again");
}

Task<Nothing> ReferenceSystem::save(Item& item, Job& job) {
  Shared<ItemRecord> now;
  SB_CO_TRY(co_await job.gate.call(kRecordCall, [&] {
    now = item.working;
    if (forgettable(*now)) return parts_.catalog->erase(now->spec.name);
    return parts_.catalog->save(now);
  }));
  keep(item, std::move(now));
  co_return Nothing{};
}

/// Writes that the job ended. If the catalog refuses, this controller goes on with what is so; one
/// that starts from the older record takes the job up again at its last stage.
Task<Nothing> ReferenceSystem::save_end(Item& item, Job& job) {
  Nothing saved;
  for (int attempt = 0; attempt < kSaveAttempts; ++attempt) {
    saved = co_await save(item, job);
    if (saved) co_return saved;
  }
  keep(item, item.working);
  job.unsaved = true;
  co_return tl::unexpected(saved.error().within("the end of the job could not be recorded"));
}

Timing ReferenceSystem::timing_of(const ItemRecord& record) const {
  const Duration wanted = record.spec.policy.copy_frequency;
  return {.copy_frequency = wanted == Duration{} ? parts_.copy_frequency : wanted,
          .processing_delay = parts_.processing_delay};
}

}  // namespace switchback::recovery
