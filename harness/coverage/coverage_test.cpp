// SPDX-License-Identifier: Apache-2.0
// What counts as having been through a part of the lifecycle, with streams of events made by hand.
#include "harness/coverage/coverage.hpp"

#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "harness/coverage/coverage_samples.hpp"
#include "harness/lifecycle/passages.hpp"

namespace switchback {
namespace {

using samples::all_operation_names;
using samples::cancel_of;
using samples::cancelled;
using samples::coverage_of;
using samples::done;
using samples::ended;

template <class What, class Is>
std::uint64_t times_of(const Goals<What>& goals, const Is& is) {
  for (const Covered<What>& goal : goals.all)
    if (is(goal.what)) return goal.times;
  ADD_FAILURE() << "no such goal";
  return 0;
}

std::uint64_t times_of_pair(const CoverageTable& table, const std::string& first,
                            const std::string& then) {
  return times_of(table.operation_pairs, [&](const OperationPair& pair) {
    return pair == OperationPair{first, then};
  });
}

std::uint64_t times_done(const CoverageTable& table, const CoverageCell& cell) {
  return times_of(table.transitions, [&](const TransitionGoal& goal) { return goal.cell == cell; });
}

TEST(Coverage, HasNothingToGoThroughWithoutOperations) {
  const CoverageTable table = Coverage{}.table({});
  EXPECT_EQ(table.transitions.possible(), 0U);
  EXPECT_EQ(table.refusals.possible(), 0U);
  EXPECT_EQ(table.failures.possible(), 0U);
  EXPECT_EQ(table.operation_pairs.possible(), 0U);
}

TEST(Coverage, OfAWholeSystemIsTheTable) {
  const CoverageTable table = Coverage{}.table(all_operation_names());
  OperationSet all;
  for (const Operation operation : kAllOperations)
    all.insert(operation);
  EXPECT_EQ(table.transitions.possible(), passages(all).size());
  EXPECT_EQ(table.refusals.possible(), refusal_cells(all).size());
  std::size_t failures = 0;
  for (const Covered<FailureGoal>& goal : table.failures.all)
    failures += goal.what.rows.size();
  EXPECT_EQ(failures, failure_table().size());
  EXPECT_GT(table.transition_pairs.possible(), table.operation_pairs.possible());
  EXPECT_EQ(table.operation_pairs.seen(), 0U);
  EXPECT_EQ(table.operation_pairs.cold().size(), table.operation_pairs.possible());
}

TEST(Coverage, AsksNothingOfASystemThatItDoesNotOffer) {
  const CoverageTable table = Coverage{}.table({"enable", "disable", "no_such_operation"});
  for (const Covered<TransitionGoal>& goal : table.transitions.all)
    EXPECT_TRUE(goal.what.cell.operation == "enable" || goal.what.cell.operation == "disable");
  for (const Covered<CoverageCell>& goal : table.refusals.all)
    EXPECT_TRUE(goal.what.operation == "enable" || goal.what.operation == "disable");
  EXPECT_TRUE(table.failures.possible() > 0);
  EXPECT_EQ(times_of_pair(table, "enable", "disable"), 0U);
  EXPECT_EQ(times_of_pair(table, "disable", "enable"), 0U);
  EXPECT_EQ(table.operation_pairs.possible(), 2U);
}

TEST(Coverage, CountsCellsByOutcome) {
  const CoverageTable table = coverage_of({done("unprotected", "enable", "protected"),
                                           ended("protected", "pause", "failed", "protected"),
                                           ended("protected", "pause", "indeterminate", "paused"),
                                           ended("paused", "pause", "refused", "paused"),
                                           ended("paused", "pause", "refused", "paused")});
  EXPECT_EQ(table.cells.at({"protected", "pause"}),
            (OutcomeCounts{{"failed", 1}, {"indeterminate", 1}}));
  EXPECT_EQ(table.cells.at({"paused", "pause"}), (OutcomeCounts{{"refused", 2}}));
  EXPECT_EQ(table.transitions.seen(), 1U);
  EXPECT_EQ(table.refusals.seen(), 1U);
  EXPECT_EQ(times_done(table, {"protected", "pause"}), 0U);
}

TEST(Coverage, OfWhatTheTableDoesNotHaveIsKeptButCompletesNothing) {
  const CoverageTable table = coverage_of({done("paused", "enable", "protected"),
                                           ended("protected", "pause", "refused", "protected"),
                                           done("elsewhere", "hover", "elsewhere")});
  EXPECT_EQ(table.cells.size(), 3U);
  EXPECT_EQ(table.transitions.seen(), 0U);
  EXPECT_EQ(table.refusals.seen(), 0U);
}

TEST(Pairs, AreTwoOperationsThatEndedDoneOneAfterTheOther) {
  const CoverageTable table =
      coverage_of({done("unprotected", "enable", "protected"), done("protected", "pause", "paused"),
                   done("paused", "resume", "protected")});
  EXPECT_EQ(times_of_pair(table, "enable", "pause"), 1U);
  EXPECT_EQ(times_of_pair(table, "pause", "resume"), 1U);
  EXPECT_EQ(table.operation_pairs.seen(), 2U);
  EXPECT_EQ(table.transition_pairs.seen(), 2U);
}

TEST(Pairs, AreNotMadeByARefusedOperationNorBrokenByIt) {
  const CoverageTable table = coverage_of({done("unprotected", "enable", "protected"),
                                           ended("protected", "commit", "refused", "protected"),
                                           done("protected", "pause", "paused")});
  EXPECT_EQ(times_of_pair(table, "enable", "pause"), 1U);
  EXPECT_EQ(table.operation_pairs.seen(), 1U);
}

TEST(Pairs, AreNotBrokenByAFailureThatLeftTheItemWhereItWas) {
  const CoverageTable table =
      coverage_of({done("unprotected", "enable", "protected"),
                   ended("protected", "planned_failover", "failed", "protected"),
                   ended("protected", "pause", "indeterminate", "protected"),
                   done("protected", "pause", "paused")});
  EXPECT_EQ(times_of_pair(table, "enable", "pause"), 1U);
}

TEST(Pairs, AreBrokenByAFailureThatMovedTheItem) {
  const CoverageTable table =
      coverage_of({done("unprotected", "enable", "protected"),
                   ended("protected", "delta_replication", "failed", "resync_required"),
                   done("resync_required", "resynchronize", "protected"),
                   done("protected", "pause", "paused")});
  EXPECT_EQ(times_of_pair(table, "resynchronize", "pause"), 1U);
  EXPECT_EQ(table.operation_pairs.seen(), 1U);
}

TEST(Pairs, AreBrokenForGoodEvenIfTheItemComesBackByFailures) {
  const CoverageTable table =
      coverage_of({done("unprotected", "enable", "protected"),
                   ended("protected", "delta_replication", "failed", "resync_required"),
                   ended("resync_required", "resynchronize", "indeterminate", "protected"),
                   done("protected", "pause", "paused")});
  EXPECT_EQ(table.operation_pairs.seen(), 0U);
}

TEST(Pairs, StayWithinASequence) {
  OperationEnded elsewhere = done("protected", "pause", "paused");
  elsewhere.sequence = 4;
  Coverage coverage;
  coverage.operation_ended(done("unprotected", "enable", "protected"));
  coverage.operation_ended(elsewhere);
  coverage.sequence_ends(samples::kSequence);
  coverage.operation_ended(done("protected", "pause", "paused"));
  coverage.sequence_begins(4);
  elsewhere.state_before = "paused";
  elsewhere.operation = "resume";
  coverage.operation_ended(elsewhere);
  EXPECT_EQ(coverage.table(all_operation_names()).operation_pairs.seen(), 0U);
}

TEST(Pairs, OfTransitionsTellStatesApart) {
  const CoverageTable table =
      coverage_of({done("failed_over", "commit", "failover_committed"),
                   done("failover_committed", "full_failback", "failed_back")});
  const auto is_unplanned = [](const TransitionPair& pair) {
    return pair.first.state == "failed_over_unplanned" && pair.first.operation == "commit" &&
           pair.then.operation == "full_failback";
  };
  EXPECT_EQ(times_of(table.transition_pairs, is_unplanned), 0U);
  EXPECT_EQ(times_of_pair(table, "commit", "full_failback"), 1U);
}

TEST(Cancel, OfAJobIsATransitionOfItsOwnAndFollowsWhatWasDoneBefore) {
  const CoverageTable table = coverage_of(
      {done("unprotected", "enable", "protected"), cancelled("protected", "planned_failover"),
       cancel_of("planned_failover", "protected", "failover_cancelled"),
       done("failover_cancelled", "disable", "unprotected")});
  EXPECT_EQ(times_done(table, {"protected", "cancel", "planned_failover"}), 1U);
  EXPECT_EQ(times_done(table, {"protected", "cancel", "unplanned_failover"}), 0U);
  EXPECT_EQ(times_of_pair(table, "enable", "cancel"), 1U);
  EXPECT_EQ(times_of_pair(table, "cancel", "disable"), 1U);
  EXPECT_EQ(table.operation_pairs.seen(), 2U);
}

TEST(Cancel, IsNoFailureOfWhatItStopped) {
  const CoverageTable table = coverage_of({cancelled("protected", "planned_failover")});
  EXPECT_EQ(table.cells.at({"protected", "planned_failover"}), (OutcomeCounts{{"cancelled", 1}}));
  EXPECT_EQ(table.failures.seen(), 0U);
}

TEST(Cancel, RefusedAtRestIsARefusal) {
  const CoverageTable table = coverage_of({ended("protected", "cancel", "refused", "protected")});
  EXPECT_EQ(table.refusals.seen(), 1U);
  EXPECT_EQ(times_of(table.refusals,
                     [](const CoverageCell& cell) {
                       return cell == CoverageCell{"protected", "cancel"};
                     }),
            1U);
}

TEST(Failures, AreToldApartByWhereTheyEnd) {
  const CoverageTable table =
      coverage_of({ended("protected", "delta_replication", "failed", "resync_required"),
                   ended("protected", "unplanned_failover", "failed", "protected")});
  const auto ends_in = [](const std::string& state) {
    return [state](const FailureGoal& goal) {
      return goal.cell == CoverageCell{"protected", "delta_replication"} && goal.to == state;
    };
  };
  EXPECT_EQ(times_of(table.failures, ends_in("resync_required")), 1U);
  EXPECT_EQ(times_of(table.failures, ends_in("protected")), 0U);
  EXPECT_EQ(table.failures.seen(), 1U);
}

TEST(Failures, OfACancelAreThoseOfAnyJobThatItStops) {
  OperationEnded event = cancel_of("planned_failover", "protected", "replication_stopped");
  event.outcome = "failed";
  const CoverageTable table = coverage_of({cancelled("protected", "planned_failover"), event});
  EXPECT_EQ(times_of(table.failures,
                     [](const FailureGoal& goal) { return goal.cell.operation == "cancel"; }),
            1U);
}

TEST(Failures, ThatEndAlikeAreOne) {
  const CoverageTable table = Coverage{}.table(all_operation_names());
  const auto resync = std::find_if(
      table.failures.all.begin(), table.failures.all.end(), [](const Covered<FailureGoal>& goal) {
        return goal.what.cell.operation == "delta_replication" && goal.what.to == "resync_required";
      });
  ASSERT_NE(resync, table.failures.all.end());
  EXPECT_EQ(resync->what.rows, (std::vector<std::string>{"9", "34"}));
}

/// A walk over the table, all done: each step is a transition and each two a pair.
RC_GTEST_PROP(Coverage, OfASoundWalkIsOfTheTableOnly, ()) {
  OperationSet all;
  for (const Operation operation : kAllOperations)
    all.insert(operation);
  const std::vector<Passage> ways = passages(all);
  Coverage coverage;
  ItemState here = initial_state();
  std::uint64_t steps = 0;
  for (int n = *rc::gen::inRange(1, 40); n > 0; --n) {
    std::vector<Passage> next;
    for (const Passage& way : ways)
      if (way.from == here) next.push_back(way);
    if (next.empty()) break;
    const Passage way = *rc::gen::elementOf(next);
    OperationEnded event = done(std::string(name_of(way.from)), std::string(name_of(way.operation)),
                                std::string(name_of(way.to)));
    if (way.cancelled) event.cancelled = name_of(*way.cancelled);
    coverage.operation_ended(event);
    here = way.to;
    ++steps;
  }
  const CoverageTable table = coverage.table(all_operation_names());
  std::uint64_t taken = 0;
  for (const Covered<TransitionGoal>& goal : table.transitions.all)
    taken += goal.times;
  std::uint64_t pairs = 0;
  for (const Covered<OperationPair>& goal : table.operation_pairs.all)
    pairs += goal.times;
  RC_ASSERT(taken == steps);
  RC_ASSERT(pairs + 1 == steps);
}

TEST(Percent, SaysAHundredOnlyOfAll) {
  EXPECT_EQ(percent(402, 410), 98U);
  EXPECT_EQ(percent(999, 1000), 99U);
  EXPECT_EQ(percent(7, 7), 100U);
  EXPECT_EQ(percent(0, 7), 0U);
  EXPECT_EQ(percent(0, 0), 100U);
}

}  // namespace
}  // namespace switchback
