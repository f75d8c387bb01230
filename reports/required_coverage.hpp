// SPDX-License-Identifier: Apache-2.0
// Coverage that a run must have reached for its verdict to count.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "reports/coverage_text.hpp"

namespace switchback {

struct SummaryData;

/// What can be required, by the words of the command line and of docs/summary-json.md.
inline constexpr std::array<std::string_view, 7> kCoverageGoals = {
    "transitions",      "refusals", "failures",     "operation_pairs",
    "transition_pairs", "faults",   "fault_effects"};

/// What of the required goals (see RunStarted::required_coverage) was never seen: a list for each
/// goal that is not complete, every cell by name.
std::vector<ColdList> missing_coverage(const SummaryData& data);

}  // namespace switchback
