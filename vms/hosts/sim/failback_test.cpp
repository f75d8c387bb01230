// SPDX-License-Identifier: Apache-2.0
// The way back in the simulated world: by comparison, by full download, against whatever the old
// primary has become meanwhile.
#include <gtest/gtest.h>

#include "vms/hosts/sim/drill_bench.hpp"
#include "vms/hosts/sim/sim_laboratory.hpp"

namespace switchback::sim {
namespace {

using namespace resting;

void expect_home(Drill& drill, const DiskContents& content) {
  EXPECT_EQ(drill.state(), kFailedBack);
  EXPECT_EQ(drill.disks(Site::primary), content);
  EXPECT_TRUE(drill.live().primary);
  EXPECT_FALSE(drill.live().recovery);
  ASSERT_EQ(drill.vms(Site::primary).size(), drill.item.vms.size());
  for (const SeenVm& vm : drill.vms(Site::primary)) {
    EXPECT_TRUE(vm.running) << vm.name;
    EXPECT_EQ(vm.hardware, drill.item.vms[vm.vm]) << vm.name;
  }
}

TEST(Failback, GoesThereAndBackTwiceAndLosesNothing) {
  for (const ItemSpec& item : {one_vm(), group_of_two(), encrypted_vm()}) {
    Drill drill(item);
    const std::vector<std::string> unprotected = drill.census();
    drill.protect();
    for (std::uint64_t round = 0; round < 4; ++round) {
      SCOPED_TRACE(round);
      drill.write_some(Site::primary, 50 + round);
      DiskContents content = drill.disks(Site::primary);
      if (round % 2 == 0)
        drill.done(Drill::ask(Operation::planned_failover));
      else
        drill.done(Drill::ask(Operation::unplanned_failover));
      EXPECT_EQ(drill.disks(Site::recovery), content);
      drill.write_some(Site::recovery, 60 + round);
      drill.done(Operation::commit);
      if (round < 2) {
        drill.done(Operation::planned_failback);
        EXPECT_EQ(drill.state(), kFailbackWaiting);
        drill.write_some(Site::recovery, 70 + round);
        content = drill.disks(Site::recovery);
        drill.done(Operation::complete_failover);
      } else {
        content = drill.disks(Site::recovery);
        drill.done(Operation::full_failback);
      }
      expect_home(drill, content);
      drill.write_some(Site::primary, 80 + round);
      drill.done(Operation::commit_failback);
      EXPECT_TRUE(drill.vms(Site::recovery).empty());
      const Bytes wire = drill.laboratory().wire().total();
      drill.pass(std::chrono::minutes(30));
      EXPECT_EQ(drill.laboratory().wire().total(), wire) << "nothing is sent before it is asked";
      drill.done(Operation::reverse_replicate);
      EXPECT_EQ(drill.state(), kProtected);
      EXPECT_EQ(drill.point(drill.status().points.back().id), drill.disks(Site::primary));
      drill.make_point();
    }
    drill.done(Operation::disable);
    EXPECT_EQ(drill.census(), unprotected);
  }
}

TEST(Failback, ComparesInTheEndWhereOneDiskAloneHasLostItsTracking) {
  Drill drill(one_vm());
  drill.protect();
  drill.done(Drill::ask(Operation::planned_failover));
  drill.done(Operation::commit);
  drill.done(Operation::planned_failback);
  drill.write_some(Site::recovery, 70);
  SimSite& site = dynamic_cast<SimLaboratory&>(drill.laboratory()).site(Site::recovery);
  const std::string vm = drill.vms(Site::recovery).at(0).name;
  const std::string last = site.vms.find(vm)->definition.disks.back().volume;
  site.volumes.stop_all_tracking(*site.volumes.find(last));
  const DiskContents content = drill.disks(Site::recovery);
  drill.done(Operation::complete_failover);
  expect_home(drill, content);
}

TEST(Failback, DiscardsWhatTheOldPrimaryWrote) {
  for (const Operation operation : {Operation::planned_failback, Operation::full_failback}) {
    for (const ItemSpec& item : {one_vm(), group_of_two()}) {
      Drill drill(item);
      drill.fail_over_unplanned();
      drill.write_some(Site::primary, 100);
      drill.pass(std::chrono::minutes(11));  // it is fenced
      drill.commit();
      const DiskContents content = drill.disks(Site::recovery);
      EXPECT_NE(drill.disks(Site::primary), content);
      drill.done(operation);
      if (operation == Operation::planned_failback) drill.done(Operation::complete_failover);
      expect_home(drill, content);
    }
  }
}

TEST(Failback, IsNotBegunWhileTheOldPrimaryRuns) {
  for (const Operation operation : {Operation::planned_failback, Operation::full_failback}) {
    Drill drill;
    drill.fail_over_unplanned();
    drill.commit();
    const std::vector<std::string> before = drill.everything();
    const Outcome outcome = drill.run(operation);
    EXPECT_TRUE(std::holds_alternative<Failed>(outcome));
    EXPECT_EQ(drill.everything(), before);
  }
}

TEST(Failback, SendsOnlyWhatDiffers) {
  Drill drill;
  drill.fail_over_and_commit();
  const Bytes before = drill.status().bytes_sent;
  drill.done(Operation::planned_failback);
  const Bytes synchronized = drill.status().bytes_sent;
  EXPECT_GT(synchronized, before);
  EXPECT_LE(synchronized - before, 8U * 65536);
  drill.done(Operation::complete_failover);
  EXPECT_EQ(drill.status().bytes_sent, synchronized) << "nothing was written since";
}

TEST(Failback, MakesAVmThatWasDeleted) {
  for (const Operation operation : {Operation::planned_failback, Operation::full_failback}) {
    for (const ItemSpec& item : {one_vm(), group_of_two()}) {
      Drill drill(item);
      drill.fail_over_and_commit();
      drill.must(drill.laboratory().edit(item.name, Edit::delete_vm));
      const std::vector<std::string> before = drill.everything();
      Request request(operation);
      request.create_missing_vm = false;
      EXPECT_TRUE(std::holds_alternative<Failed>(drill.run(request)));
      EXPECT_EQ(drill.everything(), before) << "nothing is made";

      const DiskContents content = drill.disks(Site::recovery);
      drill.done(operation);
      if (operation == Operation::planned_failback) drill.done(Operation::complete_failover);
      expect_home(drill, content);
    }
  }
}

TEST(Failback, RefusesDisksThatAreNotThoseThatFailedOver) {
  for (const Edit edit : {Edit::add_disk, Edit::grow_disk, Edit::swap_disks}) {
    Drill drill;
    drill.fail_over_and_commit();
    drill.must(drill.laboratory().edit(drill.item.name, edit));
    const std::vector<std::string> before = drill.everything();
    const Outcome outcome = drill.run(Operation::planned_failback);
    EXPECT_TRUE(std::holds_alternative<Failed>(outcome)) << name_of(edit);
    EXPECT_EQ(drill.everything(), before);
    drill.must(drill.laboratory().edit(drill.item.name, Edit::undo));
    drill.done(Operation::planned_failback);
  }
}

TEST(Failback, BrokenByACutLinkIsRepairedByTheNext) {
  for (const Operation again : {Operation::planned_failback, Operation::full_failback}) {
    Drill drill;
    drill.fail_over_and_commit();
    const std::string incarnation = drill.vms(Site::recovery).at(0).incarnation;
    const Outcome outcome =
        drill.run(Operation::planned_failback, [&](unsigned, const JobPoint& point) {
          if (point.stage == "synchronize" && point.call_name == "flush")
            drill.inject(FaultKind::link_cut);
        });
    EXPECT_TRUE(std::holds_alternative<Failed>(outcome));
    EXPECT_EQ(drill.state(), kFailbackBroken);
    EXPECT_EQ(drill.vms(Site::recovery).at(0).incarnation, incarnation);
    drill.heal();
    drill.write_some(Site::recovery, 90);
    const DiskContents content = drill.disks(Site::recovery);
    drill.done(again);
    if (again == Operation::planned_failback) drill.done(Operation::complete_failover);
    expect_home(drill, content);
  }
}

/// The site is lost when one of the two VMs has been started there, and comes back at once.
Outcome start_half_of_the_group(Drill& drill, Operation operation) {
  int starts = 0;
  return drill.run(operation, [&](unsigned, const JobPoint& point) {
    if (point.stage == "start_primary" && point.call_name == "start_vm" && ++starts == 2)
      drill.inject(FaultKind::primary_lost);
    if (point.stage == "undo") drill.heal();
  });
}

TEST(Failback, ThatCanNotStartAllVmsAtPrimaryGoesOnWithTheOnesItHas) {
  for (const bool full : {false, true}) {
    Drill drill(group_of_two());
    if (full)
      drill.fail_over_and_commit();
    else
      drill.synchronize_back();
    const Operation operation = full ? Operation::full_failback : Operation::complete_failover;
    const Outcome outcome = start_half_of_the_group(drill, operation);
    EXPECT_TRUE(std::holds_alternative<Failed>(outcome));
    EXPECT_EQ(drill.state(), full ? kFailbackBroken : kFailbackWaiting);
    EXPECT_EQ(drill.status().health, Health::critical);
    // What runs there may have written: it is not taken back, and nothing runs twice.
    EXPECT_TRUE(drill.live().primary);
    EXPECT_FALSE(drill.live().recovery);
    const DiskContents content = drill.disks(Site::primary);
    drill.done(operation);
    expect_home(drill, content);
  }
}

TEST(Failback, ThatCanNotStartAllVmsAtPrimaryIsGivenUpByACancel) {
  Drill drill(group_of_two());
  drill.synchronize_back();
  EXPECT_TRUE(
      std::holds_alternative<Failed>(start_half_of_the_group(drill, Operation::complete_failover)));
  drill.done(Operation::cancel);
  EXPECT_FALSE(drill.live().primary);
  for (const SeenVm& vm : drill.vms(Site::recovery))
    EXPECT_TRUE(vm.running) << vm.name;
}

TEST(Failback, StartsNothingTwiceIfPrimaryIsLostInTheLastStage) {
  for (const ItemSpec& item : {one_vm(), group_of_two()}) {
    Drill drill(item);
    drill.synchronize_back();
    const Outcome outcome =
        drill.run(Operation::complete_failover, [&](unsigned, const JobPoint& point) {
          if (point.stage == "start_primary") drill.inject(FaultKind::primary_lost);
        });
    EXPECT_TRUE(std::holds_alternative<Failed>(outcome));
    EXPECT_EQ(drill.status().health, Health::critical);
    EXPECT_FALSE(drill.live().primary && drill.live().recovery);
    drill.heal();
    drill.done(Operation::complete_failover);
    EXPECT_EQ(drill.state(), kFailedBack);
  }
}

TEST(CompleteFailover, ComparesIfTheRecoverySiteHasLostItsPower) {
  Drill drill;
  drill.synchronize_back();
  drill.inject(FaultKind::recovery_power_lost);
  const DiskContents ours = drill.disks(Site::recovery);
  drill.done(Operation::complete_failover);
  EXPECT_EQ(drill.disks(Site::primary), ours);
  EXPECT_EQ(drill.state(), kFailedBack);
}

TEST(ReverseReplication, SendsOnlyWhatChangedSinceTheRecoveryVmWasTurnedOff) {
  Drill drill;
  drill.fail_back_and_commit();
  const Bytes before = drill.status().bytes_sent;
  drill.done(Operation::reverse_replicate);
  EXPECT_LE(drill.status().bytes_sent - before, 8U * 65536);
  EXPECT_EQ(drill.point(drill.status().points.back().id), drill.disks(Site::primary));
}

TEST(ReverseReplication, ComparesIfTheTrackingIsLost) {
  Drill drill;
  drill.fail_back_and_commit();
  drill.inject(FaultKind::tracking_lost);
  drill.done(Operation::reverse_replicate);
  EXPECT_EQ(drill.point(drill.status().points.back().id), drill.disks(Site::primary));
  drill.write_some(Site::primary, 95);
  drill.make_point();
  EXPECT_EQ(drill.point(drill.status().points.back().id), drill.disks(Site::primary));
}

}  // namespace
}  // namespace switchback::sim
