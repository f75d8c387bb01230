// SPDX-License-Identifier: Apache-2.0
// The lifecycle table as a whole: complete, unambiguous, and true to the promises of its source.
#include "harness/lifecycle/transition_table.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "harness/lifecycle/passages.hpp"

namespace switchback {
namespace {

std::string label(const Transition& row) {
  return "row " + std::string(row.row);
}

ItemState protected_state() {
  return *state_named("protected");
}

OperationSet all_operations() {
  OperationSet all;
  for (const Operation operation : kAllOperations)
    all.insert(operation);
  return all;
}

/// The names of all states that operations lead to from `start`, done or failed, itself included.
std::set<std::string_view> reachable_from(const ItemState& start) {
  std::set<std::string_view> seen = {name_of(start)};
  std::vector<ItemState> open = {start};
  const auto reach = [&](const ItemState& next) {
    if (seen.insert(name_of(next)).second) open.push_back(next);
  };
  while (!open.empty()) {
    const ItemState state = open.back();
    open.pop_back();
    for (const Passage& passage : passages(all_operations()))
      if (passage.from == state) reach(passage.to);
    for (const FailureRow& row : failure_table())
      if (row.from == state) reach(row.to);
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
    EXPECT_TRUE(is_resting(row.to)) << label(row) << ": to " << describe(row.to);
    if (row.operation == Operation::cancel && !is_resting(row.from))
      EXPECT_FALSE(jobs_that_show(row.from).empty()) << label(row) << " can stop no job";
    else
      EXPECT_TRUE(is_resting(row.from)) << label(row) << ": from " << describe(row.from);
  }
}

TEST(Rows, OfAllThreeTablesHaveANameOfTheirOwn) {
  std::set<std::string_view> names;
  const auto expect_new = [&](std::string_view name) {
    EXPECT_FALSE(name.empty());
    EXPECT_TRUE(names.insert(name).second) << name << " is used twice";
  };
  for (const Transition& row : transition_table())
    expect_new(row.row);
  for (const FailureRow& row : failure_table())
    expect_new(row.row);
  for (const RefusalRow& row : refusal_table())
    expect_new(row.row);
}

TEST(Rows, SayWhatAndWhoSaysSo) {
  for (const Transition& row : transition_table()) {
    EXPECT_FALSE(row.promise.empty()) << label(row);
    EXPECT_FALSE(row.source.empty()) << label(row);
  }
  for (const FailureRow& row : failure_table()) {
    EXPECT_FALSE(row.cause.empty()) << row.row;
    EXPECT_FALSE(row.source.empty()) << row.row;
  }
  for (const RefusalRow& row : refusal_table()) {
    EXPECT_FALSE(row.reason.empty()) << row.row;
    EXPECT_FALSE(row.source.empty()) << row.row;
  }
}

TEST(Transitions, AreOneForAStateAndAnOperation) {
  std::set<std::pair<std::string, Operation>> seen;
  for (const Transition& row : transition_table())
    EXPECT_TRUE(seen.emplace(describe(row.from), row.operation).second)
        << label(row) << ": " << name_of(row.from) << ", " << name_of(row.operation);
}

TEST(Transitions, UseEveryOperation) {
  std::set<Operation> used;
  for (const Transition& row : transition_table())
    used.insert(row.operation);
  for (const Operation operation : kAllOperations)
    EXPECT_TRUE(used.contains(operation)) << name_of(operation);
}

/// A part of what a job shows is the one before, the one after, or not known; `allowed` is what the
/// job itself brings about.
template <class Part>
void expect_between(const Transition& row, Part ItemState::*part, std::set<Part> allowed = {}) {
  allowed.insert({row.from.*part, row.to.*part, Part::unknown});
  EXPECT_TRUE(allowed.contains(row.during.*part)) << label(row) << ": " << describe(row.during);
}

TEST(Transitions, ShowAJobBetweenWhereItStartsAndWhereItEnds) {
  for (const Transition& row : transition_table()) {
    if (!is_resting(row.from)) continue;  // the job is the cancelled one's
    const bool back = row.to.primary == Role::active || row.to == resting::kFailbackWaiting;
    expect_between(row, &ItemState::primary,
                   back ? std::set{Role::inconsistent} : std::set<Role>{});
    expect_between(row, &ItemState::recovery);
    expect_between(row, &ItemState::direction,
                   back ? std::set{Direction::recovery_to_primary} : std::set<Direction>{});
    expect_between(row, &ItemState::replication,
                   {Replication::seeding, Replication::resynchronizing});
    if (row.to.awaiting != Awaiting::commit)
      expect_between(row, &ItemState::awaiting, {Awaiting::nothing, Awaiting::complete_failover});
    expect_between(row, &ItemState::points);
  }
}

TEST(Transitions, ByCancelStartInWhatTheJobShows) {
  for (const Transition& row : transition_table())
    if (row.operation == Operation::cancel) {
      EXPECT_EQ(row.during, row.from) << label(row);
    }
}

TEST(Transitions, NeverHaveBothSitesActive) {
  for (const Transition& row : transition_table())
    for (const ItemState& state : {row.from, row.during, row.to})
      EXPECT_FALSE(state.primary == Role::active && state.recovery == Role::active)
          << label(row) << ": " << describe(state);
}

TEST(Transitions, MoveTheActiveSiteOnlyByFailingOverAndBack) {
  constexpr OperationSet kMoving = {Operation::planned_failover, Operation::unplanned_failover,
                                    Operation::complete_failover, Operation::full_failback};
  for (const Passage& passage : passages(all_operations()))
    EXPECT_EQ(active_site(passage.from) != active_site(passage.to),
              kMoving.contains(passage.operation))
        << label(*passage.row);
}

TEST(Transitions, SayOfRecoveryPointsWhatTheirStatesShow) {
  for (const Transition& row : transition_table()) {
    if (row.points == PointsEffect::adds || row.points == PointsEffect::may_add)
      EXPECT_EQ(row.to.points, Points::some) << label(row);
    else if (row.points == PointsEffect::deletes_all)
      EXPECT_EQ(row.to.points, Points::none) << label(row);
    else
      EXPECT_EQ(row.to.points, row.from.points) << label(row);
  }
}

// Only what is processed or compared can make a point; only a commit, and the end of protection,
// delete them all.
TEST(Transitions, DeleteThePointsOnlyByCommitAndByEndingProtection) {
  constexpr OperationSet kDeleting = {Operation::commit, Operation::complete_migration,
                                      Operation::disable, Operation::purge};
  for (const Transition& row : transition_table())
    EXPECT_EQ(row.points == PointsEffect::deletes_all, kDeleting.contains(row.operation))
        << label(row);
}

TEST(Transitions, ReplicateAfterwardsExactlyWhereDeltaRoundsAreInTheTable) {
  for (const Transition& row : transition_table())
    EXPECT_EQ(row.replicates_after,
              find_transition(row.to, Operation::delta_replication) != nullptr)
        << label(row);
}

TEST(Failures, LeadFromARowToANamedState) {
  const std::vector<Passage> all = passages(all_operations());
  for (const FailureRow& row : failure_table()) {
    EXPECT_TRUE(std::any_of(all.begin(), all.end(),
                            [&](const Passage& passage) {
                              return passage.from == row.from && passage.operation == row.operation;
                            }))
        << row.row << ": no such operation there";
    EXPECT_TRUE(is_resting(row.to)) << row.row << ": to " << describe(row.to);
    EXPECT_TRUE(may_fail_to(row.from, row.operation, row.to)) << row.row;
  }
}

TEST(Failures, LeaveTheVmWhereItRan) {
  for (const FailureRow& row : failure_table())
    EXPECT_EQ(active_site(row.from), active_site(row.to)) << row.row;
}

TEST(Failures, MayAlwaysLeaveTheItemWhereItWas) {
  for (const Transition& row : transition_table())
    EXPECT_TRUE(may_fail_to(row.from, row.operation, row.from)) << label(row);
  EXPECT_FALSE(may_fail_to(resting::kProtected, Operation::pause, resting::kPaused));
  EXPECT_FALSE(may_fail_to(resting::kProtected, Operation::enable, resting::kSeedingIncomplete));
}

TEST(Refusals, HaveNoRow) {
  for (const RefusalRow& row : refusal_table()) {
    EXPECT_TRUE(is_resting(row.from)) << row.row;
    EXPECT_EQ(find_transition(row.from, row.operation), nullptr) << row.row;
    EXPECT_TRUE(asked_by_operator(row.operation)) << row.row;
  }
}

TEST(Reachability, EveryNamedStateFromTheInitialOne) {
  const std::set<std::string_view> reached = reachable_from(initial_state());
  for (const NamedState& named : named_states())
    EXPECT_TRUE(reached.contains(named.name)) << named.name;
}

TEST(Reachability, ProtectionAgainFromEveryStateButTheEnd) {
  for (const NamedState& named : named_states())
    EXPECT_EQ(reachable_from(named.state).contains(name_of(protected_state())),
              named.state != resting::kMigrated)
        << named.name;
}

TEST(Reachability, AWayOnFromEveryStateButTheEnd) {
  for (const NamedState& named : named_states())
    EXPECT_EQ(allowed_operations(named.state).empty(), named.state == resting::kMigrated)
        << named.name;
}

/// What must be allowed in every state, and nothing else.
void expect_allowed(const std::map<std::string_view, OperationSet>& expected) {
  for (const auto& [name, operations] : expected) {
    ASSERT_TRUE(state_named(name)) << name;
    for (const Operation operation : kAllOperations)
      EXPECT_EQ(allowed_operations(*state_named(name)).contains(operation),
                operations.contains(operation))
          << name << ", " << name_of(operation);
  }
}

// Recorded `allowedOperations` of real items, with what those lists never show: purge is a verb of
// its own; pause, resynchronize and the properties belong to the host or to another request; the
// one Failback is two operations here.
TEST(AllowedOperations, AreThoseRecordedOfTheService) {
  using enum Operation;
  expect_allowed({
      {"protected",
       {planned_failover, unplanned_failover, disable, test_failover, purge, pause, resynchronize,
        update_properties}},
      {"testing", {cleanup_test_failover}},
      {"failed_over", {complete_migration, commit, disable, change_recovery_point, purge}},
      {"failed_over_unplanned",
       {complete_migration, commit, disable, change_recovery_point, purge}},
      {"failover_committed", {complete_migration, disable, planned_failback, full_failback, purge}},
      {"unplanned_committed",
       {complete_migration, disable, planned_failback, full_failback, purge}},
  });
}

TEST(AllowedOperations, AreOurReadingWhereNoneWereRecorded) {
  using enum Operation;
  expect_allowed({
      {"unprotected", {enable}},
      {"seeding_incomplete", {resynchronize, disable, purge}},
      {"paused", {resume, unplanned_failover, disable, purge, update_properties}},
      {"resync_required", {resynchronize, unplanned_failover, disable, purge}},
      {"replication_stopped", {resynchronize, unplanned_failover, disable, purge}},
      {"failover_cancelled", {disable, purge}},
      {"failback_broken", {planned_failback, full_failback, disable, purge}},
      {"failback_waiting", {complete_failover, cancel}},
      {"failed_back", {commit_failback}},
      {"failback_committed", {reverse_replicate, disable, purge}},
      {"migrated", {}},
  });
}

TEST(AllowedOperations, WithThoseOfTheClockAreTheRowsAndAllElseIsRefused) {
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
  const std::vector<Passage> all = passages(all_operations());
  const auto picks =
      *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, all.size()));
  ItemState state = initial_state();
  int taken = 0;
  for (const std::size_t pick : picks) {
    std::vector<Passage> ways;
    for (const Passage& passage : all)
      if (passage.from == state) ways.push_back(passage);
    if (ways.empty()) break;
    state = ways[pick % ways.size()].to;
    ++taken;
    RC_ASSERT(is_resting(state));
    RC_ASSERT(active_site(state).has_value());
  }
  RC_CLASSIFY(taken >= 10, "ten operations or more");
}

}  // namespace
}  // namespace switchback
