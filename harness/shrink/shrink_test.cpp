// SPDX-License-Identifier: Apache-2.0
// Shrinking: known minima, and the identity of the violation.
#include "harness/shrink/shrink.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/journal/geometry.hpp"
#include "harness/lifecycle/transition_table.hpp"
#include "harness/shrink/drawn_writes.hpp"

namespace switchback {
namespace {

using std::chrono::milliseconds;

/// From protected to protected, by way of the other site.
constexpr std::array kRound = {Operation::planned_failover, Operation::commit,
                               Operation::planned_failback, Operation::complete_failover,
                               Operation::commit_failback,  Operation::reverse_replicate};

// A counter that must reach 120 with steps of at most 49 needs three of them, whatever was drawn:
// no step can be deleted or lowered alone to get there.
TEST(Shrinking, HandsNumbersFromStepToStep) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const auto reaches_120 = [](const Sequence& sequence) -> Found {
      std::uint64_t sum = 0;
      for (std::size_t n = 0; n < sequence.steps.size(); ++n) {
        const auto* const write = std::get_if<WriteStep>(&sequence.steps[n].action);
        if (write == nullptr || write->count > 49) continue;
        sum += write->count;
        if (sum >= 120) return n;
      }
      return std::nullopt;
    };
    const Sequence failing = draw_writes(30, seed);
    const Found step = reaches_120(failing);
    ASSERT_TRUE(step);
    const ShrinkResult result = shrink(failing, *step, reaches_120, {});
    EXPECT_TRUE(result.finished);
    ASSERT_EQ(result.smallest.steps.size(), 3u) << "seed " << seed;
    std::uint64_t sum = 0;
    for (const Step& written : result.smallest.steps)
      sum += std::get<WriteStep>(written.action).count;
    EXPECT_EQ(sum, 120u);
    EXPECT_THAT(words(result.smallest), testing::Each(testing::HasSubstr("disk 0 block 0,")));
    EXPECT_LT(result.candidates, 150u);
  }
}

// The direction of a step of the clock stays; how far it goes becomes a plain number, if it can.
TEST(Shrinking, LowersAStepOfTheClockToOneThatPeopleUse) {
  const auto steps_back = [](std::chrono::seconds least) {
    return [least](const Sequence& sequence) -> Found {
      for (std::size_t n = 0; n < sequence.steps.size(); ++n) {
        const auto* const fault = std::get_if<FaultStep>(&sequence.steps[n].action);
        if (fault != nullptr && fault->clock_step <= least) return n;
      }
      return std::nullopt;
    };
  };
  const Sequence failing{
      .disks = {{"vda", 65536}},
      .others = {},
      .steps = {{.action = FaultStep{FaultKind::clock_stepped, -std::chrono::seconds(41234)}}}};
  const auto shrunk = [&](int least) {
    return words(shrink(failing, 0, steps_back(std::chrono::seconds(least)), {}).smallest);
  };
  EXPECT_THAT(shrunk(-1), testing::ElementsAre("fault clock_stepped by -1 s"));
  EXPECT_THAT(shrunk(-3000), testing::ElementsAre("fault clock_stepped by -3600 s"));
  EXPECT_THAT(shrunk(-41000), testing::ElementsAre("fault clock_stepped by -41234 s"));
}

