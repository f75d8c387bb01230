// SPDX-License-Identifier: Apache-2.0
// What a campaign has hardly come to is drawn far more often than it would be.
#include "harness/sequence/rare_drawing.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "harness/lifecycle/resting_states.hpp"
#include "harness/sequence/generator.hpp"
#include "harness/sequence/whole_system.hpp"

namespace switchback {
namespace {

/// The steps of a thousand sequences.
std::vector<std::vector<Step>> drawn_with(const Frontier& frontier) {
  GeneratorOptions options = options_for_whole_system();
  options.frontier = std::make_shared<const Frontier>(frontier);
  const auto draw = sequences(options);
  std::vector<std::vector<Step>> drawn;
  for (std::uint64_t seed = 0; seed < 1000; ++seed)
    drawn.push_back(draw(rc::Random(seed), 0).value().sequence.steps);
  return drawn;
}

/// Of a thousand drawn sequences, those with such a step.
int sequences_with(const Frontier& frontier, const std::function<bool(const Step&)>& is) {
  int count = 0;
  for (const std::vector<Step>& steps : drawn_with(frontier))
    count += std::any_of(steps.begin(), steps.end(), is) ? 1 : 0;
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
  int count = 0;
  for (const std::vector<Step>& steps : drawn_with(frontier)) {
    bool paused = false;
    for (const Step& step : steps) {
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

/// In a thousand drawn sequences, how often a fault follows in the job that ends protection.
int disabled_with_a_fault(const Frontier& frontier) {
  int count = 0;
  for (const std::vector<Step>& steps : drawn_with(frontier))
    for (std::size_t n = 1; n < steps.size(); ++n)
      if (asks_for(steps[n - 1], Operation::disable) && steps[n].at &&
          std::holds_alternative<FaultStep>(steps[n].action))
        ++count;
  return count;
}

TEST(RareDrawing, WhatHardlyEverFailsIsAskedForWithAFaultInItsJob) {
  const Frontier frontier{.asks = {{resting::kProtected, Operation::disable, RareEnd::failed}},
                          .aims = {},
                          .calls = {}};
  EXPECT_GT(disabled_with_a_fault(frontier), 3 * disabled_with_a_fault({}));
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
