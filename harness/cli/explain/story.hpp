// SPDX-License-Identifier: Apache-2.0
// All that `switchback explain` tells of a trace, as plain data. docs/explain.md documents it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/cli/explain/chronicle.hpp"
#include "harness/sequence/trace.hpp"
#include "reports/summary.hpp"

namespace switchback {

/// Whether a violation needs a step.
enum class Need : std::uint8_t {
  needed,     ///< without it the same violation is not there
  spared,     ///< without it the same violation is still there
  never_ran,  ///< the run had ended before
  untried,    ///< there is no violation, or too many steps
};
/// "needed", "not needed", "never ran", "not tried".
std::string_view name_of(Need need);

struct BrokenPromise {
  ToldViolation violation;
  std::string promise;  ///< in one sentence
  std::string source;   ///< who makes it, and where
  std::size_t step = 0;
};

struct Story {
  std::string file;
  Trace trace;  ///< with the defect that was on in the run
  Chronicle chronicle;
  RunVerdict verdict{};
  std::uint64_t promises_judged = 0;  ///< so many had something to judge
  std::vector<BrokenPromise> broken;  ///< the one that the trace names first, if it is there
  std::vector<Need> needs;            ///< by step, for the first of these
};

/// For people: at most 100 columns, no colour.
std::string story_text(const Story& story);
/// One JSON object, for programs; ends with a newline.
std::string story_json(const Story& story);

}  // namespace switchback
