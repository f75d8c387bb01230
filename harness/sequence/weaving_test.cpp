// SPDX-License-Identifier: Apache-2.0
// Woven sequences keep each item's own order, and overlap.
#include "harness/sequence/weaving.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace switchback {
namespace {

/// Steps that tell themselves apart: writes by their blocks, an operation before every third.
Sequence part(std::uint32_t item, std::size_t length) {
  Sequence sequence{.seed = item + 1, .disks = {{"vda", 4096 * (Bytes{item} + 1), 0}}, .steps = {}};
  for (std::size_t n = 0; n < length; ++n) {
    if (n % 3 == 0)
      sequence.steps.push_back({.action = OperateStep{.operation = Operation::pause}});
    sequence.steps.push_back({.action = WriteStep{0, n, 1}});
    if (n % 5 == 0) sequence.steps.back().at = Moment{"stage", 0};
  }
  return sequence;
}

RC_GTEST_PROP(Weaving, KeepsEachItemsOwnOrder, (std::uint64_t seed)) {
  const auto items = *rc::gen::inRange<std::uint32_t>(1, 5);
  std::vector<Sequence> parts;
  for (std::uint32_t item = 0; item < items; ++item)
    parts.push_back(part(item, *rc::gen::inRange<std::size_t>(0, 20)));
  Draw draw{rc::Random(seed)};
  const Sequence all = woven(draw, parts, 1000);
  RC_ASSERT(all.seed == 1U);
  RC_ASSERT(all.item_count() == items);
  for (std::uint32_t item = 0; item < items; ++item) {
    RC_ASSERT(all.plan(item).disks == parts[item].disks);
    // Steps inside jobs may have gone to other items: all others are there, in order.
    std::vector<BlockNumber> expected;
    std::vector<BlockNumber> found;
    for (const Step& step : parts[item].steps)
      if (const auto* write = std::get_if<WriteStep>(&step.action); write != nullptr && !step.at)
        expected.push_back(write->block);
    for (const Step& step : all.steps)
      if (const auto* write = std::get_if<WriteStep>(&step.action);
          write != nullptr && !step.at && step.item == item)
        found.push_back(write->block);
    RC_ASSERT(found == expected);
  }
}

TEST(Weaving, LeavesJobsInTheBackgroundWhileOthersRun) {
  Draw draw{rc::Random(1)};
  const Sequence all = woven(draw, {part(0, 30), part(1, 30)}, 1000);
  std::size_t overlaps = 0;
  std::vector<bool> busy(2);
  for (const Step& step : all.steps) {
    const auto* const ask = std::get_if<OperateStep>(&step.action);
    if (ask != nullptr && busy[1 - step.item]) ++overlaps;
    if (ask != nullptr) busy[step.item] = ask->background;
    if (const auto* advance = std::get_if<AdvanceStep>(&step.action))
      if (advance->points > 1000) busy[step.item] = false;
  }
  EXPECT_GE(overlaps, 5U);
}

}  // namespace
}  // namespace switchback
