// SPDX-License-Identifier: Apache-2.0
// What the items of a sequence that is being run have in common. Internal to the runner.
#pragma once

#include <cstddef>
#include <vector>

#include "harness/runner/clock_steps.hpp"
#include "harness/runner/moved_disks.hpp"
#include "harness/runner/named_calls.hpp"
#include "harness/runner/run_sequence.hpp"

namespace switchback {

/// Steps that take place inside the job in progress, by position in the sequence.
struct InJob {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::vector<bool> done;
  NamedCalls calls = {};
};

/// Whose bytes cross the link: those of the item whose job goes on. Jobs take turns, so bytes that
/// were counted belong to the one that went on last.
class WireShares {
 public:
  explicit WireShares(std::size_t items) : of_item_(items) {}
  /// From here on what crosses the link is this item's.
  void goes_on(std::size_t item, WireCount now) {
    count(now);
    acting_ = item;
  }
  [[nodiscard]] WireCount of(std::size_t item, WireCount now) {
    count(now);
    return of_item_[item];
  }

 private:
  void count(WireCount now) {
    of_item_[acting_].to_recovery += now.to_recovery - counted_.to_recovery;
    of_item_[acting_].to_primary += now.to_primary - counted_.to_primary;
    counted_ = now;
  }

  std::vector<WireCount> of_item_;
  std::size_t acting_ = 0;
  WireCount counted_;
};

struct SharedRun {
  World& world;
  const Sequence& sequence;
  const SequenceContext& context;
  std::size_t step = 0;  ///< to which violations and events are put down
  Instant clock{};       ///< the world's: what the system's shows but for steps of that
  ClockSteps clock_steps = {};
  bool healing = false;  ///< the last step is over: the healthy phase
  Instant healed_at{};   ///< when it began
  Duration recovers_within{};
  WireShares wire;
  SequenceResult result;
  std::vector<std::size_t> of_job_points;  ///< the properties that judge those
  MovedDisks moved_disks = {};

  [[nodiscard]] bool violated() const { return !result.violations.empty(); }
};

}  // namespace switchback
