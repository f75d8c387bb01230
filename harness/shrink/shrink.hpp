// SPDX-License-Identifier: Apache-2.0
// Makes a failing sequence short, on plain data and within a budget.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "harness/sequence/step.hpp"

namespace switchback {

struct ShrinkBudget {
  std::uint64_t max_candidates = 2000;  ///< sequences run
  std::uint64_t max_steps = 200000;     ///< steps run in all of them
  /// Asked between candidates: true ends the shrinking, with the best so far. May be empty.
  std::function<bool()> stop;
};

/// Runs a candidate. Gives the position of the step after which the same violation (by identity)
/// showed, or nothing if it did not.
using Reproduces = std::function<std::optional<std::size_t>(const Sequence&)>;

struct ShrinkResult {
  Sequence smallest;  ///< the input if nothing shorter breaks the same promise
  std::size_t violating_step = 0;
  std::uint64_t candidates = 0;
  std::uint64_t steps_run = 0;
  bool finished = true;  ///< false: the budget ran out first
};

/// `failing` breaks a promise after `violating_step`. `on_better`, if given, is called with every
/// improvement, so that the best so far can be kept on disk.
///
/// Method: truncate after the violating step, delete chunks adaptively from the back, drop VMs and
/// disks, choose defaults, lower values one by one and together, until a whole round changes
/// nothing; candidates are memoised. Against RapidCheck's own shrinking of state tests this costs
/// about 60 times fewer commands for a needle of ten (measured; see docs/shrinking.md).
ShrinkResult shrink(const Sequence& failing, std::size_t violating_step,
                    const Reproduces& reproduces, const ShrinkBudget& budget,
                    const std::function<void(const ShrinkResult&)>& on_better = {});

}  // namespace switchback
