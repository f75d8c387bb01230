// SPDX-License-Identifier: Apache-2.0
// Cancel in the simulated world, before every call of every operation that can be cancelled.
#include <algorithm>

#include <gtest/gtest.h>

#include "vms/hosts/sim/drill_bench.hpp"

namespace switchback::sim {
namespace {

using namespace resting;

/// Runs the request and cancels it before its call number `at`. False if it has no such call.
bool cancel_at(Drill& drill, const Request& request, unsigned at,
               const Drill::Hook& meanwhile = {}) {
  bool cancelled = false;
  drill.run(request, [&](unsigned call, const JobPoint& point) {
    if (meanwhile) meanwhile(call, point);
    if (call != at || cancelled) return;
    cancelled = true;
    const ItemStatus status = drill.status();
    EXPECT_TRUE(status.allowed.contains(Operation::cancel));
    drill.done(Operation::cancel);
  });
  return cancelled;
}

/// The item is back at primary for good.
void expect_failover_cancelled(Drill& drill, const std::vector<RecoveryPoint>& points) {
  EXPECT_EQ(drill.state(), kFailoverCancelled);
  EXPECT_TRUE(drill.vms(Site::recovery).empty());
  for (const SeenVm& vm : drill.vms(Site::primary)) {
    EXPECT_TRUE(vm.running) << vm.name;
    EXPECT_EQ(vm.hold, Hold::none) << vm.name;
  }
  EXPECT_EQ(drill.census("export"), std::vector<std::string>());
  const std::vector<RecoveryPoint> now = drill.status().points;
  ASSERT_GE(now.size(), points.size());
  for (const RecoveryPoint& point : points)
    EXPECT_TRUE(std::any_of(now.begin(), now.end(),
                            [&](const RecoveryPoint& is) { return is.id == point.id; }));
  const Bytes wire = drill.laboratory().wire().total();
  drill.pass(std::chrono::minutes(30));
  EXPECT_EQ(drill.laboratory().wire().total(), wire);
}

TEST(Cancel, OfAFailoverBeforeAnyCallLeavesTheVmAtPrimary) {
  Request with_shut_down = Drill::ask(Operation::unplanned_failover);
  for (const ItemSpec& item : {one_vm(), group_of_two()}) {
    const std::vector<std::string> unprotected = Drill(item).census();
    for (const Request& request :
         {Drill::ask(Operation::planned_failover), with_shut_down, Drill::lost_site()}) {
      for (unsigned at = 0;; ++at) {
        SCOPED_TRACE(fmt::format("{} of {}, shut down {}, before call {}",
                                 name_of(request.operation), item.name, request.shut_down_source,
                                 at));
        Drill drill(item);
        drill.protect();
        const std::vector<RecoveryPoint> points = drill.status().points;
        const DiskContents source = drill.disks(Site::primary);
        const std::string incarnation = drill.vms(Site::primary).at(0).incarnation;
        if (!cancel_at(drill, request, at)) {
          ASSERT_GT(at, 10U);
          break;
        }
        expect_failover_cancelled(drill, points);
        EXPECT_EQ(drill.disks(Site::primary), source);
        if (request.operation == Operation::unplanned_failover && !request.shut_down_source) {
          EXPECT_EQ(drill.vms(Site::primary).at(0).incarnation, incarnation) << "left alone";
        }
        drill.done(Operation::disable);
        EXPECT_EQ(drill.census(), unprotected);
        if (testing::Test::HasFailure()) return;  // the first one is the shortest
      }
    }
  }
}

TEST(Cancel, OfAFailoverSurvivesTheDeathOfTheController) {
  for (unsigned at = 0;; ++at) {
    bool cancelled = false;
    for (unsigned killed_at = 0; killed_at < 60; killed_at += 3) {
      SCOPED_TRACE(
          fmt::format("cancelled before call {}, killed before call {} of that", at, killed_at));
      Drill drill(group_of_two());
      drill.protect();
      cancelled = false;
      drill.run(Drill::ask(Operation::planned_failover), [&](unsigned call, const JobPoint&) {
        if (call != at || cancelled) return;
        cancelled = true;
        const Outcome outcome = drill.run(Operation::cancel, [&](unsigned step, const JobPoint&) {
          if (step == killed_at) drill.inject(FaultKind::controller_killed);
        });
        // Killed before anything of the cancel was recorded, the failover goes on instead.
        EXPECT_EQ(std::holds_alternative<Done>(outcome), killed_at > 0) << reason_of(outcome);
      });
      if (!cancelled) break;
      if (killed_at == 0) {
        EXPECT_EQ(drill.state(), kFailedOver);
        continue;
      }
      expect_failover_cancelled(drill, {});
      if (testing::Test::HasFailure()) return;
    }
    if (!cancelled) {
      ASSERT_GT(at, 10U);
      break;
    }
    at += 4;
  }
}

TEST(Cancel, ThatCanNotReachPrimaryFailsAndBringsTheVmBackLater) {
  Drill drill;
  drill.protect();
  drill.run(Drill::ask(Operation::planned_failover), [&](unsigned, const JobPoint& point) {
    if (point.operation != Operation::planned_failover || point.stage != "failover") return;
    drill.inject(FaultKind::primary_lost);
    const Outcome outcome = drill.run(Operation::cancel);
    EXPECT_TRUE(std::holds_alternative<Failed>(outcome));
  });
  EXPECT_EQ(drill.state(), kReplicationStopped);
  EXPECT_EQ(drill.status().health, Health::critical);
  EXPECT_TRUE(drill.vms(Site::recovery).empty());
  drill.heal();
  drill.done(Operation::resynchronize);
  EXPECT_EQ(drill.state(), kProtected);
  EXPECT_TRUE(drill.live().primary);
  EXPECT_EQ(drill.point(drill.status().points.back().id), drill.disks(Site::primary));
}

TEST(Cancel, OfASynchronizationBeforeAnyCallLeavesTheRecoveryVmUntouched) {
  for (const ItemSpec& item : {one_vm(), group_of_two()}) {
    for (unsigned at = 0;; ++at) {
      SCOPED_TRACE(fmt::format("{} before call {}", item.name, at));
      Drill drill(item);
      drill.fail_over_and_commit();
      const DiskContents content = drill.disks(Site::recovery);
      const std::string incarnation = drill.vms(Site::recovery).at(0).incarnation;
      if (!cancel_at(drill, Operation::planned_failback, at)) {
        ASSERT_GT(at, 10U);
        break;
      }
      EXPECT_EQ(drill.state(), kFailbackBroken);
      EXPECT_EQ(drill.disks(Site::recovery), content);
      EXPECT_EQ(drill.vms(Site::recovery).at(0).incarnation, incarnation);
      for (const SeenVm& vm : drill.vms(Site::recovery))
        EXPECT_EQ(vm.hold, Hold::none) << vm.name;
      EXPECT_FALSE(drill.live().primary);
      EXPECT_EQ(drill.census("export"), std::vector<std::string>());
      drill.done(at % 2 == 0 ? Operation::planned_failback : Operation::full_failback);
      if (at % 2 == 0) drill.done(Operation::complete_failover);
      EXPECT_EQ(drill.disks(Site::primary), content);
      if (testing::Test::HasFailure()) return;
    }
  }
}

TEST(Cancel, OfAWaitingFailbackLeavesTheRecoveryVmUntouched) {
  Drill drill;
  drill.synchronize_back();
  const std::string incarnation = drill.vms(Site::recovery).at(0).incarnation;
  drill.done(Operation::cancel);
  EXPECT_EQ(drill.state(), kFailbackBroken);
  EXPECT_EQ(drill.vms(Site::recovery).at(0).incarnation, incarnation);
  const DiskContents content = drill.disks(Site::recovery);
  drill.done(Operation::planned_failback);
  drill.done(Operation::complete_failover);
  EXPECT_EQ(drill.disks(Site::primary), content);
}

TEST(Cancel, IsRefusedWhereTheTableHasNoRow) {
  Drill drill;
  drill.synchronize_back();
  unsigned refused = 0;
  const Outcome outcome = drill.run(Operation::complete_failover, [&](unsigned, const JobPoint&) {
    EXPECT_FALSE(drill.status().allowed.contains(Operation::cancel));
    const Progress progress = drill.must(drill.system().start(drill.item, Operation::cancel));
    const auto* const answer = std::get_if<Outcome>(&progress);
    ASSERT_NE(answer, nullptr);
    EXPECT_TRUE(std::holds_alternative<Refused>(*answer));
    ++refused;
  });
  EXPECT_TRUE(std::holds_alternative<Done>(outcome)) << reason_of(outcome);
  EXPECT_GT(refused, 5U);
}

}  // namespace
}  // namespace switchback::sim
