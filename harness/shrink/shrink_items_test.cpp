// SPDX-License-Identifier: Apache-2.0
// Items and jobs in the background are shrunk away where they do not matter.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/shrink/shrink.hpp"

namespace switchback {
namespace {

Step ask(std::uint32_t item, Operation operation, bool background) {
  return {.action = OperateStep{.operation = operation, .background = background}, .item = item};
}

/// Three items, whose jobs overlap.
Sequence crowd() {
  const ItemPlan other{.disks = {{"vda", 8192, 0}}};
  Sequence sequence{.disks = {{"vda", 65536, 0}}, .others = {other, other}, .steps = {}};
  sequence.steps = {{.action = WriteStep{0, 3, 2}, .item = 2},
                    ask(0, Operation::enable, true),
                    {.action = AdvanceStep{9}, .item = 0},
                    ask(1, Operation::enable, true),
                    {.action = FaultStep{FaultKind::link_cut}, .item = 1},
                    {.action = AdvanceStep{100000}, .item = 1},
                    ask(2, Operation::pause, false),
                    {.action = AdvanceStep{4}, .item = 0}};
  return sequence;
}

std::vector<std::string> smallest_words(const std::function<bool(const Sequence&)>& breaks) {
  const auto reproduces = [&](const Sequence& candidate) -> std::optional<std::size_t> {
    if (!breaks(candidate)) return std::nullopt;
    return candidate.steps.size() - 1;
  };
  const ShrinkResult result = shrink(crowd(), crowd().steps.size() - 1, reproduces, {});
  std::vector<std::string> words = {std::to_string(result.smallest.item_count()) + " items"};
  for (const Step& step : result.smallest.steps)
    words.push_back(describe(step));
  return words;
}

bool asks(const Step& step, Operation operation) {
  const auto* const request = std::get_if<OperateStep>(&step.action);
  return request != nullptr && request->operation == operation;
}

TEST(ShrinkingItems, DropsThoseThatDoNotMatterAndNumbersTheRestAnew) {
  EXPECT_THAT(smallest_words([](const Sequence& sequence) {
                return std::any_of(sequence.steps.begin(), sequence.steps.end(),
                                   [](const Step& step) { return asks(step, Operation::pause); });
              }),
              testing::ElementsAre("1 items", "pause"));
}

TEST(ShrinkingItems, KeepsTwoThatAreNeeded) {
  EXPECT_THAT(smallest_words([](const Sequence& sequence) {
                std::set<std::uint32_t> items;
                for (const Step& step : sequence.steps)
                  if (asks(step, Operation::enable)) items.insert(step.item);
                return items.size() == 2 && sequence.item_count() > *items.rbegin();
              }),
              testing::ElementsAre("2 items", "enable", "enable (item 1)"));
}

TEST(ShrinkingItems, KeepsAJobInTheBackgroundThatMustBeThere) {
  EXPECT_THAT(
      smallest_words([](const Sequence& sequence) {
        bool in_background = false;
        for (const Step& step : sequence.steps) {
          const auto* const request = std::get_if<OperateStep>(&step.action);
          if (request != nullptr && request->background) in_background = true;
          const auto* const advance = std::get_if<AdvanceStep>(&step.action);
          if (in_background && advance != nullptr && advance->points >= 3) return true;
        }
        return false;
      }),
      testing::ElementsAre("1 items", "enable in the background", "the job goes on by 3 points"));
}

}  // namespace
}  // namespace switchback
