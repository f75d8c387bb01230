// SPDX-License-Identifier: Apache-2.0
// Shrinking within a budget: whenever it ends, the best so far counts.
#include <algorithm>

#include <gtest/gtest.h>

#include "harness/shrink/drawn_writes.hpp"
#include "harness/shrink/shrink.hpp"

namespace switchback {
namespace {

TEST(ShrinkBudgets, AreKeptAndTheBestSoFarCounts) {
  const Sequence failing = draw_writes(200, 11);
  std::uint64_t most_blocks = 0;
  const auto reproduces = [&](const Sequence& sequence) {
    std::uint64_t sum = 0;
    for (const Step& step : sequence.steps)
      sum += std::get<WriteStep>(step.action).count;
    most_blocks = std::max(most_blocks, sum);
    return last_step_if(sum >= 300, sequence);
  };
  std::size_t before = failing.steps.size() + 1;
  for (const std::uint64_t candidates : {0u, 1u, 5u, 20u, 40u}) {
    ShrinkBudget budget;
    budget.max_candidates = candidates;
    const ShrinkResult result = shrink(failing, 199, reproduces, budget);
    EXPECT_FALSE(result.finished) << candidates;
    EXPECT_LE(result.candidates, candidates);
    EXPECT_TRUE(reproduces(result.smallest));
    EXPECT_LE(result.smallest.steps.size(), before);
    before = result.smallest.steps.size();
  }
  EXPECT_LT(before, 30u);
  ShrinkBudget few_steps;
  few_steps.max_steps = 150;
  const ShrinkResult result = shrink(failing, 199, reproduces, few_steps);
  EXPECT_FALSE(result.finished);
  EXPECT_LE(result.steps_run, 150u);
  EXPECT_TRUE(reproduces(result.smallest));
}

TEST(ShrinkBudgets, CanBeEndedFromOutside) {
  unsigned asked = 0;
  ShrinkBudget budget;
  budget.stop = [&] { return ++asked > 7; };
  const Sequence failing = draw_writes(200, 12);
  const auto reproduces = [](const Sequence& sequence) {
    return last_step_if(sequence.steps.size() >= 5, sequence);
  };
  const ShrinkResult result = shrink(failing, 199, reproduces, budget);
  EXPECT_FALSE(result.finished);
  EXPECT_EQ(result.candidates, 7u);
  EXPECT_LT(result.smallest.steps.size(), 200u);
}

TEST(ShrinkBudgets, EveryImprovementIsHandedOut) {
  const Sequence failing = draw_writes(60, 13);
  const auto reproduces = [](const Sequence& sequence) {
    return last_step_if(sequence.steps.size() >= 5, sequence);
  };
  std::vector<std::size_t> lengths;
  std::vector<Step> last;
  const ShrinkResult result = shrink(failing, 59, reproduces, {}, [&](const ShrinkResult& better) {
    EXPECT_TRUE(reproduces(better.smallest));
    EXPECT_EQ(better.violating_step, better.smallest.steps.size() - 1);
    lengths.push_back(better.smallest.steps.size());
    last = better.smallest.steps;
  });
  EXPECT_TRUE(std::is_sorted(lengths.rbegin(), lengths.rend()));
  EXPECT_EQ(last, result.smallest.steps);
}

}  // namespace
}  // namespace switchback
