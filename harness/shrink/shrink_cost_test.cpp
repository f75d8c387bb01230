// SPDX-License-Identifier: Apache-2.0
// What shrinking costs: a needle of k ordered steps in long noise, as measured for RapidCheck.
#include <array>
#include <iostream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "harness/sequence/draw.hpp"
#include "harness/shrink/shrink.hpp"

namespace switchback {
namespace {

constexpr std::size_t kKinds = 12;

Step step_of_kind(std::size_t kind) {
  if (kind < kOperationCount) return {OperateStep{kAllOperations[kind]}, std::nullopt};
  if (kind == kOperationCount) return {FlushStep{}, std::nullopt};
  if (kind == kOperationCount + 1) return {HealStep{}, std::nullopt};
  return {FaultStep{FaultKind::link_cut}, std::nullopt};
}

struct Needle {
  std::vector<Step> steps;
  Sequence hay;
};

/// Mean length 5.7 k: 57 steps for a needle of ten, as in the comparison.
Needle draw_needle(std::size_t k, std::uint64_t seed) {
  Draw draw{rc::Random(seed)};
  Needle needle;
  needle.hay.disks = {{"vda", 65536}};
  while (needle.steps.size() < k) {
    for (std::uint64_t noise = draw.below(10); noise > 0; --noise)
      needle.hay.steps.push_back(step_of_kind(draw.below(kKinds)));
    needle.steps.push_back(step_of_kind(draw.below(kKinds)));
    needle.hay.steps.push_back(needle.steps.back());
  }
  for (std::uint64_t noise = draw.below(10); noise > 0; --noise)
    needle.hay.steps.push_back(step_of_kind(draw.below(kKinds)));
  return needle;
}

/// The position at which the last step of the needle is found, in order but with gaps.
std::optional<std::size_t> find_needle(const std::vector<Step>& needle, const Sequence& hay) {
  std::size_t found = 0;
  for (std::size_t n = 0; n < hay.steps.size(); ++n) {
    if (hay.steps[n] == needle[found]) ++found;
    if (found == needle.size()) return n;
  }
  return std::nullopt;
}

struct Cost {
  std::size_t k;
  double rapidcheck_runs;   ///< mean of its re-runs
  double rapidcheck_steps;  ///< mean of its commands
};
// Means over 20 seeds of RapidCheck's own shrinking of state tests, for the same kind of needle.
constexpr std::array<Cost, 5> kRapidCheck = {
    {{3, 68, 299}, {4, 174, 1254}, {6, 503, 5570}, {8, 1620, 31997}, {10, 3893, 109218}}};

class NeedleCost : public testing::TestWithParam<Cost> {};

TEST_P(NeedleCost, IsAFractionOfRapidChecks) {
  const Cost& cost = GetParam();
  constexpr std::uint64_t kSeeds = 50;
  double runs = 0;
  double steps = 0;
  std::uint64_t most_runs = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Needle needle = draw_needle(cost.k, seed);
    std::uint64_t calls = 0;
    const auto reproduces = [&](const Sequence& candidate) {
      ++calls;
      return find_needle(needle.steps, candidate);
    };
    const ShrinkResult result =
        shrink(needle.hay, *find_needle(needle.steps, needle.hay), reproduces, {});
    ASSERT_TRUE(result.finished);
    ASSERT_EQ(result.smallest.steps, needle.steps) << "seed " << seed;
    ASSERT_EQ(result.violating_step, cost.k - 1);
    ASSERT_EQ(result.candidates, calls);
    runs += static_cast<double>(calls) / kSeeds;
    steps += static_cast<double>(result.steps_run) / kSeeds;
    most_runs = std::max(most_runs, calls);
  }
  std::cout << fmt::format("needle of {}: {:.0f} runs (at most {}), {:.0f} steps\n", cost.k, runs,
                           most_runs, steps);
  // A few runs are always needed, so short needles leave less room.
  EXPECT_LT(runs, 10 * static_cast<double>(cost.k));
  EXPECT_LT(runs, cost.rapidcheck_runs / (cost.k < 6 ? 2 : 10));
  EXPECT_LT(steps, cost.rapidcheck_steps / (cost.k < 6 ? 2 : 10));
}
INSTANTIATE_TEST_SUITE_P(Shrinking, NeedleCost, testing::ValuesIn(kRapidCheck),
                         [](const auto& info) { return fmt::format("Of{}", info.param.k); });

}  // namespace
}  // namespace switchback
