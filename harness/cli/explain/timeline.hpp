// SPDX-License-Identifier: Apache-2.0
// Where the VMs are, on two sites, line by line.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/cli/explain/story.hpp"

namespace switchback {

/// Something that matters for where VMs run, or for the verdict.
struct TimelineRow {
  std::optional<std::size_t> step;  ///< nothing: before the first
  std::size_t item = 0;
  std::optional<Instant> at;
  std::string what;
  std::uint64_t times = 1;           ///< it took place so often in a row, the last time at `at`
  std::optional<Standing> standing;  ///< afterwards, where it may have changed
};

/// Operations that changed something or did not end done, faults, edits and violations.
std::vector<TimelineRow> timeline_of(const Story& story);
/// A heading, and a line a row.
std::string timeline_text(const Story& story);

}  // namespace switchback