// Of a write all over a disk and a wait of some periods all that matters is left.
TEST(Shrinking, LowersStridesAndPeriodsAndMakesTrimsWrites) {
  const auto scatters_and_waits = [](const Sequence& sequence) -> Found {
    bool scattered = false;
    for (std::size_t n = 0; n < sequence.steps.size(); ++n) {
      const auto* const write = std::get_if<WriteStep>(&sequence.steps[n].action);
      const auto* const wait = std::get_if<WaitStep>(&sequence.steps[n].action);
      scattered |= write != nullptr && write->count >= 40 && write->stride >= 16;
      if (scattered && wait != nullptr && wait->periods >= 2) return n;
    }
    return std::nullopt;
  };
  const Sequence failing{.seed = 1,
                         .disks = {{"vda", 1 << 20}},
                         .steps = {{WriteStep{0, 5, 2100, 97, true}, std::nullopt},
                                   {WaitStep{.duration = milliseconds(1000)}, std::nullopt},
                                   {WaitStep{.background = true, .periods = 4}, std::nullopt}}};
  const ShrinkResult result = shrink(failing, 2, scatters_and_waits, {});
  EXPECT_THAT(
      words(result.smallest),
      testing::ElementsAre("write disk 0 block 0, 40 blocks, every 16", "wait 2 copy periods"));
  const auto trims = [](const Sequence& sequence) -> Found {
    for (std::size_t n = 0; n < sequence.steps.size(); ++n)
      if (const auto* const write = std::get_if<WriteStep>(&sequence.steps[n].action))
        if (write->trim) return n;
    return std::nullopt;
  };
  EXPECT_THAT(words(shrink(failing, 0, trims, {}).smallest),
              testing::ElementsAre("trim disk 0 block 0"));
}

TEST(Shrinking, OneLongWaitReplacesManyShortOnes) {
  Sequence failing{.seed = 0, .disks = {{"vda", 4096}}, .steps = {}};
  for (int n = 0; n < 12; ++n) {
    failing.steps.push_back({WaitStep{milliseconds(31000 + n)}, std::nullopt});
    failing.steps.push_back({FlushStep{}, std::nullopt});
  }
  const auto five_minutes = [](const Sequence& sequence) -> Found {
    milliseconds sum{};
    for (const Step& step : sequence.steps)
      if (const auto* const wait = std::get_if<WaitStep>(&step.action)) sum += wait->duration;
    return last_step_if(sum >= milliseconds(300000), sequence);
  };
  const ShrinkResult result = shrink(failing, 23, five_minutes, {});
  EXPECT_THAT(words(result.smallest), testing::ElementsAre("wait 300 s"));
}

std::set<std::size_t> disks_written(const Sequence& sequence) {
  std::set<std::size_t> disks;
  for (const Step& step : sequence.steps)
    if (const auto* const write = std::get_if<WriteStep>(&step.action))
      disks.insert(write->disk % sequence.disks.size());
  return disks;
}

Sequence writes_to_four_disks() {
  Sequence sequence{
      .seed = 0,
      .disks = {{"vda", 999999}, {"vdb", Bytes{3} << 40}, {"vdc", 77777}, {"vdd", 4097}},
      .steps = {}};
  for (std::uint32_t n = 0; n < 20; ++n)
    sequence.steps.push_back({WriteStep{n, n * 1000, 5}, std::nullopt});
  return sequence;
}

TEST(Shrinking, KeepsTheTwoDisksThatAreNeeded) {
  const auto two_disks = [](const Sequence& sequence) {
    return last_step_if(disks_written(sequence).size() >= 2, sequence);
  };
  const ShrinkResult result = shrink(writes_to_four_disks(), 19, two_disks, {});
  EXPECT_TRUE(result.finished);
  ASSERT_EQ(result.smallest.disks.size(), 2u);
  EXPECT_EQ(result.smallest.disks[0].device, "vda");
  EXPECT_EQ(result.smallest.disks[1].device, "vdb");
  EXPECT_EQ(result.smallest.disks[0].size_bytes, 4096u);
  EXPECT_EQ(result.smallest.disks[1].size_bytes, 4096u);
  EXPECT_THAT(words(result.smallest),
              testing::UnorderedElementsAre("write disk 0 block 0", "write disk 1 block 0"));
}

TEST(Shrinking, DropsDisksThatOnlyStoodBy) {
  const auto two_writes = [](const Sequence& sequence) {
    return last_step_if(sequence.steps.size() >= 2 && !disks_written(sequence).empty(), sequence);
  };
  const ShrinkResult result = shrink(writes_to_four_disks(), 19, two_writes, {});
  EXPECT_EQ(result.smallest.disks.size(), 1u);
  EXPECT_EQ(result.smallest.steps.size(), 2u);
}

