// SPDX-License-Identifier: Apache-2.0
// Coverage in words, for the summary and for whoever asks what is still cold.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/coverage/coverage.hpp"
#include "harness/coverage/fault_coverage.hpp"

namespace switchback {

/// "58 of 60 transitions done, 311 of 320 refusals, 14 of 15 documented failures, 402 of 410 pairs
/// of operations (98 %), ..."; empty if there is nothing that could be gone through.
std::string coverage_line(const CoverageTable& table);

/// What was never seen, of one kind of goal.
struct ColdList {
  std::string_view goal;           ///< one of kCoverageGoals
  std::string label;               ///< "never done"
  std::vector<std::string> names;  ///< all of them
};
/// The kinds of which something is cold: "protected/pause", "protected/cancel of planned_failover",
/// "9/34 (protected/delta_replication to resync_required)", "pause > resume", "link_cut in
/// enable/checks".
std::vector<ColdList> cold_lists(const CoverageTable& table, const FaultTable& faults);

/// "412 of 688 stages by kind of fault, 8 of 8 kinds with an effect"; empty if there are none.
std::string fault_line(const FaultTable& faults);

}  // namespace switchback
