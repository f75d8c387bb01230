// SPDX-License-Identifier: Apache-2.0
// What is rare is named until it came to pass often enough, or was named often enough.
#include "harness/campaign/explored.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/campaign/epochs.hpp"
#include "harness/coverage/coverage_samples.hpp"
#include "harness/lifecycle/resting_states.hpp"
#include "harness/sequence/trace.hpp"
#include "harness/sequence/whole_system.hpp"

namespace switchback {
namespace {

using testing::Contains;
using testing::Not;

const RareAsk kPause{resting::kProtected, Operation::pause, RareEnd::done};
const RareAsk kResume{resting::kProtected, Operation::resume, RareEnd::refused};
const RareAim kCutPause{Operation::pause, "first_stage", FaultKind::link_cut};

Explored nothing_yet() {
  return Explored(options_for_whole_system().capabilities);
}

void add(Explored& explored, const Event& event, int times) {
  for (int n = 0; n < times; ++n)
    explored.add(samples::kSequence, {event}, {});
}

TEST(Explored, WhatNeverCameToPassIsRare) {
  const Frontier frontier = nothing_yet().next_frontier();
  EXPECT_THAT(frontier.asks, Contains(kPause));
  EXPECT_THAT(frontier.asks, Contains(kResume));
  EXPECT_THAT(frontier.aims, Contains(kCutPause));
  EXPECT_TRUE(frontier.calls.empty());
}

TEST(Explored, WhatCameToPassThreeTimesIsNot) {
  Explored explored = nothing_yet();
  const Event done = samples::done("protected", "pause", "paused");
  const Event refused = samples::ended("protected", "resume", "refused", "protected");
  const Event cut =
      FaultTookEffect{.kind = "link_cut", .operation = "pause", .stage = "first_stage"};
  for (const Event& event : {done, refused, cut})
    add(explored, event, 2);
  Frontier frontier = explored.next_frontier();
  EXPECT_THAT(frontier.asks, Contains(kPause));
  EXPECT_THAT(frontier.asks, Contains(kResume));
  EXPECT_THAT(frontier.aims, Contains(kCutPause));
  for (const Event& event : {done, refused, cut})
    add(explored, event, 1);
  frontier = explored.next_frontier();
  EXPECT_THAT(frontier.asks, Not(Contains(kPause)));
  EXPECT_THAT(frontier.asks, Not(Contains(kResume)));
  EXPECT_THAT(frontier.aims, Not(Contains(kCutPause)));
}

TEST(Explored, WhatIsOutOfReachIsLeftToChanceInTheEnd) {
  Explored explored = nothing_yet();
  int frontiers = 0;
  while (!explored.next_frontier().asks.empty())
    ASSERT_LT(++frontiers, 1000);
  EXPECT_GT(frontiers, 10);
}

TEST(Explored, CallsOfAllSequencesAreKnown) {
  Explored explored = nothing_yet();
  CallsByStage one;
  one[{Operation::pause, "first_stage"}].add("write", 1);
  CallsByStage other;
  other[{Operation::pause, "first_stage"}].add("flush", 7);
  explored.add(1, {}, one);
  explored.add(2, {}, other);
  const Frontier frontier = explored.next_frontier();
  const StageCalls* const known = frontier.calls_of(Operation::pause, "first_stage");
  ASSERT_NE(known, nullptr);
  EXPECT_EQ(known->names, (std::vector<std::string>{"flush", "write"}));
  EXPECT_EQ(known->count, 7U);
  EXPECT_EQ(frontier.calls_of(Operation::pause, "second_stage"), nullptr);
}

/// A campaign whose sequences go through nothing: all stays rare.
class EpochsTest : public testing::Test {
 protected:
  void take(std::uint64_t sequences) {
    for (std::uint64_t index = 0; index < sequences; ++index)
      epochs.take(index, CampaignRun{});
  }
  [[nodiscard]] std::string drawn(std::uint64_t index) const {
    Trace trace;
    trace.sequence = epochs.draw(index).sequence;
    return trace_to_json(trace);
  }
  Epochs epochs{options_for_whole_system(), 4};
};

TEST_F(EpochsTest, TheFirstTwoKnowNothing) {
  const std::string first = drawn(2 * kSequencesOfAnEpoch - 1);
  take(kSequencesOfAnEpoch);
  EXPECT_EQ(drawn(2 * kSequencesOfAnEpoch - 1), first);
}

TEST_F(EpochsTest, TheThirdKnowsTheFirstAndNothingOfTheSecond) {
  constexpr std::uint64_t kThird = 2 * kSequencesOfAnEpoch;
  std::vector<std::string> blind;
  for (std::uint64_t n = 0; n < 20; ++n)
    blind.push_back(drawn(kThird + n));
  take(kSequencesOfAnEpoch);
  std::vector<std::string> knowing;
  for (std::uint64_t n = 0; n < 20; ++n)
    knowing.push_back(drawn(kThird + n));
  EXPECT_NE(knowing, blind);
  take(2 * kSequencesOfAnEpoch);
  for (std::uint64_t n = 0; n < 20; ++n)
    EXPECT_EQ(drawn(kThird + n), knowing[n]);
}

}  // namespace
}  // namespace switchback
