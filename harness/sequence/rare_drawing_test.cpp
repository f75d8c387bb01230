// SPDX-License-Identifier: Apache-2.0
// What a campaign has hardly come to is drawn far more often than it would be.
#include "harness/sequence/rare_drawing.hpp"

#include <functional>

#include <gtest/gtest.h>

#include "harness/lifecycle/resting_states.hpp"
#include "harness/sequence/generator.hpp"
#include "harness/sequence/whole_system.hpp"

namespace switchback {
namespace {

/// Of a thousand drawn sequences, those with such a step.
int sequences_with(const Frontier& frontier, const std::function<bool(const Step&)>& is) {
  GeneratorOptions options = options_for_whole_system();
  options.frontier = std::make_shared<const Frontier>(frontier);
  const auto draw = sequences(options);
  int count = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    const Sequence sequence = draw(rc::Random(seed), 0).value().sequence;
    count += std::any_of(sequence.steps.begin(), sequence.steps.end(), is) ? 1 : 0;
  }
  return count;
}

bool asks_for(const Step& step, Operation operation) {
  const auto* const ask = std::get_if<OperateStep>(&step.action);
  return ask != nullptr && ask->operation == operation;
}

TEST(RareDrawing, WhatIsHardlyEverBrokenIsBrokenMoreOften) {
  const auto slow_end = [](const Step& step) {
    return step.at && step.at->stage == "second_stage" &&
           step.action == Action(FaultStep{FaultKind::link_slow});
  };
  Frontier frontier;
  for (const Operation operation : kAllOperations)
    frontier.aims.push_back({operation, "second_stage", FaultKind::link_slow});
  EXPECT_GT(sequences_with(frontier, slow_end), 2 * sequences_with({}, slow_end));
}

/// In a thousand drawn sequences, how often protection is ended right after it was paused.
int disabled_while_paused(const Frontier& frontier) {
  GeneratorOptions options = options_for_whole_system();
  options.frontier = std::make_shared<const Frontier>(frontier);
  const auto draw = sequences(options);
  int count = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    const Sequence sequence = draw(rc::Random(seed), 0).value().sequence;
    bool paused = false;
    for (const Step& step : sequence.steps) {
      if (!std::holds_alternative<OperateStep>(step.action) || step.at) continue;
      count += paused && asks_for(step, Operation::disable) ? 1 : 0;
      paused = asks_for(step, Operation::pause);
    }
  }
  return count;
}

TEST(RareDrawing, WhatIsHardlyEverDoneIsAskedForMoreOften) {
  const Frontier frontier{
      .asks = {{resting::kPaused, Operation::disable, RareEnd::done}}, .aims = {}, .calls = {}};
  EXPECT_GT(disabled_while_paused(frontier), 3 * disabled_while_paused({}));
}

TEST(RareDrawing, WhatHardlyEverFailsIsAskedForWithAFaultInItsJob) {
  int failing = 0;
  const Frontier frontier{.asks = {{resting::kProtected, Operation::disable, RareEnd::failed}},
                          .aims = {},
                          .calls = {}};
  GeneratorOptions options = options_for_whole_system();
  const auto count = [&] {
    failing = 0;
    const auto draw = sequences(options);
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
      const std::vector<Step> steps = draw(rc::Random(seed), 0).value().sequence.steps;
      for (std::size_t n = 1; n < steps.size(); ++n)
        if (asks_for(steps[n - 1], Operation::disable) && steps[n].at &&
            std::holds_alternative<FaultStep>(steps[n].action))
          ++failing;
    }
    return failing;
  };
  const int by_chance = count();
  options.frontier = std::make_shared<const Frontier>(frontier);
  EXPECT_GT(count(), 3 * by_chance);
}

TEST(RareDrawing, StepsAreAimedAtCallsThatTheStageIsKnownToMake) {
  Frontier frontier;
  for (const Operation operation : kAllOperations)
    frontier.calls[{operation, "first_stage"}].add("only_call", 1);
  const auto astray = [](const Step& step) {
    return step.at && step.at->stage == "first_stage" && !step.at->name.empty() &&
           step.at->name != "only_call";
  };
  EXPECT_EQ(sequences_with(frontier, astray), 0);
  EXPECT_GT(sequences_with({}, astray), 50);
}

}  // namespace
}  // namespace switchback
