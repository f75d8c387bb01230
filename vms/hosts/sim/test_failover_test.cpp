// SPDX-License-Identifier: Apache-2.0
// Test failover and change of recovery point in the simulated world: copies that come and go
// without anything else being changed.
#include <gtest/gtest.h>

#include "vms/hosts/sim/drill_bench.hpp"

namespace switchback::sim {
namespace {

using namespace resting;

TEST(TestFailover, IsTheChosenPointInABoxWhileReplicationGoesOn) {
  for (const ItemSpec& item : {one_vm(), group_of_two(), encrypted_vm()}) {
    Drill drill(item);
    drill.protect();
    const RecoveryPoint oldest = drill.status().points.front();
    const DiskContents content = drill.point(oldest.id);
    const std::string incarnation = drill.vms(Site::primary).at(0).incarnation;
    const std::vector<std::string> census = drill.census();
    drill.done(Drill::ask(Operation::test_failover, PointChoice::custom, oldest.id));
    EXPECT_EQ(drill.state(), kTesting);
    EXPECT_EQ(drill.test_disks(), content);
    for (const SeenVm& vm : drill.vms(Site::recovery)) {
      EXPECT_TRUE(vm.test) << vm.name;
      EXPECT_TRUE(vm.running) << vm.name;
      EXPECT_TRUE(vm.isolated || vm.hardware.nics.empty()) << vm.name;
      EXPECT_EQ(vm.hardware.cpus, item.vms[vm.vm].cpus);
    }
    drill.must(drill.laboratory().write_test(item.name, {{0, 3, 777}}));
    drill.write_some(Site::primary, 20);
    drill.make_point();
    drill.make_point();
    EXPECT_EQ(drill.point(drill.status().points.back().id), drill.disks(Site::primary));
    EXPECT_EQ(drill.point(oldest.id), content) << "what the test VM writes stays its own";
    drill.done(Operation::cleanup_test_failover);
    EXPECT_EQ(drill.state(), kProtected);
    EXPECT_TRUE(drill.vms(Site::recovery).empty());
    EXPECT_EQ(drill.vms(Site::primary).at(0).incarnation, incarnation);
    for (const std::string& name : drill.census("volume"))
      EXPECT_EQ(name.find("-x"), std::string::npos) << name;
  }
}

TEST(TestFailover, ToLatestHoldsAllDataSent) {
  Drill drill;
  drill.protect();
  drill.done(Drill::ask(Operation::test_failover));
  EXPECT_EQ(drill.test_disks(), drill.sent());
}

TEST(TestFailover, GoesOnWhileItsPointExpires) {
  for (const ItemSpec& item : {one_vm(), group_of_two()}) {
    ItemSpec with_few = item;
    with_few.policy.most_points = 2;
    Drill drill(with_few);
    drill.protect();
    drill.done(Drill::ask(Operation::test_failover, PointChoice::latest_processed));
    const DiskContents content = drill.test_disks();
    for (std::uint64_t salt = 30; salt < 36; ++salt) {
      drill.write_some(Site::primary, salt);
      drill.make_point();
    }
    EXPECT_EQ(drill.test_disks(), content);
    drill.done(Operation::cleanup_test_failover);
    drill.make_point();
    drill.done(Drill::ask(Operation::planned_failover));
    EXPECT_EQ(drill.vms(Site::recovery).size(), item.vms.size());
  }
}

TEST(TestFailover, LeavesNothingIfThereIsNoRoom) {
  Drill drill(group_of_two());
  drill.protect();
  const std::vector<std::string> before = drill.census();
  drill.inject(FaultKind::recovery_full);
  const Outcome outcome =
      drill.run(Drill::ask(Operation::test_failover, PointChoice::latest_processed));
  EXPECT_TRUE(std::holds_alternative<Failed>(outcome));
  EXPECT_EQ(drill.state(), kProtected);
  EXPECT_EQ(drill.census(), before);
}

TEST(ChangeOfPoint, GoesBackAndForth) {
  for (const ItemSpec& item : {one_vm(), group_of_two(), encrypted_vm()}) {
    for (const bool planned : {true, false}) {
      Drill drill(item);
      if (planned)
        drill.fail_over();
      else
        drill.fail_over_unplanned();
      const ItemState from = drill.state();
      const std::vector<RecoveryPoint> points = drill.status().points;
      std::map<std::string, DiskContents> contents;
      for (const RecoveryPoint& point : points)
        contents[point.id] = drill.point(point.id);
      const std::vector<std::size_t> order = {0, points.size() - 1, 1, 1, 0};
      for (const std::size_t which : order) {
        const std::string id = points[which].id;
        drill.done(Drill::ask(Operation::change_recovery_point, PointChoice::custom, id));
        EXPECT_EQ(drill.state(), from);
        EXPECT_EQ(drill.disks(Site::recovery), contents[id]);
        EXPECT_EQ(drill.status().failover_point, id);
        EXPECT_EQ(drill.status().points.size(), points.size());
        drill.write_some(Site::recovery, 40 + which);
      }
      for (const auto& [id, content] : contents)
        EXPECT_EQ(drill.point(id), content) << id;
      const DiskContents content = drill.disks(Site::recovery);
      drill.done(Operation::commit);
      EXPECT_EQ(drill.disks(Site::recovery), content);
    }
  }
}

TEST(ChangeOfPoint, BringsThePreviousCopyBackIfItFails) {
  Drill drill(group_of_two());
  drill.fail_over();
  const std::vector<std::string> before = drill.everything();
  drill.inject(FaultKind::recovery_full);
  const Outcome outcome = drill.run(Drill::ask(
      Operation::change_recovery_point, PointChoice::custom, drill.status().points.front().id));
  EXPECT_TRUE(std::holds_alternative<Failed>(outcome));
  EXPECT_EQ(drill.everything(), before);
}

TEST(ChangeOfPoint, WithoutItsKeyChangesNothing) {
  Drill drill(encrypted_vm());
  drill.fail_over();
  const std::vector<std::string> before = drill.everything();
  const std::string incarnation = drill.vms(Site::recovery).at(0).incarnation;
  Request request(Operation::change_recovery_point);
  request.point = PointChoice::custom;
  request.point_id = drill.status().points.front().id;
  for (const std::string& key : {std::string(), std::string("wrong horse")}) {
    request.key = key;
    EXPECT_TRUE(std::holds_alternative<Failed>(drill.run(request)));
    EXPECT_EQ(drill.everything(), before);
    EXPECT_EQ(drill.vms(Site::recovery).at(0).incarnation, incarnation);
  }
}

}  // namespace
}  // namespace switchback::sim
