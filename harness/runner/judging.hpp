// SPDX-License-Identifier: Apache-2.0
// Shows evidence to every property. Internal to the runner.
#pragma once

#include <algorithm>

#include "harness/runner/sequence_run.hpp"

namespace switchback {

/// What breaks is kept, each kind of breach once.
template <class Ask>
void SequenceRun::judge(const Ask& ask) {
  for (std::size_t n = 0; n < context_.properties.size(); ++n) {
    const Property& property = *context_.properties[n];
    const Verdict verdict = ask(property);
    if (!verdict.judged()) continue;
    PropertyTally& tally = result_.tallies[n];
    ++tally.judged;
    if (!verdict.violation()) continue;
    ++tally.broken;
    Violation violation = *verdict.violation();
    violation.property = property.name();
    const auto same = [&](const FoundViolation& found) {
      return found.violation.property == violation.property &&
             found.violation.kind == violation.kind;
    };
    if (std::any_of(result_.violations.begin(), result_.violations.end(), same)) continue;
    context_.events.on(ViolationFound{context_.index, step_, violation.property, violation.kind,
                                      violation.message});
    result_.violations.push_back({std::move(violation), step_});
  }
}

}  // namespace switchback