// A disk that ends in the middle of a block, written at its very end.
TEST(Shrinking, KeepsAnOddEndThatMatters) {
  const auto written_at_odd_end = [](const Sequence& sequence) -> Found {
    for (std::size_t n = 0; n < sequence.steps.size(); ++n) {
      const auto* const write = std::get_if<WriteStep>(&sequence.steps[n].action);
      if (write == nullptr) continue;
      const Bytes size = sequence.disks[write->disk % sequence.disks.size()].size_bytes;
      const DiskGeometry geometry{.size_bytes = size, .volatile_cache = false};
      if (size % kBlockBytes != 0 && write->block == geometry.block_count() - 1) return n;
    }
    return std::nullopt;
  };
  Sequence failing{.seed = 0, .disks = {{"vda", (Bytes{3} << 30) + 1234}}, .steps = {}};
  const DiskGeometry geometry{.size_bytes = failing.disks[0].size_bytes, .volatile_cache = false};
  failing.steps = {{FlushStep{}, std::nullopt},
                   {WriteStep{0, geometry.block_count() - 1, 1}, std::nullopt}};
  const ShrinkResult result = shrink(failing, 1, written_at_odd_end, {});
  EXPECT_THAT(words(result.smallest), testing::ElementsAre("write disk 0 block 1"));
  EXPECT_EQ(result.smallest.disks[0].size_bytes, 4096u + 1234);
}

// The same block twice: no block can be lowered alone.
TEST(Shrinking, LowersEqualBlocksTogether) {
  const auto twice = [](const Sequence& sequence) -> Found {
    std::multiset<BlockNumber> blocks;
    for (std::size_t n = 0; n < sequence.steps.size(); ++n)
      if (const auto* const write = std::get_if<WriteStep>(&sequence.steps[n].action)) {
        blocks.insert(write->block);
        if (blocks.count(write->block) >= 2 && blocks.size() >= 3) return n;
      }
    return std::nullopt;
  };
  Sequence failing{.seed = 0, .disks = {{"vda", Bytes{1} << 40}}, .steps = {}};
  for (const BlockNumber block : {500u, 123456u, 99u, 123456u, 7u})
    failing.steps.push_back({WriteStep{0, block, 1}, std::nullopt});
  const ShrinkResult result = shrink(failing, 3, twice, {});
  EXPECT_EQ(result.smallest.steps.size(), 3u);
  for (const Step& step : result.smallest.steps)
    EXPECT_EQ(std::get<WriteStep>(step.action).block, 0u);
}

// Two blocks in the same place of two tracking grains: only their distance matters.
TEST(Shrinking, LowersDistantBlocksTogether) {
  const auto a_grain_apart = [](const Sequence& sequence) -> Found {
    if (sequence.steps.size() < 2) return std::nullopt;
    const auto& a = std::get<WriteStep>(sequence.steps[0].action);
    const auto& b = std::get<WriteStep>(sequence.steps[1].action);
    return last_step_if(b.block - a.block == 16, sequence);
  };
  Sequence failing{.seed = 0, .disks = {{"vda", Bytes{1} << 40}}, .steps = {}};
  failing.steps = {{WriteStep{0, 40007, 1}, std::nullopt}, {WriteStep{0, 40023, 1}, std::nullopt}};
  const ShrinkResult result = shrink(failing, 1, a_grain_apart, {});
  EXPECT_THAT(words(result.smallest),
              testing::ElementsAre("write disk 0 block 0", "write disk 0 block 16"));
}

