// SPDX-License-Identifier: Apache-2.0
// The steps of a sequence, one after the other.
#include "harness/runner/sequence_run.hpp"

#include <fmt/format.h>

#include "harness/lifecycle/resting_states.hpp"
#include "harness/runner/judging.hpp"
#include "harness/runner/witness.hpp"
#include "harness/sequence/trace.hpp"

namespace switchback {
namespace {

std::vector<DiskGeometry> geometries(const std::vector<DiskSpec>& disks) {
  std::vector<DiskGeometry> result;
  for (const DiskSpec& disk : disks)
    result.push_back({.size_bytes = disk.size_bytes, .volatile_cache = false});
  return result;
}

/// The key that opens the item's replica, and one that does not. They follow from the seed, so that
/// a replay gives the same.
std::vector<std::string> keys_of(const Sequence& sequence) {
  if (!sequence.policy.encrypted) return {};
  return {fmt::format("right-{:016x}", sequence.seed ^ 0x5bd1e995a5a5a5a5U),
          fmt::format("wrong-{:016x}", ~sequence.seed)};
}

}  // namespace

SequenceRun::SequenceRun(World& world, const Sequence& sequence, const SequenceContext& context)
    : world_(world),
      sequence_(sequence),
      context_(context),
      item_{.name = fmt::format("vm{}", context.index),
            .disks = sequence.disks,
            .vms = sequence.vms,
            .policy = sequence.policy},
      model_(initial_state()),
      branches_(geometries(sequence.disks)),
      keys_(keys_of(sequence)) {
  for (const auto& property : context_.properties)
    result_.tallies.push_back({.name = std::string(property->name())});
}

void SequenceRun::run() {
  Nothing ran = world_.laboratory->create_item(item_);
  if (ran) ran = run_steps();
  result_.wire = world_.laboratory->wire();
  if (faults_.any_in_force()) static_cast<void>(heal());
  const Nothing removed = world_.laboratory->remove_item(item_.name);
  if (!ran)
    result_.error = ran.error();
  else if (!removed)
    result_.error = removed.error();
}

Nothing SequenceRun::run_steps() {
  SB_ASSIGN(start, look());
  last_ = std::move(start);
  census_at_start_ = last_.census;
  for (std::size_t step = 0; step < sequence_.steps.size() && !violated();) {
    if (context_.interrupted && context_.interrupted()) return {};
    std::size_t end = step + 1;
    while (end < sequence_.steps.size() && sequence_.steps[end].at)
      ++end;
    InJob in_job{.begin = step + 1, .end = end, .done = std::vector<bool>(end - step - 1, false)};
    SB_TRY(run_step(step, in_job));
    for (std::size_t late = in_job.begin; late < in_job.end && !violated(); ++late) {
      if (in_job.done[late - in_job.begin]) continue;
      InJob none{};
      const Moment& missed = *sequence_.steps[late].at;
      context_.events.on(StepInJob{.sequence = context_.index,
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
  if (faults_.ever()) SB_TRY(healthy_phase());
  if (violated()) return {};
  SB_ASSIGN(after, look());
  const EndEvidence evidence{.item = item_,
                             .model = model_,
                             .after = after,
                             .faults = faults_.ever(),
                             .recovered = trouble_.empty(),
                             .trouble = trouble_};
  judge([&](const Property& property) { return property.at_end(evidence); });
  return {};
}

Nothing SequenceRun::run_step(std::size_t index, InJob& in_job) {
  const Step& step = sequence_.steps[index];
  step_ = index;
  context_.events.on(StepStarted{context_.index, index, step_to_json(step)});
  ++result_.steps_run;
  return do_action(step.action, in_job);
}

Nothing SequenceRun::do_action(const Action& action, InJob& in_job) {
  struct Visitor {
    SequenceRun& run;
    InJob& in_job;
    Nothing operator()(const WriteStep& write) const { return run.guest_writes(write); }
    Nothing operator()(const FlushStep&) const { return run.guest_flushes(); }
    Nothing operator()(const OperateStep& ask) const { return run.operate(ask, in_job); }
    Nothing operator()(const WaitStep& wait) const { return run.wait(wait.duration, in_job); }
    Nothing operator()(const FaultStep& fault) const {
      return run.break_something(fault.kind, std::nullopt);
    }
    Nothing operator()(const HealStep&) const { return run.heal(); }
    Nothing operator()(const EditStep& edit) const { return run.edit(edit.edit); }
    Nothing operator()(const TestWriteStep& write) const { return run.test_guest_writes(write); }
    Nothing operator()(const OldPrimaryWriteStep& write) const {
      return run.old_primary_writes(write);
    }
  };
  return std::visit(Visitor{*this, in_job}, action);
}

}  // namespace switchback
