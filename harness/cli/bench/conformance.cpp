// SPDX-License-Identifier: Apache-2.0
// What it takes to find and to shrink what broken systems break, beside RapidCheck's `rc::state`.
#include "fixtures/bench/conformance.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

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
/// What one seed takes says little: where the first failing sequence is long, or short by luck, it
/// takes ten times more or less.
constexpr std::uint64_t kSeeds = 5;

/// Over several searches.
struct Costs {
  std::uint64_t to_find = 0;
  std::uint64_t to_shrink = 0;
  std::uint64_t survived = 0;
  std::size_t least_steps = SIZE_MAX;
  std::size_t most_steps = 0;

  void add(const std::optional<SearchCost>& cost) {
    if (!cost) {
      ++survived;
      return;
    }
    to_find += cost->commands_to_find;
    to_shrink += cost->commands_to_shrink;
    least_steps = std::min(least_steps, cost->steps);
    most_steps = std::max(most_steps, cost->steps);
  }
  void add(const Costs& other) {
    to_find += other.to_find;
    to_shrink += other.to_shrink;
    survived += other.survived;
    least_steps = std::min(least_steps, other.least_steps);
    most_steps = std::max(most_steps, other.most_steps);
  }
  [[nodiscard]] std::string words() const {
    std::string words = fmt::format("{} + {}", to_find, to_shrink);
    if (most_steps > 0) words += fmt::format(" to {}..{} steps", least_steps, most_steps);
    if (survived > 0) words += fmt::format(", survived {}", survived);
    return words;
  }
};

struct Comparison {
  Costs ours;
  Costs theirs;
  std::uint64_t pairs = 0;   ///< of searches in which both found it
  std::uint64_t longer = 0;  ///< those in which Switchback's result has more steps

  void add(const std::optional<SearchCost>& own, const std::optional<SearchCost>& other) {
    ours.add(own);
    theirs.add(other);
    if (!own || !other) return;
    ++pairs;
    if (own->steps > other->steps) ++longer;
  }
  void add(const Comparison& other) {
    ours.add(other.ours);
    theirs.add(other.theirs);
    pairs += other.pairs;
    longer += other.longer;
  }
};

Comparison compared(std::string_view name, std::uint64_t seeds) {
  const Defect* const defect = find_defect(name);
  SB_ASSERT(defect != nullptr);
  Comparison comparison;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const ConformanceSearch search{.seed = seed, .max_sequences = kMostSequences};
    comparison.add(search_by_switchback(*defect, search), search_by_rapidcheck(*defect, search));
  }
  return comparison;
}

BenchRow row_of(std::string_view name, const Comparison& both) {
  BenchRow row{
      .name = std::string(name),
      .value = {},
      .unit = "times",
      .ratio = {},
      .note = fmt::format("find + shrink: {}; rc::state: {}; longer in {} of {}", both.ours.words(),
                          both.theirs.words(), both.longer, both.pairs)};
  // Of as many searches on either side.
  if (both.ours.survived + both.theirs.survived == 0 && both.ours.to_shrink > 0)
    row.value =
        static_cast<double>(both.theirs.to_shrink) / static_cast<double>(both.ours.to_shrink);
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
  Comparison all;
  for (const std::string_view name : kBroken) {
    if (effort.interrupted && effort.interrupted()) break;
    const Comparison both = compared(name, effort.quick ? 1 : kSeeds);
    section.rows.push_back(row_of(name, both));
    all.add(both);
    if (effort.quick) break;
  }
  section.rows.push_back(row_of("all of them", all));
  return section;
}

}  // namespace switchback
