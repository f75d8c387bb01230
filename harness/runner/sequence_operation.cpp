// SPDX-License-Identifier: Apache-2.0
// One operation of a sequence: asked for, driven through its job, witnessed and judged.
#include <algorithm>

#include <fmt/format.h>

#include "harness/lifecycle/transition_table.hpp"
#include "harness/runner/sequence_run.hpp"
#include "harness/runner/witness.hpp"
#include "harness/sequence/trace.hpp"

namespace switchback {
namespace {

/// A job that passes more points than this makes no progress. The longest sound one passes two for
/// every extent of every disk.
constexpr std::uint64_t kMostCallsOfAJob = 1'000'000;

/// Whether the operation moves replication data across the link.
bool sends_data(Operation operation) {
  switch (operation) {
    case Operation::enable:
    case Operation::delta_replication:
    case Operation::planned_failover:
    case Operation::planned_failback:
    case Operation::complete_failover:
    case Operation::reverse_replicate:
      return true;
    case Operation::commit:
    case Operation::commit_failback:
    case Operation::disable:
      return false;
  }
  return false;
}

}  // namespace

/// Shows evidence to every property; what breaks is kept.
template <class Ask>
void SequenceRun::judge(const Ask& ask) {
  for (std::size_t n = 0; n < context_.properties.size(); ++n) {
    const Property& property = *context_.properties[n];
    const Verdict verdict = ask(property);
    if (!verdict.judged()) continue;
    PropertyTally& tally = result_.tallies[n];
    ++tally.judged;
    if (!verdict.violation()) continue;
    ++tally.broken;
    Violation violation = *verdict.violation();
    violation.property = property.name();
    const auto same = [&](const FoundViolation& found) {
      return found.violation.property == violation.property &&
             found.violation.kind == violation.kind;
    };
    if (std::any_of(result_.violations.begin(), result_.violations.end(), same)) continue;
    context_.events.on(ViolationFound{context_.index, step_, violation.property, violation.kind,
                                      violation.message});
    result_.violations.push_back({std::move(violation), step_});
  }
}

Result<SequenceRun::Before> SequenceRun::look_before() {
  SB_ASSIGN(snapshot, take_snapshot(world_, item_.name));
  calls_ = 0;
  return Before{.snapshot = std::move(snapshot),
                .model = model_,
                .started = journal_.now(),
                .kills = kills_,
                .faults = faults_};
}

Nothing SequenceRun::operate(Operation operation, InJob& in_job) {
  SB_ASSIGN(before, look_before());
  SB_ASSIGN(progress, world_.system->start(item_, operation));
  SB_ASSIGN(outcome, drive(std::move(progress), in_job));
  // What only the clock brings about is refused to an operator in every state.
  const Transition* row =
      asked_by_operator(operation) ? find_transition(before.model, operation) : nullptr;
  return settle(operation, outcome, before, row);
}

/// While a job is in progress nothing else is allowed, whatever the table says of the state.
Nothing SequenceRun::operate_during_job(Operation operation) {
  const std::uint64_t calls = calls_;
  SB_ASSIGN(before, look_before());
  SB_ASSIGN(progress, world_.system->start(item_, operation));
  SB_ASSIGN(after, take_snapshot(world_, item_.name));
  const Outcome outcome = std::holds_alternative<Outcome>(progress)
                              ? std::get<Outcome>(progress)
                              : Outcome(Done{});  // accepted: the properties will say so
  judge_refusal_during_job(operation, outcome, before, after);
  calls_ = calls;
  return {};
}

Nothing SequenceRun::wait(Duration duration, InJob& in_job) {
  while (duration > Duration::zero() && !violated()) {
    SB_ASSIGN(before, look_before());
    SB_ASSIGN(passed, world_.system->pass_time(duration));
    duration -= passed;
    SB_ASSIGN(status, world_.system->status(item_.name));
    if (!status.job) {
      if (passed == Duration::zero()) return {};
      continue;
    }
    const Operation operation = status.job->operation;
    SB_ASSIGN(outcome, drive(Progress(*status.job), in_job));
    SB_TRY(settle(operation, outcome, before, find_transition(before.model, operation)));
  }
  return {};
}

/// Takes a job from point to point up to its end.
Result<Outcome> SequenceRun::drive(Progress progress, InJob& in_job) {
  while (const JobPoint* const stopped = std::get_if<JobPoint>(&progress)) {
    const JobPoint point = *stopped;
    SB_ASSIGN(live, world_.laboratory->live_copies(item_.name));
    const JobPointEvidence evidence{.point = point, .live = live};
    judge([&](const Property& property) { return property.at_job_point(evidence); });
    SB_TRY(steps_at(point, in_job));
    if (killed_now_) {
      killed_now_ = false;
      SB_ASSIGN(status, world_.system->status(item_.name));
      if (!status.job)
        return Outcome(Indeterminate{"the controller died before it had recorded the request"});
      progress = *status.job;
      continue;
    }
    if (++calls_ > kMostCallsOfAJob)
      return Outcome(
          Indeterminate{fmt::format("the job passed {} points and did not end", calls_)});
    SB_ASSIGN(next, world_.system->advance(item_.name));
    progress = std::move(next);
  }
  return std::get<Outcome>(progress);
}

/// Runs the steps whose moment is this one.
Nothing SequenceRun::steps_at(const JobPoint& point, InJob& in_job) {
  const std::size_t job_step = step_;
  for (std::size_t n = in_job.begin; n < in_job.end && !killed_now_; ++n) {
    const Moment& moment = *sequence_.steps[n].at;
    if (in_job.done[n - in_job.begin] || moment.call != point.call || moment.stage != point.stage)
      continue;
    in_job.done[n - in_job.begin] = true;
    SB_TRY(run_in_job(n, point));
  }
  step_ = job_step;
  return {};
}

Nothing SequenceRun::run_in_job(std::size_t index, const JobPoint& point) {
  step_ = index;
  ++result_.steps_run;
  const Step& step = sequence_.steps[index];
  context_.events.on(StepStarted{context_.index, index, step_to_json(step)});
  context_.events.on(StepInJob{.sequence = context_.index,
                               .step = index,
                               .operation = std::string(name_of(point.operation)),
                               .stage = point.stage,
                               .call = point.call,
                               .in_time = true});
  struct Visitor {
    SequenceRun& run;
    const JobPoint& point;
    Nothing operator()(const WriteStep& write) const { return run.guest_writes(write); }
    Nothing operator()(const FlushStep&) const { return run.guest_flushes(); }
    Nothing operator()(const OperateStep& ask) const {
      return run.operate_during_job(ask.operation);
    }
    // Rounds that fall due during a job wait for its end.
    Nothing operator()(const WaitStep& wait) const {
      SB_TRY(run.world_.system->pass_time(wait.duration));
      return {};
    }
    Nothing operator()(const FaultStep& fault) const {
      return run.break_something(fault.kind, point);
    }
    Nothing operator()(const HealStep&) const { return run.heal(); }
  };
  return std::visit(Visitor{*this, point}, step.action);
}

/// The operation has ended: the model follows it, and the properties are asked.
Nothing SequenceRun::settle(Operation operation, const Outcome& outcome, const Before& before,
                            const Transition* row) {
  SB_ASSIGN(after, take_snapshot(world_, item_.name));
  if (row != nullptr) move_model(*row, outcome, after.status);

  std::optional<CutReport> image;
  if (const std::optional<Site> site = active_site(model_)) {
    const bool live = *site == Site::primary ? after.live.primary : after.live.recovery;
    if (live && !std::holds_alternative<Refused>(outcome)) {
      SB_ASSIGN(report, read_vm(world_, item_, *site, journal_));
      image = report;
    }
  }
  SB_ASSIGN(points, read_new_points(world_, item_, before.snapshot.status, after.status, journal_));

  Bytes dirty = 0;
  for (DiskIndex disk = 0; disk < item_.disks.size(); ++disk)
    dirty +=
        journal_.dirtied_bytes(disk, unsent_since_, world_.system->capabilities().tracking_grain);
  const Bytes wire = after.wire.total() - before.snapshot.wire.total();
  context_.events.on(OperationEnded{.sequence = context_.index,
                                    .step = step_,
                                    .operation = std::string(name_of(operation)),
                                    .state_before = std::string(name_of(before.model)),
                                    .outcome = std::string(name_of(outcome)),
                                    .reason = reason_of(outcome),
                                    .state_after = std::string(name_of(model_)),
                                    .at = after.status.last_synchronized,
                                    .wire_bytes = wire,
                                    .dirty_bytes = dirty,
                                    .sends_data = sends_data(operation),
                                    .calls = calls_});
  const OperationEvidence evidence{.item = item_,
                                   .capabilities = world_.system->capabilities(),
                                   .journal = journal_,
                                   .operation = operation,
                                   .outcome = outcome,
                                   .fault_in_force = faults_ != before.faults || link_is_cut_,
                                   .attempts = static_cast<unsigned>(1 + kills_ - before.kills),
                                   .model_before = before.model,
                                   .row = row,
                                   .before = before.snapshot,
                                   .after = after,
                                   .started = before.started,
                                   .unsent_since = unsent_since_,
                                   .dirty_bytes = dirty,
                                   .wire_bytes = wire,
                                   .active_image = image,
                                   .new_points = std::move(points)};
  judge([&](const Property& property) { return property.after_operation(evidence); });
  if (model_ == initial_state() && !after.status.job) {
    const UnprotectedEvidence gone{item_, census_at_start_, after.census};
    judge([&](const Property& property) { return property.when_unprotected(gone); });
  }
  const bool done = std::holds_alternative<Done>(outcome);
  if (done && sends_data(operation)) unsent_since_ = before.started;
  if (model_ == initial_state()) unsent_since_ = 0;
  if (done && operation == Operation::reverse_replicate) ++result_.loops;
  return {};
}

void SequenceRun::move_model(const Transition& row, const Outcome& outcome,
                             const ItemStatus& after) {
  if (std::holds_alternative<Done>(outcome)) model_ = row.to;
  // No answer: whichever of the two successors the observation fits.
  if (std::holds_alternative<Indeterminate>(outcome) && !compatible(after.state, row.from) &&
      compatible(after.state, row.to))
    model_ = row.to;
}

void SequenceRun::judge_refusal_during_job(Operation operation, const Outcome& outcome,
                                           const Before& before, const Snapshot& after) {
  const OperationEvidence evidence{.item = item_,
                                   .capabilities = world_.system->capabilities(),
                                   .journal = journal_,
                                   .operation = operation,
                                   .outcome = outcome,
                                   .fault_in_force = false,
                                   .attempts = 1,
                                   .model_before = before.model,
                                   .row = nullptr,
                                   .before = before.snapshot,
                                   .after = after,
                                   .started = before.started,
                                   .unsent_since = unsent_since_,
                                   .dirty_bytes = 0,
                                   .wire_bytes = after.wire.total() - before.snapshot.wire.total(),
                                   .active_image = std::nullopt,
                                   .new_points = {}};
  judge([&](const Property& property) { return property.after_operation(evidence); });
}

}  // namespace switchback
