// SPDX-License-Identifier: Apache-2.0
// Steps and faults; see sequence_operation.cpp for what happens around one operation.
#include "harness/runner/sequence_run.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "harness/base/assert.hpp"
#include "harness/lifecycle/path.hpp"
#include "harness/lifecycle/transition_table.hpp"
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

}  // namespace

SequenceRun::SequenceRun(World& world, const Sequence& sequence, const SequenceContext& context)
    : world_(world),
      sequence_(sequence),
      context_(context),
      item_{.name = fmt::format("vm{}", context.index), .disks = sequence.disks},
      journal_(geometries(sequence.disks)),
      model_(initial_state()) {
  for (const auto& property : context_.properties)
    result_.tallies.push_back({.name = std::string(property->name())});
}

void SequenceRun::run() {
  Nothing ran = world_.laboratory->create_item(item_);
  if (ran) ran = run_steps();
  result_.wire = world_.laboratory->wire();
  if (link_is_cut_) static_cast<void>(heal());
  const Nothing removed = world_.laboratory->remove_item(item_.name);
  if (!ran)
    result_.error = ran.error();
  else if (!removed)
    result_.error = removed.error();
}

Nothing SequenceRun::run_steps() {
  SB_ASSIGN(census, world_.laboratory->census(item_.name));
  census_at_start_ = census;
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
  if (!violated() && faults_ > 0) return healthy_phase();
  return {};
}

Nothing SequenceRun::run_step(std::size_t index, InJob& in_job) {
  const Step& step = sequence_.steps[index];
  step_ = index;
  context_.events.on(StepStarted{context_.index, index, step_to_json(step)});
  ++result_.steps_run;
  struct Visitor {
    SequenceRun& run;
    InJob& in_job;
    Nothing operator()(const WriteStep& write) const { return run.guest_writes(write); }
    Nothing operator()(const FlushStep&) const { return run.guest_flushes(); }
    Nothing operator()(const OperateStep& ask) const { return run.operate(ask.operation, in_job); }
    Nothing operator()(const WaitStep& wait) const { return run.wait(wait.duration, in_job); }
    Nothing operator()(const FaultStep& fault) const {
      return run.break_something(fault.kind, std::nullopt);
    }
    Nothing operator()(const HealStep&) const { return run.heal(); }
  };
  return std::visit(Visitor{*this, in_job}, step.action);
}

/// Faults off, time passes: the item must be protected and in sync again.
Nothing SequenceRun::healthy_phase() {
  SB_TRY(heal());
  // An operation that the faulty phase left open is asked for again by the path below.
  const std::optional<ItemState> goal = state_named("protected");
  SB_ASSERT(goal);
  InJob none{};
  for (const Operation operation : shortest_path(model_, *goal)) {
    SB_TRY(operate(operation, none));
    if (violated()) return {};
  }
  return wait(world_.system->capabilities().copy_frequency, none);
}

/// The guest writes where it is seen to run; where no VM runs, nobody can write.
Result<std::optional<Site>> SequenceRun::site_of_guest() {
  SB_ASSIGN(live, world_.laboratory->live_copies(item_.name));
  const std::optional<Site> authority = active_site(model_);
  const Site preferred = authority.value_or(Site::primary);
  const auto runs = [&](Site site) { return site == Site::primary ? live.primary : live.recovery; };
  if (runs(preferred)) return preferred;
  if (runs(other(preferred))) return other(preferred);
  return std::nullopt;
}

Nothing SequenceRun::guest_writes(const WriteStep& write) {
  SB_ASSIGN(site, site_of_guest());
  if (!site) return {};
  const DiskIndex disk = write.disk % static_cast<DiskIndex>(item_.disks.size());
  const BlockNumber blocks = journal_.geometry(disk).block_count();
  std::vector<GuestWrite> writes;
  const BlockNumber count = std::min<BlockNumber>(write.count, blocks);
  for (BlockNumber n = 0; n < count; ++n) {
    const BlockNumber block = (write.block + n) % blocks;
    writes.push_back({.disk = disk, .block = block, .seq = journal_.issue(disk, block)});
  }
  const Nothing written = world_.laboratory->write(item_.name, *site, writes);
  for (const GuestWrite& one : writes) {
    if (written)
      journal_.acknowledge(one.seq);
    else
      journal_.abandon(one.seq);
  }
  result_.writes += writes.size();
  return written;
}

Nothing SequenceRun::guest_flushes() {
  SB_ASSIGN(site, site_of_guest());
  if (!site) return {};
  std::vector<Tick> flushes;
  for (DiskIndex disk = 0; disk < item_.disks.size(); ++disk)
    flushes.push_back(journal_.issue_flush(disk));
  SB_TRY(world_.laboratory->flush(item_.name, *site));
  for (DiskIndex disk = 0; disk < item_.disks.size(); ++disk)
    journal_.complete_flush(disk, flushes[disk]);
  return {};
}

Nothing SequenceRun::break_something(FaultKind kind, const std::optional<JobPoint>& during) {
  const auto& offered = world_.system->capabilities().faults;
  if (std::find(offered.begin(), offered.end(), kind) == offered.end()) return {};
  SB_TRY(world_.system->inject(kind));
  ++faults_;
  if (kind == FaultKind::controller_killed) {
    ++kills_;
    killed_now_ = during.has_value();
  }
  if (kind == FaultKind::link_cut) link_is_cut_ = true;
  context_.events.on(FaultInjected{.sequence = context_.index,
                                   .step = step_,
                                   .kind = std::string(name_of(kind)),
                                   .stage = during ? during->stage : std::string(),
                                   .had_effect = during.has_value()});
  return {};
}

Nothing SequenceRun::heal() {
  link_is_cut_ = false;
  return world_.system->heal();
}

}  // namespace switchback
