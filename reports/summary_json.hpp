// SPDX-License-Identifier: Apache-2.0
// The summary as one JSON document, for programs. Every key is documented in docs/summary-json.md.
#pragma once

#include <string>

#include "reports/summary.hpp"

namespace switchback {

inline constexpr int kSummaryVersion = 1;

/// Indented, keys in a fixed order, ends with a newline. Valid JSON whatever the strings hold.
/// `seconds` is how long the run took, by the clock of whoever ran it; `stopped_by` is one of the
/// words of RunEnded.
std::string summary_json(const SummaryData& data, double seconds, const std::string& stopped_by);

}  // namespace switchback
