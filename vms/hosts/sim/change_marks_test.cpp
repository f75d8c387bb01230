// SPDX-License-Identifier: Apache-2.0
// Disks at primary that somebody writes to while their VM is off: the service notices before it
// trusts what is tracked.
#include <gtest/gtest.h>

#include "harness/lifecycle/resting_states.hpp"
#include "vms/hosts/sim/drill_bench.hpp"

namespace switchback::sim {
namespace {

void change_behind(Drill& drill) {
  drill.must(drill.laboratory().write_behind(drill.item.name,
                                             {{.disk = 1, .block = 3, .seq = 1'000'000}}));
}

/// Before call number `call` of a stage.
Drill::Hook changed_in(Drill& drill, std::string_view stage, std::uint64_t call = 0) {
  return [&drill, stage, call](unsigned, const JobPoint& point) {
    if (point.stage == stage && point.call == call) change_behind(drill);
  };
}

bool failed(const Outcome& outcome) {
  return std::holds_alternative<Failed>(outcome);
}

TEST(ChangeMarks, AnEditBeforeTheFinalSynchronizationFailsTheFailoverAndThenTheNextRound) {
  Drill drill;
  drill.protect();
  const Request failover = Drill::ask(Operation::planned_failover);
  EXPECT_TRUE(failed(drill.run(failover, changed_in(drill, "prepare_for_failover"))));
  EXPECT_EQ(drill.state(), resting::kProtected);
  EXPECT_TRUE(drill.live().primary);
  drill.pass(drill.system().capabilities().copy_frequency);
  EXPECT_EQ(drill.state(), resting::kResyncRequired);
  drill.done(Operation::resynchronize);
  EXPECT_EQ(drill.point(drill.status().points.back().id), drill.disks(Site::primary));
  drill.write_some(Site::primary, 7);
  drill.make_point();
  EXPECT_EQ(drill.point(drill.status().points.back().id), drill.disks(Site::primary));
}

TEST(ChangeMarks, AnUnplannedFailoverGoesOnWithoutWhatIsLeft) {
  Drill drill;
  drill.protect();
  const Outcome outcome = drill.run(Drill::ask(Operation::unplanned_failover),
                                    changed_in(drill, "shut_down_source", 4));
  EXPECT_TRUE(std::holds_alternative<Done>(outcome)) << reason_of(outcome);
  EXPECT_EQ(drill.disks(Site::recovery), drill.sent());
}

TEST(ChangeMarks, AFailbackComparesOnceADiskWasEdited) {
  Drill drill;
  drill.synchronize_back();
  change_behind(drill);
  const DiskContents ours = drill.disks(Site::recovery);
  EXPECT_NE(drill.disks(Site::primary), ours);
  drill.done(Operation::complete_failover);
  EXPECT_EQ(drill.disks(Site::primary), ours);
}

TEST(ChangeMarks, AFailbackSendsOnlyTheDeltaToDisksThatNobodyElseChanged) {
  Drill drill;
  drill.synchronize_back();
  const Bytes before = drill.status().bytes_sent;
  drill.done(Operation::complete_failover);
  EXPECT_LE(drill.status().bytes_sent - before, 4U * 65536);
}

TEST(ChangeMarks, WhatIsWrittenToADiskThatWasJustMadeIsNoticed) {
  Drill drill;
  drill.fail_over_and_commit();
  const DiskContents ours = drill.disks(Site::recovery);
  EXPECT_TRUE(failed(drill.run(Operation::full_failback, changed_in(drill, "download"))));
  drill.done(Operation::full_failback);
  EXPECT_EQ(drill.disks(Site::primary), ours);
}

TEST(ChangeMarks, NoVmIsStartedOnDisksThatWereEditedSinceTheyWereSent) {
  for (const Operation operation : {Operation::complete_failover, Operation::full_failback}) {
    Drill drill;
    if (operation == Operation::complete_failover)
      drill.synchronize_back();
    else
      drill.fail_over_and_commit();
    const DiskContents ours = drill.disks(Site::recovery);
    EXPECT_TRUE(failed(drill.run(operation, changed_in(drill, "start_primary", 1))));
    EXPECT_FALSE(drill.live().primary);
    EXPECT_TRUE(drill.live().recovery);
    drill.done(operation);
    EXPECT_EQ(drill.disks(Site::primary), ours);
  }
}

}  // namespace
}  // namespace switchback::sim
