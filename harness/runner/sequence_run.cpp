// SPDX-License-Identifier: Apache-2.0
// The steps of a sequence, one after the other.
#include "harness/runner/sequence_run.hpp"

#include <algorithm>

#include "harness/runner/meters.hpp"
#include "harness/sequence/trace.hpp"

namespace switchback {
namespace {

Duration time_of(const WaitStep& wait, const ItemRun& item) {
  return wait.duration + wait.periods * item.spec().policy.copy_frequency;
}

}  // namespace

SequenceRun::SequenceRun(World& world, const Sequence& sequence, const SequenceContext& context)
    : shared_{.world = world,
              .sequence = sequence,
              .context = context,
              .wire = WireShares(sequence.item_count()),
              .result = {},
              .of_job_points = {}} {
  for (const auto& property : context.properties) {
    if (property->judges_job_points())
      shared_.of_job_points.push_back(shared_.result.tallies.size());
    shared_.result.tallies.push_back({.name = std::string(property->name())});
  }
  for (std::size_t number = 0; number < sequence.item_count(); ++number)
    items_.push_back(std::make_unique<ItemRun>(*this, shared_, number));
}

void SequenceRun::run() {
  Nothing ran;
  for (const auto& item : items_)
    if (ran) ran = item->create();
  if (ran) ran = run_steps();
  // In this order: the interface may only have carried more by then.
  shared_.result.wire = shared_.world.laboratory->wire();
  shared_.result.at_interface = shared_.world.laboratory->wire_at_interface();
  if (ran && shared_.result.at_interface)
    ran = compare_meters(shared_.result.wire, *shared_.result.at_interface);
  if (shared_.context.digest_state)
    shared_.result.state_digest = shared_.world.laboratory->state_digest();
  if (items_.front()->any_fault_in_force()) static_cast<void>(heal());
  Nothing removed;
  for (const auto& item : items_)
    if (const Nothing one = item->remove(); !one) removed = one;
  if (!ran)
    shared_.result.error = ran.error();
  else if (!removed)
    shared_.result.error = removed.error();
}

Nothing SequenceRun::run_steps() {
  for (const auto& item : items_)
    SB_TRY(item->begin());
  const std::vector<Step>& steps = shared_.sequence.steps;
  for (std::size_t step = 0; step < steps.size() && !violated();) {
    if (shared_.context.interrupted && shared_.context.interrupted()) return {};
    std::size_t end = step + 1;
    while (end < steps.size() && steps[end].at)
      ++end;
    InJob in_job{.begin = step + 1, .end = end, .done = std::vector<bool>(end - step - 1, false)};
    SB_TRY(run_step(step, in_job));
    for (std::size_t late = in_job.begin; late < in_job.end && !violated(); ++late) {
      if (in_job.done[late - in_job.begin]) continue;
      InJob none{};
      const Moment& missed = *steps[late].at;
      shared_.context.events.on(StepInJob{.sequence = shared_.context.index,
                                          .step = late,
                                          .operation = {},
                                          .stage = missed.stage,
                                          .call = missed.call,
                                          .in_time = false});
      SB_TRY(run_step(late, none));
    }
    step = end;
  }
  return violated() ? Nothing{} : end_sequence();
}

Nothing SequenceRun::end_sequence() {
  InJob none{};
  for (const auto& item : items_)
    SB_TRY(item->finish(none));
  if (violated()) return {};
  const bool any_fault = std::any_of(items_.begin(), items_.end(),
                                     [](const auto& item) { return item->any_fault_ever(); });
  if (any_fault) SB_TRY(healthy_phase());
  for (const auto& item : items_)
    if (!violated()) SB_TRY(item->end());
  return {};
}

void SequenceRun::tell_start(std::size_t index) {
  StepStarted started{shared_.context.index, index, {}};
  if (shared_.context.events.reads_steps())
    started.json = step_to_json(shared_.sequence.steps[index]);
  shared_.context.events.on(started);
}

Nothing SequenceRun::run_step(std::size_t index, InJob& in_job) {
  const Step& step = shared_.sequence.steps[index];
  shared_.step = index;
  tell_start(index);
  ++shared_.result.steps_run;
  return do_action(step, in_job);
}

Nothing SequenceRun::do_action(const Step& step, InJob& in_job) {
  struct Visitor {
    SequenceRun& run;
    ItemRun& item;
    InJob& in_job;
    Nothing operator()(const WriteStep& write) const { return item.guest_writes(write); }
    Nothing operator()(const FlushStep&) const { return item.guest_flushes(); }
    Nothing operator()(const OperateStep& ask) const { return run.operate(item, ask, in_job); }
    Nothing operator()(const AdvanceStep& advance) const { return item.advance(advance.points); }
    Nothing operator()(const WaitStep& wait) const {
      return run.wait(time_of(wait, item), in_job, wait.background);
    }
    Nothing operator()(const FaultStep& fault) const {
      return run.break_something(fault, std::nullopt);
    }
    Nothing operator()(const HealStep&) const { return run.heal(); }
    Nothing operator()(const EditStep& edit) const { return item.edit(edit.edit); }
    Nothing operator()(const TestWriteStep& write) const { return item.test_guest_writes(write); }
    Nothing operator()(const OldPrimaryWriteStep& write) const {
      return item.old_primary_writes(write);
    }
  };
  return std::visit(Visitor{*this, item_of(step), in_job}, step.action);
}

/// Of an item whose job is in progress it is a second operator who asks: that job stays where it
/// is.
Nothing SequenceRun::operate(ItemRun& item, const OperateStep& step, InJob& in_job) {
  const bool second = item.busy();
  SB_TRY(item.start(step));
  return second || step.background ? Nothing{} : item.finish(in_job);
}

Nothing SequenceRun::steps_at(ItemRun& item, const JobPoint& point, InJob& in_job) {
  const std::size_t job_step = shared_.step;
  const std::vector<Step>& steps = shared_.sequence.steps;
  in_job.calls.pass(point);
  for (std::size_t n = in_job.begin; n < in_job.end && !item.left_its_point(); ++n) {
    if (in_job.done[n - in_job.begin] || !in_job.calls.is_at(*steps[n].at, point) ||
        std::holds_alternative<EditStep>(steps[n].action))
      continue;
    in_job.done[n - in_job.begin] = true;
    SB_TRY(run_in_job(n, point));
  }
  shared_.step = job_step;
  return {};
}

Nothing SequenceRun::run_in_job(std::size_t index, const JobPoint& point) {
  shared_.step = index;
  ++shared_.result.steps_run;
  const Step& step = shared_.sequence.steps[index];
  tell_start(index);
  shared_.context.events.on(StepInJob{.sequence = shared_.context.index,
                                      .step = index,
                                      .operation = std::string(name_of(point.operation)),
                                      .stage = point.stage,
                                      .call = point.call,
                                      .in_time = true});
  InJob none{};
  if (const auto* const fault = std::get_if<FaultStep>(&step.action))
    return break_something(*fault, point);
  // Nobody waits for the end of a job from within another: what falls due stands beside it.
  if (const auto* const pause = std::get_if<WaitStep>(&step.action))
    return wait(time_of(*pause, item_of(step)), none, /*leave_jobs=*/true);
  return do_action(step, none);
}

Nothing SequenceRun::break_something(const FaultStep& step, const std::optional<JobPoint>& during) {
  const FaultKind kind = step.kind;
  const std::vector<FaultKind>& offered = shared_.world.system->capabilities().faults;
  if (std::find(offered.begin(), offered.end(), kind) == offered.end()) return {};
  Fault fault(kind);
  if (kind == FaultKind::clock_stepped)
    fault.step = shared_.clock_steps.step(shared_.clock, step.clock_step);
  const bool by_system = kind != FaultKind::disk_changed_behind;
  if (by_system) SB_TRY(shared_.world.system->inject(fault));
  std::optional<JobPoint> hit = during;
  for (const auto& item : items_) {
    if (!hit) hit = item->stands_at();
    SB_TRY(item->note_fault(kind));
  }
  shared_.context.events.on(
      FaultInjected{.sequence = shared_.context.index,
                    .step = shared_.step,
                    .kind = std::string(name_of(kind)),
                    .stage = hit ? hit->stage : std::string(),
                    .operation = hit ? std::string(name_of(hit->operation)) : std::string(),
                    .lost = shared_.world.laboratory->take_losses()});
  const JobPoint* const point = hit ? &*hit : nullptr;
  if (!by_system) return change_disks_behind(point);
  tell_effects(0, point);
  return {};
}

Nothing SequenceRun::change_disks_behind(const JobPoint* point) {
  for (std::size_t n = 0; n < items_.size(); ++n) {
    SB_ASSIGN(changed, items_[n]->change_disk_behind());
    if (!changed) continue;
    items_[n]->note_effect(FaultKind::disk_changed_behind);
    tell_effect(FaultKind::disk_changed_behind, n, point);
  }
  return {};
}

void SequenceRun::tell_effects(std::size_t item, const JobPoint* point) {
  for (const FaultKind kind : shared_.world.system->take_fault_effects()) {
    for (const auto& each : items_)
      each->note_effect(kind);
    tell_effect(kind, item, point);
  }
}

void SequenceRun::tell_effect(FaultKind kind, std::size_t item, const JobPoint* point) {
  shared_.context.events.on(
      FaultTookEffect{.sequence = shared_.context.index,
                      .step = shared_.step,
                      .kind = std::string(name_of(kind)),
                      .operation = point ? std::string(name_of(point->operation)) : std::string(),
                      .stage = point ? point->stage : std::string(),
                      .call = point ? point->call : 0,
                      .item = item});
}

Nothing SequenceRun::heal() {
  for (const auto& item : items_)
    item->note_healed();
  shared_.clock_steps.put_right(shared_.clock);
  return shared_.world.system->heal();
}

}  // namespace switchback
