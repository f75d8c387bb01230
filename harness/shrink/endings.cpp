// SPDX-License-Identifier: Apache-2.0
// What the last steps do may come to pass without them: after the last step what is broken is
// healed, time goes by, and items that are not at home are led back there.
#include <utility>
#include <variant>
#include <vector>

#include "harness/shrink/passes.hpp"

namespace switchback {
namespace {

/// The healthy phase is only gone through where something was broken: what, hardly matters.
Sequence broken_in_the_end(Sequence sequence) {
  sequence.steps.push_back({FaultStep{FaultKind::controller_killed}, std::nullopt});
  return sequence;
}

Sequence broken_off(const Sequence& sequence, std::size_t length) {
  Sequence beginning = sequence;
  beginning.steps.resize(length);
  return broken_in_the_end(std::move(beginning));
}

bool breaks_or_heals(const Step& step) {
  return std::holds_alternative<FaultStep>(step.action) ||
         std::holds_alternative<HealStep>(step.action);
}

}  // namespace

bool end_sooner(Trials& trials) {
  const Sequence whole = trials.best();
  const std::size_t most = whole.steps.size();
  std::size_t too_short = 0;
  std::size_t enough = most;
  // Doubled until it will do, as short ones cost least; then the gap is halved.
  for (std::size_t length = 1; length + 1 < enough && !trials.spent(); length *= 2)
    (trials.attempt(broken_off(whole, length)) ? enough : too_short) = length;
  if (enough == most) return false;
  while (enough - too_short > 1 && !trials.spent()) {
    const std::size_t middle = too_short + (enough - too_short) / 2;
    (trials.attempt(broken_off(whole, middle)) ? enough : too_short) = middle;
  }
  return true;
}

bool break_in_the_end(Trials& trials) {
  Sequence calm = trials.best();
  if (std::erase_if(calm.steps, breaks_or_heals) == 0) return false;
  if (trials.attempt(broken_in_the_end(calm))) return true;
  // One more that was there only to live with what was broken.
  for (std::size_t n = calm.steps.size(); n-- > 0 && !trials.spent();) {
    Sequence shorter = calm;
    shorter.steps.erase(shorter.steps.begin() + static_cast<std::ptrdiff_t>(n));
    if (trials.attempt(broken_in_the_end(std::move(shorter)))) return true;
  }
  return false;
}

}  // namespace switchback
