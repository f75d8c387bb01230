// SPDX-License-Identifier: Apache-2.0
// One operation of a sequence: asked for, and driven through its job.
#include <algorithm>

#include <fmt/format.h>

#include "harness/runner/judging.hpp"
#include "harness/runner/sequence_run.hpp"
#include "harness/runner/witness.hpp"
#include "harness/sequence/trace.hpp"

namespace switchback {
namespace {

/// A job that passes more points than this makes no progress. The longest sound one passes two for
/// every extent of every disk.
constexpr std::uint64_t kMostCallsOfAJob = 1'000'000;

bool starts_copy(Operation operation) {
  return operation == Operation::planned_failover || operation == Operation::unplanned_failover ||
         operation == Operation::change_recovery_point;
}

}  // namespace

Result<Snapshot> SequenceRun::look() {
  return take_snapshot(world_, item_.name, clock_);
}

Result<SequenceRun::Before> SequenceRun::look_before() {
  SB_ASSIGN(snapshot, look());
  calls_ = 0;
  freeze_.begin();
  copy_.reset();
  Journal& journal = branches_.current();
  return Before{.snapshot = std::move(snapshot),
                .faults = faults_.mark(),
                .journal = &journal,
                .started = journal.now(),
                .unsent_since = unsent_since_,
                .differing = {},
                .allocated = {},
                .held = {},
                .chunks = 0};
}

/// What an operation that compares both sides, or copies one, may have to send.
Nothing SequenceRun::look_at_both_sides(const RunningOperation& operation, Before& before) {
  const Operation asked = operation.request.operation;
  if (operation.row == nullptr) return {};
  const Bytes chunk = capabilities().checksum_chunk;
  if (asked == Operation::enable || asked == Operation::full_failback) {
    before.held = known_grains(*before.journal, kBlockBytes);
    before.allocated = branches_.known_grains(capabilities().tracking_grain);
  }
  if (asked == Operation::enable) before.unsent_since = before.started;
  // Where tracking was lost, the last two have to compare as well.
  const Grains known = branches_.known_grains(chunk);
  if (asked == Operation::resynchronize || asked == Operation::reverse_replicate ||
      asked == Operation::complete_failover)
    before.chunks = 2 * count_of(known);
  if (asked == Operation::resynchronize) {
    before.differing = Grains(item_.disks.size());
    if (operation.from == resting::kSeedingIncomplete)
      before.differing = known;
    else
      add_dirtied(before.differing, *before.journal, unsent_since_, chunk);
  }
  if (begins_failback(asked)) {
    SB_ASSIGN(ours, read_vms(world_, item_, Site::recovery));
    GroupImage theirs(item_.disks.size());
    if (!hardware_at(before.snapshot.vms, Site::primary, item_.vms.size()).empty()) {
      SB_ASSIGN(found, read_vms(world_, item_, Site::primary));
      theirs = std::move(found);
    }
    before.differing = differing_grains(ours, theirs, chunk);
    before.chunks =
        count_of(allocated_grains(ours, chunk)) + count_of(allocated_grains(theirs, chunk));
  }
  return {};
}

Request SequenceRun::request_for(const OperateStep& step, const ItemStatus& status) {
  Request request(step.operation);
  request.point = step.point;
  request.shut_down_source = step.shut_down_source;
  request.create_missing_vm = step.create_missing_vm;
  request.settings = step.settings;
  if (step.point == PointChoice::custom) {
    const std::size_t back = step.custom_point % (status.points.size() + 1);
    request.point_id = back == status.points.size()
                           ? "no-such-point"
                           : status.points[status.points.size() - 1 - back].id;
  }
  if (!keys_.empty() && step.key != KeyGiven::none) {
    // Whatever is given to enable is the right one from then on.
    const bool wrong = step.key == KeyGiven::wrong && step.operation != Operation::enable;
    request.key = wrong ? keys_.back() : keys_.front();
  }
  return request;
}

Nothing SequenceRun::operate(const OperateStep& step, InJob& in_job) {
  SB_ASSIGN(before, look_before());
  // What only the clock brings about is refused to an operator in every state.
  const Transition* const row =
      asked_by_operator(step.operation) ? find_transition(model_, step.operation) : nullptr;
  Asked asked{{request_for(step, before.snapshot.status), model_, row, std::nullopt},
              std::move(before)};
  SB_TRY(look_at_both_sides(asked.operation, asked.before));
  SB_ASSIGN(progress, world_.system->start(item_, asked.operation.request));
  SB_ASSIGN(outcome, drive(asked, std::move(progress), in_job));
  return settle(asked, outcome);
}

/// While a job is in progress nothing but a cancel is allowed, whatever the table says of the
/// state; and that only where the table has a row for what the job is.
Nothing SequenceRun::operate_during_job(const OperateStep& step) {
  const Transition* const running = asked_->operation.row;
  const bool cancels = step.operation == Operation::cancel && running != nullptr &&
                       running->operation != Operation::cancel;
  const Transition* const row =
      cancels ? find_transition(running->during, Operation::cancel) : nullptr;
  SB_ASSIGN(snapshot, look());
  Before before = asked_->before;
  before.snapshot = std::move(snapshot);
  const Request request = request_for(step, before.snapshot.status);
  SB_ASSIGN(progress, world_.system->start(item_, request));
  const bool refused = std::holds_alternative<Outcome>(progress) &&
                       std::holds_alternative<Refused>(std::get<Outcome>(progress));
  if (row != nullptr && !refused) {
    swap_job(request, row, std::move(before), std::move(progress));
    return {};
  }
  SB_ASSIGN(after, look());
  const Outcome outcome = std::holds_alternative<Outcome>(progress)
                              ? std::get<Outcome>(progress)
                              : Outcome(Done{});  // accepted: the properties will say so
  const Asked refusal{{request, model_, row, std::nullopt}, std::move(before)};
  OperationEvidence evidence = evidence_of(refusal, outcome, after);
  evidence.attempts = 1;
  judge([&](const Property& property) { return property.after_operation(evidence); });
  return {};
}

/// The cancel was accepted: what it stopped is not told any more.
void SequenceRun::swap_job(const Request& request, const Transition* row, Before before,
                           Progress progress) {
  const Operation stopped = asked_->operation.request.operation;
  tell_end(*asked_, Failed{"cancelled", false}, before.snapshot, 0, /*was_cancelled=*/true);
  stopped_ = asked_->operation;
  *asked_ = {{request, model_, row, stopped}, std::move(before)};
  swapped_ = std::move(progress);
}

/// Takes a job from point to point up to its end; a cancel may have taken its place by then.
Result<Outcome> SequenceRun::drive(Asked& asked, Progress progress, InJob& in_job) {
  asked_ = &asked;
  stopped_.reset();
  const auto over = [this](Outcome outcome) {
    asked_ = nullptr;
    return outcome;
  };
  while (const JobPoint* const stopped = std::get_if<JobPoint>(&progress)) {
    const JobPoint point = *stopped;
    SB_TRY(look_at_point(point));
    SB_TRY(steps_at(point, in_job));
    if (swapped_) {
      progress = std::move(*swapped_);
      swapped_.reset();
      continue;
    }
    if (killed_now_) {
      killed_now_ = false;
      SB_ASSIGN(status, world_.system->status(item_.name));
      if (!status.job)
        return over(Indeterminate{"the controller died before it had recorded the request"});
      // A cancel that was not recorded was never asked for.
      if (stopped_ && status.job->operation == stopped_->request.operation)
        asked.operation = *stopped_;
      progress = *status.job;
      continue;
    }
    if (++calls_ > kMostCallsOfAJob)
      return over(Indeterminate{fmt::format("the job passed {} points and did not end", calls_)});
    SB_ASSIGN(next, world_.system->advance(item_.name));
    progress = std::move(next);
  }
  return over(std::get<Outcome>(progress));
}

Nothing SequenceRun::look_at_point(const JobPoint& point) {
  SB_ASSIGN(live, world_.laboratory->live_copies(item_.name));
  SB_TRY(look_for_copy(point, live));
  if (item_.policy.app_consistent != std::chrono::hours(0)) {
    SB_ASSIGN(vms, world_.laboratory->vms(item_.name));
    freeze_.look(point, vms, item_.vms.size());
  }
  const JobPointEvidence evidence{.item = item_,
                                  .point = point,
                                  .model = model_,
                                  .request = asked_->operation.request,
                                  .live = live};
  judge([&](const Property& property) { return property.at_job_point(evidence); });
  return {};
}

/// The first sight of VMs that were started from a recovery point. What an undo starts again is not
/// such a copy.
Nothing SequenceRun::look_for_copy(const JobPoint& point, LiveCopies live) {
  const Operation operation = asked_->operation.request.operation;
  const bool tests = operation == Operation::test_failover;
  if (!tests && !(starts_copy(operation) && live.recovery)) return {};
  const StageList* const stages = capabilities().find(operation);
  if (stages != nullptr && !stages->undo.empty() && stages->undo == point.stage) return {};
  SB_ASSIGN(vms, world_.laboratory->vms(item_.name));
  return notice_copy(vms);
}

Nothing SequenceRun::notice_copy(const std::vector<SeenVm>& vms) {
  const bool test = asked_->operation.request.operation == Operation::test_failover;
  const std::size_t count = item_.vms.size();
  std::vector<std::string> found = incarnations_at_recovery(vms, test, count);
  if (found.empty() || (copy_ && copy_->incarnations == found)) return {};
  const auto ran_before = [&](const std::string& incarnation) {
    const auto& before = asked_->before.snapshot.vms;
    return std::any_of(before.begin(), before.end(), [&](const SeenVm& vm) {
      return vm.site == Site::recovery && vm.test == test && vm.running &&
             vm.incarnation == incarnation;
    });
  };
  if (std::any_of(found.begin(), found.end(), ran_before)) return {};
  SB_ASSIGN(image, test ? read_test_vms(world_, item_) : read_vms(world_, item_, Site::recovery));
  const Journal& journal = branches_.of_points();
  CutReport cut = check_cut(image, journal);
  const std::vector<InitialBlock> shown = initial_blocks(image);
  if (test)
    branches_.start_test(shown);
  else
    branches_.start_copy(shown);
  copy_ = SeenCopy{test, std::move(found), std::move(image), cut, &journal};
  return {};
}

/// Runs the steps whose moment is this one. Edits wait until the job has ended.
Nothing SequenceRun::steps_at(const JobPoint& point, InJob& in_job) {
  const std::size_t job_step = step_;
  for (std::size_t n = in_job.begin; n < in_job.end && !killed_now_ && !swapped_; ++n) {
    const Moment& moment = *sequence_.steps[n].at;
    if (in_job.done[n - in_job.begin] || moment.call != point.call || moment.stage != point.stage ||
        std::holds_alternative<EditStep>(sequence_.steps[n].action))
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
  if (const auto* const ask = std::get_if<OperateStep>(&step.action))
    return operate_during_job(*ask);
  if (const auto* const fault = std::get_if<FaultStep>(&step.action))
    return break_something(fault->kind, point);
  if (const auto* const wait = std::get_if<WaitStep>(&step.action)) {
    SB_TRY(pass_time(wait->duration));  // rounds that fall due wait for the job's end
    disturb();
    return {};
  }
  InJob none{};
  return do_action(step.action, none);
}

}  // namespace switchback
