// SPDX-License-Identifier: Apache-2.0
// Due times and health, from the table's rows.
#include "vms/recovery/timers.hpp"

#include <gtest/gtest.h>

#include "harness/lifecycle/transition_table.hpp"

namespace switchback::recovery {
namespace {

using std::chrono::minutes;

constexpr Timing kTiming{.copy_frequency = minutes(5), .processing_delay = minutes(1)};

TEST(Timers, AskForNothingThatTheTableHasNoRowFor) {
  for (const NamedState& named : named_states()) {
    ItemRecord record;
    record.rest = named.state;
    record.next_round_due = minutes(3);
    record.next_processing_due = minutes(2);
    record.next_fence_due = minutes(1);
    const std::optional<Due> due = next_due(record);
    if (due) {
      EXPECT_NE(find_transition(named.state, due->operation), nullptr) << named.name;
    }
    const bool any = find_transition(named.state, Operation::delta_replication) != nullptr ||
                     find_transition(named.state, Operation::process_log) != nullptr ||
                     find_transition(named.state, Operation::fence_source) != nullptr;
    EXPECT_EQ(due.has_value(), any) << named.name;
  }
}

TEST(Timers, TakeTheEarliestAndOfSeveralTheFirstOperation) {
  ItemRecord record;
  record.rest = resting::kProtected;
  EXPECT_FALSE(next_due(record));
  record.next_round_due = minutes(3);
  record.next_processing_due = minutes(2);
  EXPECT_EQ(next_due(record)->operation, Operation::process_log);
  record.next_processing_due = minutes(3);
  EXPECT_EQ(next_due(record)->operation, Operation::delta_replication);
}

TEST(Timers, AskForTheFenceOneIntervalAfterAnUnplannedFailoverAndAgainUntilItIsDone) {
  ItemRecord record;
  record.rest = resting::kFailedOverUnplanned;
  note_end(record, resting::kProtected, {.operation = Operation::unplanned_failover, .done = true},
           minutes(10), kTiming);
  EXPECT_EQ(next_due(record)->at, minutes(15));
  note_end(record, record.rest,
           {.operation = Operation::fence_source, .done = false, .reason = "primary is lost"},
           minutes(15), kTiming);
  EXPECT_EQ(next_due(record)->at, minutes(20));
  EXPECT_EQ(record.health, Health::warning);
  // A commit between does not put it off.
  record.rest = resting::kUnplannedCommitted;
  note_end(record, resting::kFailedOverUnplanned, {.operation = Operation::commit, .done = true},
           minutes(16), kTiming);
  EXPECT_EQ(next_due(record)->at, minutes(20));
  record.rest = resting::kFailoverCommitted;
  note_end(record, resting::kUnplannedCommitted,
           {.operation = Operation::fence_source, .done = true}, minutes(20), kTiming);
  EXPECT_FALSE(next_due(record));
  EXPECT_EQ(record.health, Health::normal);
}

TEST(Timers, OtherJobsDoNotPutRoundsOff) {
  ItemRecord record;
  record.rest = resting::kProtected;
  note_end(record, resting::kUnprotected, {.operation = Operation::enable, .done = true}, {},
           kTiming);
  EXPECT_EQ(record.next_round_due, minutes(5));
  for (const Operation operation : {Operation::process_log, Operation::update_properties}) {
    note_end(record, record.rest, {.operation = operation, .done = true}, minutes(3), kTiming);
    EXPECT_EQ(record.next_round_due, minutes(5)) << name_of(operation);
  }
  note_end(record, record.rest, {.operation = Operation::resynchronize, .done = true}, minutes(4),
           kTiming);
  EXPECT_EQ(record.next_round_due, minutes(9)) << "it synchronized";
}

TEST(Timers, ATroubledRoundIsNotForgottenByWhatIsBesideReplication) {
  ItemRecord record;
  record.rest = resting::kProtected;
  const JobEnd failed{
      .operation = Operation::delta_replication, .done = false, .reason = "the link is down"};
  note_end(record, record.rest, failed, minutes(5), kTiming);
  EXPECT_EQ(record.health, Health::warning);
  note_end(record, record.rest, {.operation = Operation::process_log, .done = true}, minutes(6),
           kTiming);
  EXPECT_EQ(record.health, Health::warning);
  EXPECT_EQ(record.health_reason, "the link is down");
  note_end(record, record.rest, {.operation = Operation::delta_replication, .done = true},
           minutes(7), kTiming);
  EXPECT_EQ(record.health, Health::normal);
}

TEST(Timers, AFailedUndoIsCritical) {
  ItemRecord record;
  record.rest = resting::kProtected;
  record.unsettled = JobRecord::begin(Operation::planned_failover);
  note_end(record, record.rest,
           {.operation = Operation::planned_failover,
            .done = false,
            .undo_failed = true,
            .reason = "not undone"},
           minutes(5), kTiming);
  EXPECT_EQ(record.health, Health::critical);
  EXPECT_EQ(record.health_reason, "not undone");
}

}  // namespace
}  // namespace switchback::recovery