TEST(Shrinking, LowersPairsBesideABlockThatMustStay) {
  const auto pair_beside_100 = [](const Sequence& sequence) -> Found {
    std::set<BlockNumber> blocks;
    for (const Step& step : sequence.steps)
      if (const auto* const write = std::get_if<WriteStep>(&step.action))
        blocks.insert(write->block);
    const bool pair = std::any_of(blocks.begin(), blocks.end(), [&](BlockNumber block) {
      return blocks.contains(block + 16) && block != 100 && block + 16 != 100;
    });
    return last_step_if(pair && blocks.contains(100), sequence);
  };
  Sequence failing{.seed = 0, .disks = {{"vda", Bytes{1} << 40}}, .steps = {}};
  for (const BlockNumber block : {40007u, 100u, 40023u})
    failing.steps.push_back({WriteStep{0, block, 1}, std::nullopt});
  const ShrinkResult result = shrink(failing, 2, pair_beside_100, {});
  EXPECT_THAT(words(result.smallest),
              testing::ElementsAre("write disk 0 block 0", "write disk 0 block 100",
                                   "write disk 0 block 16"));
}

/// A write before call 3 or later of the stage, inside a planned failover.
Found write_in_stage(const Sequence& sequence) {
  std::size_t job = 0;
  for (std::size_t n = 0; n < sequence.steps.size(); ++n) {
    const Step& step = sequence.steps[n];
    if (!step.at) job = n;
    if (sequence.steps[job] == ask(Operation::planned_failover) && step.at &&
        step.at->stage == "shut_down" && step.at->call >= 3 &&
        std::holds_alternative<WriteStep>(step.action))
      return job;  // it shows when the job has ended: before the step that caused it
  }
  return std::nullopt;
}

Sequence busy_jobs() {
  Sequence sequence{.seed = 0, .disks = {{"vda", 65536}}, .steps = {}};
  for (const Operation operation : {Operation::enable, Operation::planned_failover}) {
    sequence.steps.push_back({WriteStep{0, 3, 2}, std::nullopt});
    sequence.steps.push_back(ask(operation));
    sequence.steps.push_back({FlushStep{}, Moment{"shut_down", 1}});
    sequence.steps.push_back({WriteStep{0, 9, 4}, Moment{"shut_down", 21}});
    sequence.steps.push_back({FaultStep{FaultKind::link_cut}, Moment{"shut_down", 22}});
  }
  sequence.steps.push_back({HealStep{}, std::nullopt});
  return sequence;
}

TEST(Shrinking, KeepsAWriteInsideAJob) {
  const Sequence failing = busy_jobs();
  const ShrinkResult result = shrink(failing, *write_in_stage(failing), write_in_stage, {});
  EXPECT_TRUE(result.finished);
  EXPECT_THAT(words(result.smallest),
              testing::ElementsAre("planned_failover", "write disk 0 block 0 at shut_down/3"));
  EXPECT_EQ(result.violating_step, 0u);
}

TEST(Shrinking, TakesStepsOutOfJobsWherePossible) {
  const auto needs_write = [](const Sequence& sequence) {
    const bool fails_over = std::count(sequence.steps.begin(), sequence.steps.end(),
                                       ask(Operation::planned_failover)) > 0;
    return last_step_if(fails_over && !disks_written(sequence).empty(), sequence);
  };
  const ShrinkResult result = shrink(busy_jobs(), 10, needs_write, {});
  ASSERT_EQ(result.smallest.steps.size(), 2u);
  for (const Step& step : result.smallest.steps)
    EXPECT_FALSE(step.at);
}

/// A failover that the lifecycle allows, right after a write to block 5.
Found written_before_failover(const Sequence& sequence) {
  ItemState state = initial_state();
  for (std::size_t n = 0; n < sequence.steps.size(); ++n) {
    const auto* const operate = std::get_if<OperateStep>(&sequence.steps[n].action);
    if (operate == nullptr) continue;
    const Transition* const transition = find_transition(state, operate->operation);
    if (transition == nullptr) continue;
    state = transition->to;
    if (n == 0 || operate->operation != Operation::planned_failover) continue;
    const auto* const write = std::get_if<WriteStep>(&sequence.steps[n - 1].action);
    if (write != nullptr && write->block == 5) return n;
  }
  return std::nullopt;
}

