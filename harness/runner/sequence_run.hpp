// SPDX-License-Identifier: Apache-2.0
// A sequence being run: its items, and what happens to all of them: steps, time, faults.
//
// sequence_run.cpp: steps. sequence_time.cpp: time that goes by, and the healthy phase.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "harness/runner/item_run.hpp"
#include "harness/runner/run_sequence.hpp"

namespace switchback {

/// Internal to the runner. Use run_sequence().
class SequenceRun {
 public:
  SequenceRun(World& world, const Sequence& sequence, const SequenceContext& context);

  void run();
  SequenceResult take_result() { return std::move(shared_.result); }

  // For its items.
  /// By number, modulo what there are.
  [[nodiscard]] ItemRun& item(std::size_t number) const { return *items_[number % items_.size()]; }
  [[nodiscard]] std::size_t item_count() const { return items_.size(); }
  /// Runs the steps whose moment in the item's job is this one. Edits wait until the job has ended.
  Nothing steps_at(ItemRun& item, const JobPoint& point, InJob& in_job);
  /// Time goes by for all items. What the system starts by itself is taken to its end before more
  /// time passes, or, with `leave_jobs`, stays at its first point.
  Nothing wait(Duration duration, InJob& in_job, bool leave_jobs = false);
  /// A call that the item's job has made lasts so long: time goes by for all items, and what falls
  /// due in it runs beside that job, to its end.
  Nothing call_lasts(ItemRun& item, Duration duration);
  Nothing heal();
  /// Passes on which faults had an effect on the call that the item's job made at this point;
  /// nullptr: outside a job.
  void tell_effects(std::size_t item, const JobPoint* point);

 private:
  void tell_effect(FaultKind kind, std::size_t item, const JobPoint* point);
  Nothing run_steps();
  Nothing run_step(std::size_t step, InJob& in_job);
  void tell_start(std::size_t step);
  Nothing run_in_job(std::size_t step, const JobPoint& point);
  Nothing do_action(const Step& step, InJob& in_job);
  Nothing end_sequence();
  Nothing break_something(const FaultStep& step, const std::optional<JobPoint>& during);
  /// Of all items; at this point of a job, or outside of any.
  Nothing change_disks_behind(const JobPoint* point);
  Nothing operate(ItemRun& item, const OperateStep& step, InJob& in_job);
  Result<Duration> pass_time(Duration duration);
  Nothing let_go_by(Duration left, InJob& in_job, bool leave_jobs);
  Nothing give_up(const EndlessWaitEvidence& seen);
  /// The item whose job the system has started by itself, if there is one.
  Result<ItemRun*> take_up_job();
  /// How often time may be asked to go by before so much of it has passed.
  [[nodiscard]] std::uint64_t most_turns(Duration wait) const;
  [[nodiscard]] bool any_busy() const;
  Nothing healthy_phase();

  [[nodiscard]] ItemRun& item_of(const Step& step) { return item(step.item); }
  [[nodiscard]] bool violated() const { return !shared_.result.violations.empty(); }

  SharedRun shared_;
  std::vector<std::unique_ptr<ItemRun>> items_;
};

}  // namespace switchback
