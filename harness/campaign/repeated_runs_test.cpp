// SPDX-License-Identifier: Apache-2.0
// Counting in how many runs a violation shows, and where the others went another way.
#include "harness/campaign/repeated_runs.hpp"

#include <gtest/gtest.h>

namespace switchback {
namespace {

OperationEnded ended(std::size_t step, const std::string& operation, const std::string& outcome,
                     Bytes wire_bytes = 0) {
  OperationEnded event;
  event.step = step;
  event.operation = operation;
  event.outcome = outcome;
  event.state_after = outcome == "done" ? "protected" : "unprotected";
  event.wire_bytes = wire_bytes;
  return event;
}

SequenceEnded end_with(const std::string& verdict) {
  SequenceEnded event;
  event.verdict = verdict;
  return event;
}

WayOfRun way(const std::vector<Event>& events) {
  WayOfRun run;
  for (const Event& event : events)
    run.on(event);
  return run;
}

WayOfRun broken(Bytes wire_bytes = 0) {
  return way({ended(0, "enable", "done", wire_bytes), ended(1, "planned_failover", "done"),
              ViolationFound{7, 1, "nothing_is_lost", "lost", "the proof"}, end_with("violated")});
}

WayOfRun held() {
  return way(
      {ended(0, "enable", "done"), ended(1, "planned_failover", "failed"), end_with("held")});
}

TEST(RepeatedRuns, CountThoseThatBreakWhatTheFirstOneBroke) {
  RepeatedRuns runs;
  runs.add(held());
  runs.add(broken());
  runs.add(
      way({ViolationFound{7, 0, "nothing_is_lost", "no_vm", "another way"}, end_with("violated")}));
  runs.add(broken());
  const auto result = runs.result();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->runs, 4U);
  EXPECT_EQ(result->broke, 2U);
  EXPECT_EQ(result->sequence, 7U);
  EXPECT_EQ(result->property, "nothing_is_lost");
  EXPECT_EQ(result->kind, "lost");
}

TEST(RepeatedRuns, TellWhereTheOthersWentAnotherWay) {
  RepeatedRuns runs;
  runs.add(broken());
  runs.add(held());
  const auto result = runs.result();
  ASSERT_TRUE(result);
  ASSERT_TRUE(result->differs_at);
  EXPECT_EQ(*result->differs_at, 1U);
  EXPECT_EQ(result->broken_run, "planned_failover ended done, protected");
  EXPECT_EQ(result->other_run, "planned_failover ended failed, unprotected");
}

TEST(RepeatedRuns, FiguresThatDifferEachTimeAreNoOtherWay) {
  RepeatedRuns runs;
  runs.add(broken(4096));
  runs.add(way(
      {ended(0, "enable", "done", 8192), ended(1, "planned_failover", "done"), end_with("held")}));
  const auto result = runs.result();
  ASSERT_TRUE(result && result->differs_at);
  EXPECT_EQ(*result->differs_at, 1U);
  EXPECT_EQ(result->broken_run, "nothing_is_lost was broken (lost)");
  EXPECT_EQ(result->other_run, "the sequence ended: held");
}

TEST(RepeatedRuns, NothingDiffersWhereAllBreakIt) {
  RepeatedRuns runs;
  runs.add(broken());
  runs.add(broken(1));
  const auto result = runs.result();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->broke, result->runs);
  EXPECT_FALSE(result->differs_at);
}

TEST(RepeatedRuns, TroubleOfTheEnvironmentIsNoRun) {
  RepeatedRuns runs;
  runs.add(broken());
  runs.add(way({end_with("error")}));
  runs.add(way({ended(0, "enable", "done")}));  // cut short
  const auto result = runs.result();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->runs, 1U);
}

TEST(RepeatedRuns, SayNothingIfNothingBroke) {
  RepeatedRuns runs;
  runs.add(held());
  EXPECT_FALSE(runs.result());
}

TEST(RepeatedRuns, MayBeOfOneViolationAmongSeveral) {
  RepeatedRuns runs("nothing_is_lost", "lost");
  runs.add(way({ViolationFound{7, 0, "other", "way", {}}, end_with("violated")}));
  runs.add(broken());
  const auto result = runs.result();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->broke, 1U);
  EXPECT_EQ(result->runs, 2U);
}

}  // namespace
}  // namespace switchback