// All steps of a round are needed for the operations after it to be allowed at all, so that none
// of them can be deleted alone.
TEST(Shrinking, CutsWholeRounds) {
  Sequence failing{.seed = 0, .disks = {{"vda", 65536}}, .steps = {ask(Operation::enable)}};
  for (int round = 0; round < 6; ++round)
    for (const Operation operation : kRound) {
      failing.steps.push_back({WriteStep{0, 1, 1}, std::nullopt});
      failing.steps.push_back(ask(operation));
    }
  failing.steps.push_back({WriteStep{0, 5, 1}, std::nullopt});
  failing.steps.push_back(ask(Operation::planned_failover));
  const Found step = written_before_failover(failing);
  ASSERT_EQ(step, failing.steps.size() - 1);
  const ShrinkResult result = shrink(failing, *step, written_before_failover, {});
  EXPECT_THAT(words(result.smallest),
              testing::ElementsAre("enable", "write disk 0 block 5", "planned_failover"));
  EXPECT_LT(result.candidates, 30u);
}

// The write that matters stands in the middle of a round that does not.
TEST(Shrinking, CutsTheJobsOfARoundAndKeepsItsWrites) {
  Sequence failing{.seed = 0, .disks = {{"vda", 65536}}, .steps = {ask(Operation::enable)}};
  for (const Operation operation : kRound) {
    failing.steps.push_back(ask(operation));
    if (operation == Operation::commit) failing.steps.push_back({WriteStep{0, 5, 1}, std::nullopt});
  }
  failing.steps.push_back(ask(Operation::disable));
  const auto written_and_disabled = [](const Sequence& sequence) -> Found {
    ItemState state = initial_state();
    bool written = false;
    for (std::size_t n = 0; n < sequence.steps.size(); ++n) {
      written |= std::holds_alternative<WriteStep>(sequence.steps[n].action);
      const auto* const operate = std::get_if<OperateStep>(&sequence.steps[n].action);
      const Transition* const transition =
          operate == nullptr ? nullptr : find_transition(state, operate->operation);
      if (transition == nullptr) continue;
      state = transition->to;
      if (operate->operation == Operation::disable && written) return n;
    }
    return std::nullopt;
  };
  const ShrinkResult result = shrink(failing, failing.steps.size() - 1, written_and_disabled, {});
  EXPECT_THAT(words(result.smallest),
              testing::UnorderedElementsAre("enable", "write disk 0 block 0", "disable"));
}

// Shorter sequences break another promise; the runner tells them apart, and so does the result.
TEST(Shrinking, KeepsTheIdentityOfTheViolation) {
  const Sequence failing = draw_writes(40, 7);
  std::uint64_t others = 0;
  const auto first_kind = [&](const Sequence& sequence) -> Found {
    const bool any = !sequence.steps.empty();
    const bool wanted = sequence.steps.size() >= 4 && sequence.steps.size() % 2 == 0;
    others += any && !wanted ? 1 : 0;
    return last_step_if(wanted, sequence);
  };
  const ShrinkResult result = shrink(failing, 39, first_kind, {});
  EXPECT_GT(others, 0u);
  EXPECT_EQ(result.smallest.steps.size(), 4u);
}

TEST(Shrinking, GivesBackTheInputIfNothingSimplerWillDo) {
  const Sequence failing = draw_writes(10, 3);
  const ShrinkResult result = shrink(failing, 5, [](const Sequence&) { return Found{}; }, {});
  EXPECT_TRUE(result.finished);
  EXPECT_EQ(result.smallest.steps, failing.steps);
  EXPECT_EQ(result.violating_step, 5u);
}

TEST(Shrinking, TruncatesFirst) {
  const Sequence failing = draw_writes(100, 3);
  std::vector<std::size_t> lengths;
  const auto at_step_9 = [&](const Sequence& sequence) -> Found {
    lengths.push_back(sequence.steps.size());
    return sequence.steps.size() >= 10 ? Found{9} : Found{};
  };
  shrink(failing, 9, at_step_9, {});
  ASSERT_FALSE(lengths.empty());
  EXPECT_EQ(lengths.front(), 10u);
}

}  // namespace
}  // namespace switchback
