// SPDX-License-Identifier: Apache-2.0
// Runs candidates, within the budget and never the same one twice, and keeps the best.
#pragma once

#include <functional>
#include <set>

#include "harness/shrink/shrink.hpp"
#include "harness/shrink/simplicity.hpp"

namespace switchback {

/// Internal to shrinking. Use shrink().
class Trials {
 public:
  Trials(const Sequence& failing, std::size_t violating_step, const Reproduces& reproduces,
         const ShrinkBudget& budget, const std::function<void(const ShrinkResult&)>& on_better);

  [[nodiscard]] const Sequence& best() const { return result_.smallest; }
  [[nodiscard]] const ShrinkResult& result() const { return result_; }
  /// The budget ran out: nothing will be accepted any more.
  [[nodiscard]] bool spent() const { return !result_.finished; }

  /// True if the candidate is simpler than the best and breaks the same promise: it is the best
  /// from now on, without the steps that come after the violating one if it can do without.
  bool attempt(const Sequence& candidate);
  /// Tries the best without the steps that come after the violating one.
  bool truncate();

 private:
  [[nodiscard]] bool may_run(const Sequence& candidate);
  std::optional<std::size_t> run(const Sequence& candidate);

  const Reproduces& reproduces_;
  const ShrinkBudget& budget_;
  const std::function<void(const ShrinkResult&)>& on_better_;
  ShrinkResult result_;
  Burden burden_;             ///< of the best
  std::set<Digest> in_vain_;  ///< what was run and did not break the promise
};

}  // namespace switchback
