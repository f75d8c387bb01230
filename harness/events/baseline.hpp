// SPDX-License-Identifier: Apache-2.0
// Findings that a run was told of beforehand.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "harness/events/event.hpp"

namespace switchback {

/// The entry for that finding, in force or expired; null if there is none.
inline const BaselineEntry* baseline_entry(const std::vector<BaselineEntry>& baseline,
                                           std::string_view property, std::string_view kind) {
  const auto found = std::find_if(baseline.begin(), baseline.end(), [&](const auto& entry) {
    return entry.property == property && entry.kind == kind;
  });
  return found == baseline.end() ? nullptr : &*found;
}

/// That finding does not fail the run.
inline bool is_accepted(const std::vector<BaselineEntry>& baseline, std::string_view property,
                        std::string_view kind) {
  const BaselineEntry* const entry = baseline_entry(baseline, property, kind);
  return entry != nullptr && !entry->expired;
}

}  // namespace switchback
