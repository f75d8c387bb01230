// SPDX-License-Identifier: Apache-2.0
// What is left when somebody deletes volumes of the replica: no point that is not there is listed,
// nothing is started from it, and a comparison with what is left leads back.
#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "harness/lifecycle/resting_states.hpp"
#include "vms/hosts/sim/drill_bench.hpp"

namespace switchback::sim {
namespace {

using std::chrono::minutes;

constexpr minutes kRound{5};

std::vector<std::string> ids(const ItemStatus& status) {
  std::vector<std::string> found;
  for (const RecoveryPoint& point : status.points)
    found.push_back(point.id);
  return found;
}

void delete_targets(Drill& drill) {
  drill.inject(FaultKind::targets_deleted);
  const std::vector<FaultKind> effects = drill.system().take_fault_effects();
  EXPECT_NE(std::find(effects.begin(), effects.end(), FaultKind::targets_deleted), effects.end());
}

void expect_failed(Drill& drill, const Request& request, const ItemState& rest) {
  const Outcome outcome = drill.run(request);
  EXPECT_EQ(name_of(outcome), "failed") << name_of(request.operation);
  EXPECT_EQ(drill.state(), rest) << name_of(request.operation) << ": " << reason_of(outcome);
}

/// From a state in which nothing is left, or little.
void expect_way_back(Drill& drill) {
  drill.heal();
  drill.done(Operation::resynchronize);
  EXPECT_EQ(drill.state(), resting::kProtected);
  drill.write_some(Site::primary, 20);
  drill.make_point();
  EXPECT_EQ(drill.point(drill.status().points.back().id), drill.disks(Site::primary));
  EXPECT_EQ(drill.status().health, Health::normal);
}

/// But base volumes for a comparison: of the disks that nobody touched, and new ones.
void expect_nothing_left(Drill& drill, std::size_t bases) {
  EXPECT_EQ(drill.state(), resting::kSeedingIncomplete);
  EXPECT_TRUE(drill.status().points.empty());
  EXPECT_EQ(drill.status().health, Health::critical);
  EXPECT_EQ(drill.census("volume").size(), drill.item.disks.size() + bases);
  expect_way_back(drill);
}

TEST(Losses, OfEverythingLeaveNothingButAFullCopy) {
  {
    Drill round;
    round.protect();
    delete_targets(round);
    round.pass(kRound);
    expect_nothing_left(round, 1);
  }
  // A resynchronization that finds it out and fails: row 35, from each state that it has.
  const auto fails_where = [](const auto& bring_about, const ItemState& from) {
    Drill drill;
    drill.protect();
    bring_about(drill);
    ASSERT_EQ(drill.state(), from);
    delete_targets(drill);
    drill.inject(FaultKind::link_cut);
    expect_failed(drill, Operation::resynchronize, resting::kSeedingIncomplete);
    expect_nothing_left(drill, 2);
  };
  fails_where([](Drill&) {}, resting::kProtected);
  fails_where(
      [](Drill& drill) {
        drill.inject(FaultKind::tracking_lost);
        drill.pass(kRound);
      },
      resting::kResyncRequired);
  fails_where(
      [](Drill& drill) {
        drill.inject(FaultKind::recovery_full);
        drill.run(Drill::ask(Operation::unplanned_failover));
        drill.heal();
      },
      resting::kReplicationStopped);
}

TEST(Losses, AreNoticedByEveryFailoverBeforeItTouchesAnything) {
  for (const Operation operation :
       {Operation::test_failover, Operation::planned_failover, Operation::unplanned_failover})
    for (const PointChoice point : {PointChoice::latest, PointChoice::latest_processed}) {
      Drill drill;
      drill.protect();
      delete_targets(drill);
      const std::vector<std::string> before = drill.census();
      expect_failed(drill, Drill::ask(operation, point), resting::kProtected);
      EXPECT_EQ(drill.census(), before);
      EXPECT_TRUE(drill.live().primary);
    }
}

TEST(Losses, LeaveWhatATestCopyRestsOn) {
  Drill drill;
  drill.protect();
  const std::vector<std::string> all = ids(drill.status());
  ASSERT_EQ(all.size(), 3U);
  const DiskContents kept = drill.point(all[1]);
  drill.done(Drill::ask(Operation::test_failover, PointChoice::custom, all[1]));
  delete_targets(drill);
  drill.pass(kRound);
  EXPECT_EQ(drill.state(), resting::kTesting);
  EXPECT_EQ(ids(drill.status()), std::vector<std::string>(all.begin(), all.begin() + 2));
  EXPECT_NE(drill.status().health, Health::normal);

  drill.done(Operation::cleanup_test_failover);
  drill.pass(2 * kRound);
  EXPECT_EQ(drill.state(), resting::kResyncRequired) << "what recovery lacks is not known";
  expect_way_back(drill);
  EXPECT_EQ(drill.point(all[1]), kept);
}

TEST(Losses, LeaveWhatAFailedOverCopyRestsOn) {
  Drill drill;
  drill.protect();
  const std::vector<std::string> all = ids(drill.status());
  drill.done(Drill::lost_site(PointChoice::custom, all[0]));
  delete_targets(drill);
  const DiskContents runs = drill.disks(Site::recovery);
  expect_failed(drill, Drill::ask(Operation::change_recovery_point, PointChoice::custom, all[1]),
                resting::kFailedOverUnplanned);
  EXPECT_EQ(ids(drill.status()), std::vector<std::string>{all[0]});
  EXPECT_TRUE(drill.live().recovery);
  EXPECT_EQ(drill.disks(Site::recovery), runs);
  drill.pass(2 * kRound);  // the old VM is fenced
  drill.done(Operation::commit);
  drill.done(Operation::planned_failback);
  drill.done(Operation::complete_failover);
  EXPECT_EQ(drill.disks(Site::primary), runs);
}

TEST(Losses, OfTheBaseAfterAFailbackAreMadeGoodForByReverseReplication) {
  Drill drill;
  drill.fail_back_and_commit();
  delete_targets(drill);
  // The first attempt leaves a new, empty base, which must not be taken for the old one.
  drill.inject(FaultKind::link_cut);
  expect_failed(drill, Operation::reverse_replicate, resting::kFailbackCommitted);
  drill.heal();
  drill.done(Operation::reverse_replicate);
  EXPECT_EQ(drill.state(), resting::kProtected);
  EXPECT_EQ(drill.point(drill.status().points.back().id), drill.disks(Site::primary));
}

TEST(Losses, AreNoneWhereThereIsNothingToDelete) {
  Drill drill;
  drill.inject(FaultKind::targets_deleted);
  EXPECT_TRUE(drill.system().take_fault_effects().empty()) << "not protected yet";
  drill.fail_over();  // the newest point runs
  drill.inject(FaultKind::targets_deleted);
  EXPECT_TRUE(drill.system().take_fault_effects().empty()) << "all of it is in use";
}

}  // namespace
}  // namespace switchback::sim
