// SPDX-License-Identifier: Apache-2.0
// The lifecycle table as a whole: complete, unambiguous, and true to the promises of its source.
#include "harness/lifecycle/transition_table.hpp"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace switchback {
namespace {

std::string label(const Transition& row) {
  return "row " + std::string(row.row);
}

bool is_named(const ItemState& state) {
  return state_named(name_of(state)) == state;
}

ItemState protected_state() {
  return *state_named("protected");
}

/// The names of all states that operations lead to from `start`, itself included.
std::set<std::string_view> reachable_from(const ItemState& start) {
  std::set<std::string_view> seen = {name_of(start)};
  std::vector<ItemState> open = {start};
  while (!open.empty()) {
    const ItemState state = open.back();
    open.pop_back();
    for (const Transition& row : transition_table())
      if (row.from == state && seen.insert(name_of(row.to)).second) open.push_back(row.to);
  }
  return seen;
}

TEST(NamedStates, HaveANameAMeaningAndAVectorOfTheirOwn) {
  std::set<std::string_view> names;
  std::set<std::string> vectors;
  for (const NamedState& named : named_states()) {
    EXPECT_TRUE(names.insert(named.name).second) << named.name << " is used twice";
    EXPECT_TRUE(vectors.insert(describe(named.state)).second) << named.name;
    EXPECT_FALSE(named.meaning.empty()) << named.name;
    EXPECT_EQ(name_of(named.state), named.name);
    EXPECT_EQ(state_named(named.name), named.state);
  }
}

TEST(NamedStates, AreFullyKnownAndHaveOneActiveSite) {
  for (const NamedState& named : named_states()) {
    EXPECT_TRUE(active_site(named.state).has_value()) << named.name;
    EXPECT_EQ(describe(named.state).find("unknown"), std::string::npos) << named.name;
  }
}

TEST(NamedStates, GiveNoNameToAVectorThatRestsNowhere) {
  ItemState nowhere = initial_state();
  nowhere.replication = Replication::error;
  EXPECT_EQ(name_of(nowhere), "unnamed");
  EXPECT_EQ(state_named("unnamed"), std::nullopt);
}

TEST(Transitions, LeadFromAndToNamedStates) {
  for (const Transition& row : transition_table()) {
    EXPECT_TRUE(is_named(row.from)) << label(row) << ": from " << describe(row.from);
    EXPECT_TRUE(is_named(row.to)) << label(row) << ": to " << describe(row.to);
  }
}

TEST(Transitions, CarryARowNumberAPromiseAndASource) {
  std::set<std::string_view> numbers;
  for (const Transition& row : transition_table()) {
    EXPECT_TRUE(numbers.insert(row.row).second) << label(row) << " is used twice";
    EXPECT_FALSE(row.row.empty());
    EXPECT_FALSE(row.promise.empty()) << label(row);
    EXPECT_FALSE(row.source.empty()) << label(row);
  }
}

TEST(Transitions, AreOneForAStateAndAnOperation) {
  std::set<std::pair<std::string_view, Operation>> seen;
  for (const Transition& row : transition_table())
    EXPECT_TRUE(seen.emplace(name_of(row.from), row.operation).second)
        << label(row) << ": " << name_of(row.from) << ", " << name_of(row.operation);
}

TEST(Transitions, UseEveryOperation) {
  std::set<Operation> used;
  for (const Transition& row : transition_table())
    used.insert(row.operation);
  for (const Operation operation : kAllOperations)
    EXPECT_TRUE(used.contains(operation)) << name_of(operation);
}

TEST(Transitions, ShowAJobBetweenWhereItStartsAndWhereItEnds) {
  for (const Transition& row : transition_table()) {
    SCOPED_TRACE(label(row));
    for (const auto part : {&ItemState::primary, &ItemState::recovery}) {
      const Role role = row.during.*part;
      EXPECT_TRUE(role == Role::unknown || role == row.from.*part || role == row.to.*part);
    }
    EXPECT_TRUE(row.during.direction == row.from.direction ||
                row.during.direction == row.to.direction);
    EXPECT_TRUE(row.during.awaiting == row.from.awaiting || row.during.awaiting == row.to.awaiting);
  }
}

TEST(Transitions, NeverHaveBothSitesActive) {
  for (const Transition& row : transition_table())
    for (const ItemState& state : {row.from, row.during, row.to})
      EXPECT_FALSE(state.primary == Role::active && state.recovery == Role::active)
          << label(row) << ": " << describe(state);
}

TEST(Transitions, MoveTheActiveSiteOnlyByFailoverAndCompleteFailover) {
  for (const Transition& row : transition_table()) {
    const bool moves = active_site(row.from) != active_site(row.to);
    EXPECT_EQ(moves, row.operation == Operation::planned_failover ||
                         row.operation == Operation::complete_failover)
        << label(row);
  }
}

TEST(Transitions, SayOfRecoveryPointsWhatTheirStatesShow) {
  const std::map<PointsEffect, Points> after = {{PointsEffect::adds_one, Points::some},
                                                {PointsEffect::deletes_all, Points::none}};
  for (const Transition& row : transition_table()) {
    const auto expected = after.find(row.points);
    EXPECT_EQ(row.to.points, expected == after.end() ? row.from.points : expected->second)
        << label(row);
  }
}

TEST(Transitions, ReplicateAfterwardsExactlyWhereDeltaRoundsAreInTheTable) {
  for (const Transition& row : transition_table())
    EXPECT_EQ(row.replicates_after,
              find_transition(row.to, Operation::delta_replication) != nullptr)
        << label(row);
}

TEST(Reachability, EveryNamedStateFromTheInitialOne) {
  const std::set<std::string_view> reached = reachable_from(initial_state());
  for (const NamedState& named : named_states())
    EXPECT_TRUE(reached.contains(named.name)) << named.name;
}

TEST(Reachability, ProtectionAgainFromEveryState) {
  for (const NamedState& named : named_states())
    EXPECT_TRUE(reachable_from(named.state).contains(name_of(protected_state()))) << named.name;
}

TEST(AllowedOperations, AreThoseOfTheTutorial) {
  using enum Operation;
  const std::map<std::string_view, OperationSet> expected = {
      {"unprotected", {enable}},
      {"protected", {planned_failover, disable}},
      {"failed_over", {commit}},
      {"failover_committed", {planned_failback}},
      {"failback_waiting", {complete_failover}},
      {"failed_back", {commit_failback}},
      {"failback_committed", {reverse_replicate, disable}},
  };
  ASSERT_EQ(expected.size(), named_states().size());
  for (const NamedState& named : named_states()) {
    const auto entry = expected.find(named.name);
    ASSERT_NE(entry, expected.end()) << named.name;
    for (const Operation operation : kAllOperations)
      EXPECT_EQ(allowed_operations(named.state).contains(operation),
                entry->second.contains(operation))
          << named.name << ", " << name_of(operation);
  }
}

TEST(AllowedOperations, WithDeltaRoundsAreTheRowsAndAllElseIsRefused) {
  for (const NamedState& named : named_states())
    for (const Operation operation : kAllOperations) {
      const Transition* row = find_transition(named.state, operation);
      const bool allowed = allowed_operations(named.state).contains(operation);
      EXPECT_EQ(allowed, row != nullptr && asked_by_operator(operation)) << named.name;
      if (row == nullptr) continue;
      EXPECT_EQ(row->from, named.state);
      EXPECT_EQ(row->operation, operation);
    }
}

TEST(AllowedOperations, AreNoneWhileTheStateIsNotOneThatRests) {
  ItemState state = protected_state();
  state.recovery = Role::unknown;
  EXPECT_TRUE(allowed_operations(state).empty());
}

TEST(Journey, GoesRoundToProtectedAndLeavesNoPointOfTheWayOut) {
  using enum Operation;
  ItemState state = initial_state();
  for (const Operation operation : {enable, delta_replication, planned_failover, commit,
                                    planned_failback, complete_failover, commit_failback}) {
    const Transition* row = find_transition(state, operation);
    ASSERT_NE(row, nullptr) << name_of(operation) << " in " << name_of(state);
    state = row->to;
  }
  EXPECT_EQ(state.points, Points::none);
  EXPECT_EQ(active_site(state), Site::primary);
  const Transition* reverse = find_transition(state, reverse_replicate);
  ASSERT_NE(reverse, nullptr);
  EXPECT_EQ(reverse->to, protected_state());
}

RC_GTEST_PROP(RandomWalk, StaysInNamedStatesAndKeepsOneLiveCopy, ()) {
  const auto picks = *rc::gen::container<std::vector<std::size_t>>(
      rc::gen::inRange<std::size_t>(0, kOperationCount));
  ItemState state = initial_state();
  int taken = 0;
  for (const std::size_t pick : picks) {
    const Transition* row = find_transition(state, kAllOperations[pick]);
    if (row == nullptr) continue;
    state = row->to;
    ++taken;
    RC_ASSERT(is_named(state));
    RC_ASSERT(active_site(state).has_value());
  }
  RC_CLASSIFY(taken >= 2, "two operations or more were allowed");
}

}  // namespace
}  // namespace switchback
