// SPDX-License-Identifier: Apache-2.0
// Shows evidence to every property. Internal to the runner.
#pragma once

#include <algorithm>

#include "harness/runner/item_run.hpp"

namespace switchback {

/// What breaks is kept, each kind of breach once.
template <class Ask>
void ItemRun::judge(const Ask& ask) {
  for (std::size_t n = 0; n < shared_.context.properties.size(); ++n)
    note_verdict(n, ask(*shared_.context.properties[n]));
}

/// Of property number `n`.
inline void ItemRun::note_verdict(std::size_t n, const Verdict& verdict) {
  if (!verdict.judged()) return;
  PropertyTally& tally = shared_.result.tallies[n];
  ++tally.judged;
  if (!verdict.violation()) return;
  ++tally.broken;
  Violation violation = *verdict.violation();
  violation.property = shared_.context.properties[n]->name();
  const auto same = [&](const FoundViolation& found) {
    return found.violation.property == violation.property && found.violation.kind == violation.kind;
  };
  if (std::any_of(shared_.result.violations.begin(), shared_.result.violations.end(), same)) return;
  shared_.context.events.on(ViolationFound{shared_.context.index, shared_.step, violation.property,
                                           violation.kind, violation.message});
  shared_.result.violations.push_back({std::move(violation), shared_.step});
}

}  // namespace switchback
