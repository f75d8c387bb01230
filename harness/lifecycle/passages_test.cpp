// SPDX-License-Identifier: Apache-2.0
// Passages are the rows seen from rest to rest; what is no passage is refused.
#include "harness/lifecycle/passages.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace switchback {
namespace {

OperationSet all_operations() {
  OperationSet all;
  for (const Operation operation : kAllOperations)
    all.insert(operation);
  return all;
}

OperationSet all_but(Operation missing) {
  OperationSet all;
  for (const Operation operation : kAllOperations)
    if (operation != missing) all.insert(operation);
  return all;
}

TEST(Passages, LeadFromRestToRestAndTakeEveryRow) {
  std::set<const Transition*> taken;
  for (const Passage& passage : passages(all_operations())) {
    EXPECT_TRUE(is_resting(passage.from)) << passage.row->row;
    EXPECT_TRUE(is_resting(passage.to)) << passage.row->row;
    taken.insert(passage.row);
  }
  EXPECT_EQ(taken.size(), transition_table().size());
}

TEST(Passages, CancelEveryJobThatShowsTheStateOfACancelRow) {
  std::vector<std::pair<std::string_view, Operation>> cancelled;
  for (const Passage& passage : passages(all_operations())) {
    EXPECT_EQ(passage.cancelled.has_value(), !is_resting(passage.row->from));
    if (!passage.cancelled) continue;
    EXPECT_EQ(passage.operation, Operation::cancel);
    const Transition* job = find_transition(passage.from, *passage.cancelled);
    ASSERT_NE(job, nullptr);
    EXPECT_EQ(job->during, passage.row->from);
    cancelled.emplace_back(name_of(passage.from), *passage.cancelled);
  }
  using enum Operation;
  const std::vector<std::pair<std::string_view, Operation>> expected = {
      {"protected", unplanned_failover},         {"paused", unplanned_failover},
      {"resync_required", unplanned_failover},   {"replication_stopped", unplanned_failover},
      {"protected", planned_failover},           {"failover_committed", planned_failback},
      {"unplanned_committed", planned_failback}, {"failback_broken", planned_failback}};
  EXPECT_EQ(cancelled, expected);
}

TEST(Passages, OfASystemLackWhatItDoesNotOffer) {
  for (const Passage& passage : passages(all_but(Operation::planned_failover))) {
    EXPECT_NE(passage.operation, Operation::planned_failover);
    EXPECT_NE(passage.cancelled, Operation::planned_failover);
  }
  EXPECT_TRUE(passages({}).empty());
  EXPECT_EQ(passages({Operation::enable}).size(), 1U);
}

TEST(RefusalCells, WithTheRowsAreAllThatAnOperatorCanAskForAtRest) {
  std::size_t asked = 0;
  for (const Operation operation : kAllOperations)
    if (asked_by_operator(operation)) ++asked;
  std::size_t allowed = 0;
  for (const Transition& row : transition_table())
    if (is_resting(row.from) && asked_by_operator(row.operation)) ++allowed;
  EXPECT_EQ(refusal_cells(all_operations()).size() + allowed, asked * named_states().size());
}

RC_GTEST_PROP(RefusalCells, AreNeverPassages, ()) {
  OperationSet offered;
  for (const Operation operation : kAllOperations)
    if (*rc::gen::arbitrary<bool>()) offered.insert(operation);
  const std::vector<Passage> ways = passages(offered);
  for (const RefusalCell& cell : refusal_cells(offered)) {
    RC_ASSERT(offered.contains(cell.operation));
    RC_ASSERT(std::none_of(ways.begin(), ways.end(), [&](const Passage& way) {
      return way.from == cell.state && way.operation == cell.operation && !way.cancelled;
    }));
  }
}

TEST(JobsThatShow, AreNoneForAStateThatRests) {
  EXPECT_TRUE(jobs_that_show(resting::kProtected).empty());  // though a round shows it
  const Transition* failover = find_transition(resting::kProtected, Operation::planned_failover);
  EXPECT_EQ(jobs_that_show(failover->during),
            (OperationSet{Operation::planned_failover, Operation::unplanned_failover}));
}

}  // namespace
}  // namespace switchback
