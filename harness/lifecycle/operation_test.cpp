// SPDX-License-Identifier: Apache-2.0
// Operations: their names, and sets of them.
#include "harness/lifecycle/operation.hpp"

#include <set>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace switchback {
namespace {

TEST(OperationNames, GoToTheNameAndBack) {
  std::set<std::string_view> names;
  for (const Operation operation : kAllOperations) {
    EXPECT_EQ(operation_named(name_of(operation)), operation);
    EXPECT_TRUE(names.insert(name_of(operation)).second) << name_of(operation);
  }
  EXPECT_EQ(names.size(), kOperationCount);
}

RC_GTEST_PROP(OperationNames, NothingElseIsAnOperation, (const std::string& name)) {
  std::set<std::string_view> names;
  for (const Operation operation : kAllOperations)
    names.insert(name_of(operation));
  RC_ASSERT(operation_named(name).has_value() == names.contains(name));
}

TEST(OperationNames, OnlyTheWholeNameCounts) {
  EXPECT_EQ(operation_named("commit"), Operation::commit);
  EXPECT_EQ(operation_named("commit_failback"), Operation::commit_failback);
  EXPECT_EQ(operation_named("Commit"), std::nullopt);
  EXPECT_EQ(operation_named("commit "), std::nullopt);
  EXPECT_EQ(operation_named(""), std::nullopt);
}

TEST(Operations, OfTheClockAreRoundsProcessingAndFencing) {
  constexpr OperationSet kOfTheClock = {Operation::delta_replication, Operation::process_log,
                                        Operation::fence_source};
  for (const Operation operation : kAllOperations)
    EXPECT_EQ(asked_by_operator(operation), !kOfTheClock.contains(operation)) << name_of(operation);
}

// What only changes the catalog, or works on one side, must cost no data on the wire.
TEST(Operations, ThatWorkOnOneSideSendNothing) {
  using enum Operation;
  for (const Operation operation :
       {process_log, pause, resume, update_properties, test_failover, cleanup_test_failover,
        change_recovery_point, cancel, commit, complete_migration, commit_failback, disable, purge,
        fence_source})
    EXPECT_FALSE(sends_data(operation)) << name_of(operation);
  for (const Operation operation :
       {enable, delta_replication, resynchronize, planned_failover, unplanned_failover,
        planned_failback, complete_failover, full_failback, reverse_replicate})
    EXPECT_TRUE(sends_data(operation)) << name_of(operation);
}

RC_GTEST_PROP(OperationSetTest, HoldsWhatWasPutInAndNothingElse, ()) {
  const auto picks =
      *rc::gen::container<std::set<std::size_t>>(rc::gen::inRange<std::size_t>(0, kOperationCount));
  OperationSet operations;
  for (const std::size_t pick : picks)
    operations.insert(kAllOperations[pick]);
  for (std::size_t index = 0; index < kOperationCount; ++index)
    RC_ASSERT(operations.contains(kAllOperations[index]) == picks.contains(index));
  RC_ASSERT(operations.empty() == picks.empty());
}

TEST(OperationSetTest, KeepsNoOrder) {
  EXPECT_EQ((OperationSet{Operation::commit, Operation::enable}),
            (OperationSet{Operation::enable, Operation::commit, Operation::enable}));
}

}  // namespace
}  // namespace switchback
