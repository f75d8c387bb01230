// SPDX-License-Identifier: Apache-2.0
// The way back to protection is found from everywhere.
#include "harness/lifecycle/path.hpp"

#include <gtest/gtest.h>

#include "harness/lifecycle/transition_table.hpp"

namespace switchback {
namespace {

TEST(ShortestPath, LeadsFromEveryNamedStateToProtectedAlongTheTable) {
  const ItemState goal = *state_named("protected");
  for (const NamedState& named : named_states()) {
    ItemState here = named.state;
    for (const Operation operation : shortest_path(here, goal)) {
      const Transition* row = find_transition(here, operation);
      ASSERT_NE(row, nullptr) << named.name << ": " << name_of(operation);
      here = row->to;
    }
    EXPECT_EQ(here, goal) << named.name;
  }
}

TEST(ShortestPath, IsTheShortest) {
  EXPECT_EQ(shortest_path(*state_named("failed_over"), *state_named("protected")).size(), 5U);
  EXPECT_EQ(shortest_path(*state_named("failback_committed"), *state_named("protected")),
            std::vector<Operation>{Operation::reverse_replicate});
  EXPECT_TRUE(shortest_path(*state_named("protected"), *state_named("protected")).empty());
}

}  // namespace
}  // namespace switchback
