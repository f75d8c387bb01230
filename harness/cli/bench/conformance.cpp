// SPDX-License-Identifier: Apache-2.0
// What it takes to find and to shrink what broken systems break, beside RapidCheck's `rc::state`.
#include "fixtures/bench/conformance.hpp"

#include <array>

#include <fmt/format.h>

#include "harness/base/assert.hpp"
#include "harness/cli/bench/sections.hpp"

namespace switchback {
namespace {

/// Such as plain operations, writes, waits and faults bring about.
constexpr std::array<std::string_view, 12> kBroken = {"test-cleanup-leaks",
                                                      "full-copy-on-every-sync",
                                                      "commit-keeps-recovery-points",
                                                      "bitmap-trusted-after-crash",
                                                      "full-copy-on-reverse",
                                                      "schedule-not-restarted-after-role-change",
                                                      "divergent-blocks-kept-on-reverse",
                                                      "commit-restarts-vm",
                                                      "old-primary-runs-on",
                                                      "stale-ready-condition",
                                                      "error-swallowed-as-success",
                                                      "only-first-disk-tracked"};
constexpr std::uint64_t kMostSequences = 5000;

std::string told(const std::optional<SearchCost>& cost) {
  if (!cost) return fmt::format("survived {}", kMostSequences);
  return fmt::format("{} + {} to {} steps", cost->commands_to_find, cost->commands_to_shrink,
                     cost->steps);
}

BenchRow row_of(std::string_view name) {
  const Defect* const defect = find_defect(name);
  SB_ASSERT(defect != nullptr);
  const ConformanceSearch search{.seed = 1, .max_sequences = kMostSequences};
  const std::optional<SearchCost> ours = search_by_switchback(*defect, search);
  const std::optional<SearchCost> theirs = search_by_rapidcheck(*defect, search);
  BenchRow row{.name = std::string(name),
               .value = {},
               .unit = "times",
               .ratio = {},
               .note = "find + shrink: " + told(ours) + "; rc::state: " + told(theirs)};
  if (ours && theirs && ours->commands_to_shrink > 0)
    row.value = static_cast<double>(theirs->commands_to_shrink) /
                static_cast<double>(ours->commands_to_shrink);
  return row;
}

}  // namespace

Result<BenchSection> measure_conformance(const BenchEffort& effort) {
  BenchSection section{.name = "conformance",
                       .title =
                           "Commands that rc::state runs to shrink what broken systems break, in "
                           "times of Switchback's",
                       .yardstick = {},
                       .rows = {}};
  for (const std::string_view name : kBroken) {
    if (effort.interrupted && effort.interrupted()) break;
    section.rows.push_back(row_of(name));
    if (effort.quick) break;
  }
  return section;
}

}  // namespace switchback
