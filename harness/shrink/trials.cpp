// SPDX-License-Identifier: Apache-2.0
// Runs candidates, within the budget and never the same one twice, and keeps the best.
#include "harness/shrink/trials.hpp"

#include <algorithm>

namespace switchback {
namespace {

/// The end of the steps that the violation can depend on: those up to the violating one, and those
/// that take place inside its job.
std::size_t end_of_cause(const Sequence& sequence, std::size_t violating_step) {
  std::size_t end = std::min(violating_step + 1, sequence.steps.size());
  while (end < sequence.steps.size() && sequence.steps[end].at)
    ++end;
  return end;
}

}  // namespace

Trials::Trials(const Sequence& failing, std::size_t violating_step, const Reproduces& reproduces,
               const ShrinkBudget& budget,
               const std::function<void(const ShrinkResult&)>& on_better)
    : reproduces_(reproduces),
      budget_(budget),
      on_better_(on_better),
      result_{.smallest = failing, .violating_step = violating_step},
      burden_(burden_of(failing)) {}

bool Trials::attempt(const Sequence& candidate) {
  if (candidate.steps.empty() || candidate.disks.empty() || candidate.vms.empty()) return false;
  const Burden burden = burden_of(candidate);
  if (burden >= burden_) return false;
  const Digest digest = digest_of(candidate);
  if (in_vain_.contains(digest) || !may_run(candidate)) return false;
  const std::optional<std::size_t> violating_step = run(candidate);
  if (!violating_step) {
    in_vain_.insert(digest);
    return false;
  }
  result_.smallest = candidate;
  result_.violating_step = std::min(*violating_step, candidate.steps.size() - 1);
  burden_ = burden;
  if (on_better_) on_better_(result_);
  truncate();
  return true;
}

bool Trials::truncate() {
  const std::size_t end = end_of_cause(best(), result_.violating_step);
  if (end >= best().steps.size()) return false;
  Sequence candidate = best();
  candidate.steps.resize(end);
  return attempt(candidate);
}

bool Trials::may_run(const Sequence& candidate) {
  if (spent()) return false;
  if (result_.candidates >= budget_.max_candidates ||
      result_.steps_run + candidate.steps.size() > budget_.max_steps ||
      (budget_.stop && budget_.stop()))
    result_.finished = false;
  return !spent();
}

std::optional<std::size_t> Trials::run(const Sequence& candidate) {
  const std::optional<std::size_t> violating_step = reproduces_(candidate);
  ++result_.candidates;
  // A run ends at its violation.
  result_.steps_run +=
      violating_step ? end_of_cause(candidate, *violating_step) : candidate.steps.size();
  return violating_step;
}

}  // namespace switchback
