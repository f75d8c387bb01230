// SPDX-License-Identifier: Apache-2.0
// Planned and unplanned failover in the simulated world: from which point, with what lost, and what
// becomes of the source.
#include <algorithm>

#include <gtest/gtest.h>

#include "vms/hosts/sim/drill_bench.hpp"

namespace switchback::sim {
namespace {

using namespace resting;

constexpr Duration kRound = std::chrono::minutes(5);

TEST(PlannedFailover, LosesNothingAndStartsFromThePointThatItMakes) {
  for (const ItemSpec& item : {one_vm(), group_of_two(), encrypted_vm()}) {
    Drill drill(item);
    drill.protect();
    const DiskContents source = drill.disks(Site::primary);
    const ItemStatus before = drill.status();
    drill.done(Drill::ask(Operation::planned_failover));
    const ItemStatus after = drill.status();
    EXPECT_EQ(after.state, kFailedOver);
    EXPECT_EQ(drill.disks(Site::recovery), source);
    EXPECT_GE(after.points.size(), before.points.size() + 1);
    ASSERT_TRUE(after.failover_point);
    EXPECT_EQ(*after.failover_point, after.points.back().id);
    EXPECT_EQ(drill.point(after.points.back().id), source);
    EXPECT_FALSE(drill.live().primary);
    for (const SeenVm& vm : drill.vms(Site::recovery))
      EXPECT_TRUE(vm.running) << vm.name;
    EXPECT_EQ(drill.vms(Site::recovery).size(), item.vms.size());
  }
}

TEST(PlannedFailover, NeverWritesToAPoint) {
  Drill drill;
  drill.protect();
  drill.done(Drill::ask(Operation::planned_failover));
  std::map<std::string, DiskContents> points;
  for (const RecoveryPoint& point : drill.status().points)
    points[point.id] = drill.point(point.id);
  for (std::uint64_t salt = 0; salt < 20; ++salt)
    drill.write_some(Site::recovery, salt);
  for (const auto& [id, content] : points)
    EXPECT_EQ(drill.point(id), content) << id;
}

TEST(PlannedFailover, FailsIfTheSourceDoesNotShutDownAndReplicationGoesOn) {
  for (const ItemSpec& item : {one_vm(), group_of_two()}) {
    Drill drill(item);
    drill.protect();
    const std::vector<std::string> before = drill.everything();
    drill.inject(FaultKind::shutdown_refused);
    const Outcome outcome = drill.run(Drill::ask(Operation::planned_failover));
    EXPECT_TRUE(std::holds_alternative<Failed>(outcome)) << reason_of(outcome);
    EXPECT_EQ(drill.everything(), before);
    drill.heal();
    drill.make_point();
    EXPECT_EQ(drill.point(drill.status().points.back().id), drill.disks(Site::primary));
  }
}

TEST(PlannedFailover, RunsTheSourceAgainIfItFailsAfterTheShutDown) {
  for (const ItemSpec& item : {one_vm(), group_of_two()}) {
    Drill drill(item);
    drill.protect();
    const DiskContents source = drill.disks(Site::primary);
    drill.inject(FaultKind::recovery_full);
    const Outcome outcome = drill.run(Drill::ask(Operation::planned_failover));
    EXPECT_TRUE(std::holds_alternative<Failed>(outcome)) << reason_of(outcome);
    EXPECT_EQ(drill.state(), kProtected);
    EXPECT_TRUE(drill.vms(Site::recovery).empty());
    for (const SeenVm& vm : drill.vms(Site::primary))
      EXPECT_TRUE(vm.running) << vm.name;
    drill.heal();
    drill.done(Drill::ask(Operation::planned_failover));
    EXPECT_EQ(drill.disks(Site::recovery), source);
  }
}

TEST(PlannedFailover, MakesTheVmAsItWasWithWhatTheOperatorWants) {
  Drill drill;
  drill.protect();
  drill.must(drill.laboratory().edit(drill.item.name, Edit::add_memory));
  const Hardware source = drill.vms(Site::primary).at(0).hardware;
  Request wish(Operation::update_properties);
  wish.settings = {.name_suffix = "dr",
                   .cpus = 7,
                   .memory_bytes = std::nullopt,
                   .network = "cloud",
                   .nic_addresses = {"", "192.168.0.9"}};
  drill.done(wish);
  drill.done(Drill::ask(Operation::planned_failover));
  const std::vector<SeenVm> vms = drill.vms(Site::recovery);
  ASSERT_EQ(vms.size(), 1U);
  EXPECT_EQ(vms[0].name, "vm-dr");
  Hardware wanted = source;
  wanted.cpus = 7;
  wanted.nics[0].network = wanted.nics[1].network = "cloud";
  wanted.nics[1].address = "192.168.0.9";
  EXPECT_EQ(vms[0].hardware, wanted);
  EXPECT_EQ(vms[0].disks, drill.item.disks);
  EXPECT_FALSE(vms[0].isolated);

  drill.done(Operation::commit);
  drill.done(Operation::planned_failback);
  drill.done(Operation::complete_failover);
  EXPECT_EQ(drill.vms(Site::primary).at(0).hardware, source) << "home again as it was";
}

TEST(UnplannedFailover, StartsFromTheChosenPoint) {
  for (const ItemSpec& item : {one_vm(), group_of_two(), encrypted_vm()}) {
    {
      Drill drill(item);
      drill.protect();
      const std::size_t points = drill.status().points.size();
      drill.done(Drill::lost_site(PointChoice::latest));
      EXPECT_EQ(drill.disks(Site::recovery), drill.sent());
      EXPECT_EQ(drill.status().points.size(), points + 1);
      EXPECT_EQ(drill.status().state, kFailedOverUnplanned);
    }
    {
      Drill drill(item);
      drill.protect();
      const RecoveryPoint newest = drill.status().points.back();
      const DiskContents content = drill.point(newest.id);
      EXPECT_NE(content, drill.sent());
      drill.done(Drill::lost_site(PointChoice::latest_processed));
      EXPECT_EQ(drill.disks(Site::recovery), content);
      EXPECT_EQ(drill.status().failover_point, newest.id);
    }
    for (const std::size_t which : {0U, 1U}) {
      Drill drill(item);
      drill.protect();
      const std::vector<RecoveryPoint> points = drill.status().points;
      const DiskContents content = drill.point(points.at(which).id);
      drill.done(Drill::lost_site(PointChoice::custom, points[which].id));
      EXPECT_EQ(drill.disks(Site::recovery), content);
      EXPECT_EQ(drill.status().failover_point, points[which].id);
      ASSERT_EQ(drill.status().points.size(), points.size()) << "all are kept until the commit";
      for (const RecoveryPoint& point : points)
        EXPECT_FALSE(drill.point(point.id).empty());
    }
  }
}

TEST(UnplannedFailover, StartsFromTheNewestAppConsistentPoint) {
  ItemSpec item = one_vm();
  item.policy.app_consistent = std::chrono::hours(1);
  Drill drill(item);
  drill.write_some(Site::primary, 1);
  drill.done(Drill::ask(Operation::enable));
  for (std::uint64_t salt = 2; salt < 5; ++salt) {
    drill.write_some(Site::primary, salt);
    drill.make_point();
  }
  const std::vector<RecoveryPoint> points = drill.status().points;
  const auto newest = std::find_if(points.rbegin(), points.rend(),
                                   [](const RecoveryPoint& point) { return point.app_consistent; });
  ASSERT_NE(newest, points.rend());
  ASSERT_NE(newest, points.rbegin()) << "the newest of all is crash-consistent";
  const DiskContents content = drill.point(newest->id);
  drill.done(Drill::lost_site(PointChoice::latest_app_consistent));
  EXPECT_EQ(drill.status().failover_point, newest->id);
  EXPECT_EQ(drill.disks(Site::recovery), content);
}

TEST(UnplannedFailover, IsRefusedForAPointThatIsNotThere) {
  Drill drill;
  drill.protect();
  const std::vector<std::string> before = drill.everything();
  for (const Request& request :
       {Drill::lost_site(PointChoice::custom, "p99"), Drill::lost_site(PointChoice::custom),
        Drill::lost_site(PointChoice::latest_app_consistent)}) {
    const Outcome outcome = drill.run(request);
    EXPECT_TRUE(std::holds_alternative<Refused>(outcome)) << reason_of(outcome);
    EXPECT_EQ(drill.everything(), before);
  }
}

TEST(UnplannedFailover, LeavesAPrimarySiteAloneThatItIsNotToShutDown) {
  Drill drill;
  drill.protect();
  const SeenVm before = drill.vms(Site::primary).at(0);
  std::vector<std::string> volumes = drill.census("volume");
  std::vector<std::string> tracking = drill.census("checkpoint");
  std::erase_if(tracking, [](const std::string& name) { return name.starts_with("recovery"); });
  drill.done(Drill::lost_site());
  const SeenVm after = drill.vms(Site::primary).at(0);
  EXPECT_TRUE(after.running);
  EXPECT_EQ(after.incarnation, before.incarnation);
  for (const std::string& name : tracking) {
    const std::vector<std::string> now = drill.census("checkpoint");
    EXPECT_NE(std::find(now.begin(), now.end(), name), now.end()) << name;
  }
}

TEST(UnplannedFailover, NeedsNoPrimarySite) {
  for (const bool shut_down : {false, true}) {
    Drill drill(group_of_two());
    drill.protect();
    drill.inject(FaultKind::primary_lost);
    Request request = Drill::lost_site();
    request.shut_down_source = shut_down;
    drill.done(request);
    EXPECT_EQ(drill.disks(Site::recovery), drill.sent());
    EXPECT_EQ(drill.state(), kFailedOverUnplanned);
  }
}

TEST(UnplannedFailover, ShutsDownAndSendsTheRestIfItCan) {
  for (const ItemSpec& item : {one_vm(), group_of_two()}) {
    Drill drill(item);
    drill.protect();
    const DiskContents source = drill.disks(Site::primary);
    drill.done(Drill::ask(Operation::unplanned_failover));
    EXPECT_EQ(drill.disks(Site::recovery), source) << "nothing lost";
    EXPECT_FALSE(drill.live().primary);
  }
}

TEST(UnplannedFailover, GoesOnIfTheSourceDoesNotShutDown) {
  for (const ItemSpec& item : {one_vm(), group_of_two()}) {
    Drill drill(item);
    drill.protect();
    drill.inject(FaultKind::shutdown_refused);
    drill.done(Drill::ask(Operation::unplanned_failover));
    EXPECT_EQ(drill.disks(Site::recovery), drill.sent());
    EXPECT_TRUE(drill.live().primary);
    EXPECT_EQ(drill.census("export"), std::vector<std::string>());
  }
}

TEST(UnplannedFailover, StopsReplicationEvenIfItFails) {
  for (const bool shut_down : {false, true}) {
    Drill drill;
    drill.protect();
    const std::vector<RecoveryPoint> points = drill.status().points;
    drill.inject(FaultKind::recovery_full);
    Request request = Drill::lost_site();
    request.shut_down_source = shut_down;
    const Outcome outcome = drill.run(request);
    EXPECT_TRUE(std::holds_alternative<Failed>(outcome));
    EXPECT_EQ(drill.state(), kReplicationStopped);
    EXPECT_TRUE(drill.live().primary) << "the VM runs where it ran";
    EXPECT_FALSE(drill.live().recovery);
    EXPECT_TRUE(drill.vms(Site::recovery).empty());
    drill.heal();
    const Bytes wire = drill.laboratory().wire().total();
    drill.pass(4 * kRound);
    EXPECT_EQ(drill.laboratory().wire().total(), wire);
    drill.done(Drill::lost_site(PointChoice::custom, points.front().id));
    EXPECT_EQ(drill.disks(Site::recovery), drill.point(points.front().id));
  }
}

TEST(UnplannedFailover, FencesTheOldPrimaryOnceItCanBeReached) {
  Drill drill(group_of_two());
  drill.protect();
  drill.inject(FaultKind::primary_lost);
  drill.done(Drill::lost_site());
  drill.pass(3 * kRound);
  EXPECT_EQ(drill.state(), kFailedOverUnplanned);
  EXPECT_TRUE(drill.live().primary);
  drill.heal();
  drill.pass(2 * kRound);
  EXPECT_EQ(drill.state(), kFailedOver);
  EXPECT_FALSE(drill.live().primary);
  EXPECT_TRUE(drill.live().recovery);
  for (const std::string& name : drill.census("checkpoint"))
    EXPECT_TRUE(name.starts_with("recovery")) << name;
}

TEST(Failover, WithoutItsKeyChangesNothing) {
  for (const std::string& key : {std::string(), std::string("wrong horse")}) {
    for (const Operation operation :
         {Operation::planned_failover, Operation::unplanned_failover, Operation::test_failover}) {
      Drill drill(encrypted_vm());
      drill.protect();
      const std::vector<std::string> before = drill.everything();
      const std::string incarnation = drill.vms(Site::primary).at(0).incarnation;
      Request request(operation);
      request.key = key;
      const Outcome outcome = drill.run(request);
      EXPECT_TRUE(std::holds_alternative<Failed>(outcome)) << name_of(operation);
      EXPECT_EQ(reason_of(outcome).find("horse"), std::string::npos) << reason_of(outcome);
      EXPECT_EQ(drill.everything(), before) << name_of(operation);
      EXPECT_EQ(drill.vms(Site::primary).at(0).incarnation, incarnation);
      drill.done(Drill::ask(operation));
    }
  }
}

TEST(Commit, LeavesTheVmAloneAndNoPoint) {
  for (const ItemSpec& item : {one_vm(), group_of_two(), encrypted_vm()}) {
    for (const std::size_t which : {0U, 1U, 2U}) {
      Drill drill(item);
      drill.protect();
      drill.done(Drill::lost_site(PointChoice::custom, drill.status().points.at(which).id));
      drill.write_some(Site::recovery, 6);
      const DiskContents content = drill.disks(Site::recovery);
      const std::string incarnation = drill.vms(Site::recovery).at(0).incarnation;
      drill.done(Operation::commit);
      EXPECT_TRUE(drill.status().points.empty());
      EXPECT_EQ(drill.disks(Site::recovery), content);
      EXPECT_EQ(drill.vms(Site::recovery).at(0).incarnation, incarnation);
      std::vector<std::string> volumes = drill.census("volume");
      std::erase_if(volumes, [](const std::string& name) { return name.starts_with("primary"); });
      EXPECT_EQ(volumes.size(), 2 * item.disks.size()) << "base and the VM's own disks";
    }
  }
}

}  // namespace
}  // namespace switchback::sim
