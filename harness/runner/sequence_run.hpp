// SPDX-License-Identifier: Apache-2.0
// A sequence being run: the model, the journal and the bookkeeping between two steps.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "harness/journal/journal.hpp"
#include "harness/lifecycle/transition_table.hpp"
#include "harness/runner/run_sequence.hpp"

namespace switchback {

/// Internal to the runner. Use run_sequence().
class SequenceRun {
 public:
  SequenceRun(World& world, const Sequence& sequence, const SequenceContext& context);

  void run();
  SequenceResult take_result() { return std::move(result_); }

 private:
  /// Steps that take place inside the job in progress, by position in the sequence.
  struct InJob {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::vector<bool> done;
  };
  /// What is remembered from before an operation.
  struct Before {
    Snapshot snapshot;
    ItemState model;
    Tick started = 0;
    std::uint64_t kills = 0;
    std::uint64_t faults = 0;
  };

  Nothing run_steps();
  Nothing healthy_phase();
  Nothing run_step(std::size_t step, InJob& in_job);

  // Actions.
  Nothing guest_writes(const WriteStep& write);
  Nothing guest_flushes();
  Nothing operate(Operation operation, InJob& in_job);
  Nothing operate_during_job(Operation operation);
  Nothing wait(Duration duration, InJob& in_job);
  Nothing break_something(FaultKind kind, const std::optional<JobPoint>& during);
  Nothing heal();

  // One operation, from its first answer to its judgement.
  Result<Before> look_before();
  Result<Outcome> drive(Progress progress, InJob& in_job);
  Nothing steps_at(const JobPoint& point, InJob& in_job);
  Nothing run_in_job(std::size_t step, const JobPoint& point);
  Nothing settle(Operation operation, const Outcome& outcome, const Before& before,
                 const Transition* row);
  void move_model(const Transition& row, const Outcome& outcome, const ItemStatus& after);
  void judge_refusal_during_job(Operation operation, const Outcome& outcome, const Before& before,
                                const Snapshot& after);

  template <class Ask>
  void judge(const Ask& ask);
  [[nodiscard]] bool violated() const { return !result_.violations.empty(); }
  Result<std::optional<Site>> site_of_guest();

  World& world_;
  const Sequence& sequence_;
  const SequenceContext& context_;
  ItemSpec item_;
  Journal journal_;
  ItemState model_;
  std::vector<CensusEntry> census_at_start_;

  std::size_t step_ = 0;      ///< the step to which violations and events are put down
  Tick unsent_since_ = 0;     ///< see OperationEvidence
  std::uint64_t kills_ = 0;   ///< controllers killed so far
  std::uint64_t faults_ = 0;  ///< faults injected so far
  bool link_is_cut_ = false;
  bool killed_now_ = false;  ///< the controller was killed at the point where the job stands
  std::uint64_t calls_ = 0;  ///< points passed by the job in progress
  SequenceResult result_;
};

}  // namespace switchback
