// SPDX-License-Identifier: Apache-2.0
// The way back to protection is found from everywhere.
#include "harness/lifecycle/path.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "harness/lifecycle/transition_table.hpp"

namespace switchback {
namespace {

TEST(ShortestPath, LeadsFromEveryNamedStateToProtectedAlongTheTable) {
  const ItemState goal = *state_named("protected");
  for (const NamedState& named : named_states()) {
    ItemState here = named.state;
    if (here == resting::kMigrated) {
      EXPECT_TRUE(shortest_path(here, goal).empty());  // the end
      continue;
    }
    for (const Operation operation : shortest_path(here, goal)) {
      const Transition* row = find_transition(here, operation);
      ASSERT_NE(row, nullptr) << named.name << ": " << name_of(operation);
      here = row->to;
    }
    EXPECT_EQ(here, goal) << named.name;
  }
}

TEST(ShortestPath, IsTheShortest) {
  using enum Operation;
  EXPECT_EQ(shortest_path(*state_named("failed_over"), *state_named("protected")),
            (std::vector{commit, full_failback, commit_failback, reverse_replicate}));
  EXPECT_EQ(shortest_path(*state_named("failback_committed"), *state_named("protected")),
            std::vector<Operation>{Operation::reverse_replicate});
  EXPECT_TRUE(shortest_path(*state_named("protected"), *state_named("protected")).empty());
}

TEST(ShortestPath, GoesByOperationsThatTheSystemHas) {
  using enum Operation;
  const auto no_full = [](Operation operation) { return operation != Operation::full_failback; };
  EXPECT_EQ(shortest_path(*state_named("failed_over"), *state_named("protected"), no_full),
            (std::vector{commit, planned_failback, complete_failover, commit_failback,
                         reverse_replicate}));
  EXPECT_TRUE(
      shortest_path(*state_named("failback_committed"), *state_named("protected"), [](Operation) {
        return false;
      }).empty());
}

TEST(ShortestPath, OfACancelledFailoverIsByDisabling) {
  EXPECT_EQ(shortest_path(resting::kFailoverCancelled, resting::kProtected),
            (std::vector<Operation>{Operation::disable, Operation::enable}));
}

TEST(ShortestPath, AsksNothingOfTheClock) {
  for (const NamedState& from : named_states())
    for (const NamedState& to : named_states())
      for (const Operation operation : shortest_path(from.state, to.state))
        EXPECT_TRUE(asked_by_operator(operation)) << from.name << " to " << to.name;
}

}  // namespace
}  // namespace switchback
