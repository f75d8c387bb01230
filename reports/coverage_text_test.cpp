// SPDX-License-Identifier: Apache-2.0
// The figures of coverage, and the names of what is cold.
#include "reports/coverage_text.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "harness/coverage/coverage_samples.hpp"

namespace switchback {
namespace {

using samples::coverage_of;
using samples::done;
using samples::ended;

bool names(const CoverageTable& table, const std::string& label, const std::string& name) {
  for (const ColdList& list : cold_lists(table, {}))
    if (list.label == label)
      return std::find(list.names.begin(), list.names.end(), name) != list.names.end();
  return false;
}

CoverageTable of_two_operations(const std::vector<OperationEnded>& events) {
  Coverage coverage;
  for (const OperationEnded& event : events)
    coverage.operation_ended(event);
  return coverage.table({"pause", "resume"});
}

TEST(CoverageLine, HasTheRatioOfEachKind) {
  const CoverageTable table = of_two_operations(
      {done("protected", "pause", "paused"), ended("paused", "pause", "refused", "paused")});
  EXPECT_EQ(coverage_line(table),
            fmt::format("1 of 2 transitions done, 1 of {} refusals, 0 of 0 documented failures, "
                        "0 of 2 pairs of operations (0 %), 0 of 2 pairs of transitions (0 %)",
                        table.refusals.possible()));
}

TEST(CoverageLine, IsEmptyIfNothingCouldBeGoneThrough) {
  EXPECT_EQ(coverage_line(Coverage{}.table({})), "");
  EXPECT_TRUE(cold_lists(Coverage{}.table({}), {}).empty());
}

TEST(ColdLists, NameWhatWasNeverSeen) {
  const CoverageTable table = coverage_of({});
  EXPECT_TRUE(names(table, "never done", "protected/pause"));
  EXPECT_TRUE(names(table, "never done", "protected/cancel of planned_failover"));
  EXPECT_TRUE(names(table, "never refused", "paused/pause"));
  EXPECT_TRUE(
      names(table, "never failed so", "9/34 (protected/delta_replication to resync_required)"));
  EXPECT_TRUE(names(table, "never one after the other", "pause > resume"));
}

TEST(ColdLists, LeaveOutWhatWasSeen) {
  const CoverageTable table = of_two_operations(
      {done("protected", "pause", "paused"), done("paused", "resume", "protected"),
       done("protected", "pause", "paused"), ended("paused", "pause", "refused", "paused")});
  EXPECT_FALSE(names(table, "never done", "protected/pause"));
  EXPECT_FALSE(names(table, "never refused", "paused/pause"));
  EXPECT_TRUE(names(table, "never refused", "testing/pause"));
  EXPECT_FALSE(names(table, "never one after the other", "pause > resume"));
  for (const ColdList& list : cold_lists(table, {}))
    EXPECT_EQ(list.label, "never refused");
}

}  // namespace
}  // namespace switchback
