// SPDX-License-Identifier: Apache-2.0
// The ends of protection in the simulated world, from every state that has one: what stays is the
// active VM and its disks.
#include <algorithm>

#include <gtest/gtest.h>

#include "vms/hosts/sim/drill_bench.hpp"

namespace switchback::sim {
namespace {

using namespace resting;

struct Situation {
  std::string_view name;
  std::function<void(Drill&)> reach;
};

const std::vector<Situation>& situations() {
  static const std::vector<Situation> all = {
      {"protected", [](Drill& drill) { drill.protect(); }},
      {"paused",
       [](Drill& drill) {
         drill.protect();
         drill.done(Operation::pause);
       }},
      {"resync_required",
       [](Drill& drill) {
         drill.protect();
         drill.inject(FaultKind::tracking_lost);
         drill.pass(std::chrono::minutes(5));
         EXPECT_EQ(drill.state(), kResyncRequired);
       }},
      {"seeding_incomplete",
       [](Drill& drill) {
         drill.write_some(Site::primary, 1);
         drill.run(Drill::ask(Operation::enable), [&](unsigned, const JobPoint& point) {
           if (point.call_name == "write") drill.inject(FaultKind::recovery_full);
         });
         drill.heal();
         EXPECT_EQ(drill.state(), kSeedingIncomplete);
       }},
      {"replication_stopped",
       [](Drill& drill) {
         drill.protect();
         drill.inject(FaultKind::recovery_full);
         drill.run(Drill::lost_site());
         drill.heal();
         EXPECT_EQ(drill.state(), kReplicationStopped);
       }},
      {"failover_cancelled",
       [](Drill& drill) {
         drill.protect();
         drill.run(Drill::ask(Operation::planned_failover), [&](unsigned, const JobPoint& point) {
           if (point.operation == Operation::planned_failover && point.stage == "start_target" &&
               drill.state() != kFailoverCancelled)
             drill.done(Operation::cancel);
         });
         EXPECT_EQ(drill.state(), kFailoverCancelled);
       }},
      {"failed_over", [](Drill& drill) { drill.fail_over(); }},
      {"failed_over_to_an_old_point",
       [](Drill& drill) {
         drill.protect();
         drill.done(Drill::lost_site(PointChoice::custom, drill.status().points.at(1).id));
         drill.write_some(Site::recovery, 6);
       }},
      {"failed_over_unplanned", [](Drill& drill) { drill.fail_over_unplanned(); }},
      {"failover_committed", [](Drill& drill) { drill.fail_over_and_commit(); }},
      {"unplanned_committed",
       [](Drill& drill) {
         drill.fail_over_unplanned();
         drill.commit();
       }},
      {"failback_broken",
       [](Drill& drill) {
         drill.synchronize_back();
         drill.done(Operation::cancel);
       }},
      {"failback_committed", [](Drill& drill) { drill.fail_back_and_commit(); }},
  };
  return all;
}

/// What is at recovery, but for the VMs' own.
std::vector<std::string> foreign_at_recovery(Drill& drill) {
  std::vector<std::string> found = drill.census();
  std::erase_if(found, [](const std::string& name) {
    return name.starts_with("primary") || name.find("replica") != std::string::npos;
  });
  std::erase_if(found, [&](const std::string& name) {
    const bool key = drill.item.policy.encrypted && name.starts_with("recovery key");
    return key || name.starts_with("recovery vm ") || name.find("-t") != std::string::npos;
  });
  return found;
}

void expect_ended(Drill& drill, Site active, const DiskContents& content,
                  const std::string& incarnation, Operation operation) {
  EXPECT_EQ(drill.disks(active), content);
  ASSERT_EQ(drill.vms(active).size(), drill.item.vms.size());
  EXPECT_EQ(drill.vms(active).at(0).incarnation, incarnation);
  for (const SeenVm& vm : drill.vms(active))
    EXPECT_TRUE(vm.running) << vm.name;
  EXPECT_TRUE(drill.status().points.empty());
  if (operation != Operation::purge) {
    EXPECT_EQ(drill.census("checkpoint"), std::vector<std::string>());
  }
  EXPECT_EQ(foreign_at_recovery(drill), std::vector<std::string>());
  EXPECT_EQ(drill.state(), active == Site::primary ? initial_state() : kMigrated);
}

TEST(Ending, LeavesTheActiveVmWithItsDisksAndNothingElse) {
  for (const ItemSpec& item : {one_vm(), group_of_two(), encrypted_vm()}) {
    const std::vector<std::string> unprotected = Drill(item).census();
    for (const Situation& situation : situations()) {
      for (const Operation operation :
           {Operation::disable, Operation::purge, Operation::complete_migration}) {
        SCOPED_TRACE(fmt::format("{} of {} {}", name_of(operation), item.name, situation.name));
        Drill drill(item);
        situation.reach(drill);
        if (find_transition(drill.state(), operation) == nullptr) {
          EXPECT_EQ(operation, Operation::complete_migration);
          continue;
        }
        const Site active = *active_site(drill.state());
        const DiskContents content = drill.disks(active);
        const std::string incarnation = drill.vms(active).at(0).incarnation;
        if (operation == Operation::purge) drill.inject(FaultKind::primary_lost);
        drill.done(operation);
        drill.heal();
        expect_ended(drill, active, content, incarnation, operation);
        if (active == Site::primary && operation == Operation::disable) {
          EXPECT_EQ(drill.census(), unprotected);
        }
        if (active == Site::primary) {
          drill.done(Drill::ask(Operation::enable));
          EXPECT_EQ(drill.point(drill.status().points.back().id), content);
        }
        if (testing::Test::HasFailure()) return;
      }
    }
  }
}

TEST(Ending, NeedsPrimaryUnlessItIsAPurge) {
  for (const Operation operation : {Operation::disable, Operation::complete_migration}) {
    Drill drill;
    drill.fail_over_unplanned();
    const std::vector<std::string> before = drill.everything();
    drill.inject(FaultKind::primary_lost);
    const Outcome outcome = drill.run(operation);
    EXPECT_TRUE(std::holds_alternative<Failed>(outcome));
    EXPECT_EQ(drill.everything(), before);
    drill.heal();
    drill.done(operation);
  }
}

TEST(Ending, ByPurgeRunsAVmAgainThatALostPrimaryHadStopped) {
  Drill drill;
  drill.synchronize_back();
  drill.run(Operation::complete_failover, [&](unsigned, const JobPoint& point) {
    if (point.stage == "start_primary") drill.inject(FaultKind::primary_lost);
  });
  EXPECT_FALSE(drill.live().recovery);
  const DiskContents content = drill.disks(Site::recovery);
  EXPECT_TRUE(std::holds_alternative<Failed>(drill.run(Operation::cancel)) ||
              drill.state() == kFailbackBroken);
  drill.done(Operation::purge);
  EXPECT_TRUE(drill.live().recovery);
  EXPECT_EQ(drill.disks(Site::recovery), content);
}

TEST(OtherTools, KeepTheirTrackingThroughRoundsAndTheEndOfProtection) {
  Drill drill;
  drill.protect();
  drill.must(drill.laboratory().edit(drill.item.name, Edit::foreign_checkpoint));
  const auto others = [&] {
    std::vector<CensusEntry> all = Drill::must(drill.laboratory().census(drill.item.name));
    std::erase_if(all, [](const CensusEntry& entry) { return !is_of_others(entry); });
    return all;
  };
  const std::vector<CensusEntry> made = others();
  EXPECT_EQ(made.size(), drill.item.disks.size());
  drill.make_point();
  EXPECT_EQ(others(), made);
  EXPECT_EQ(drill.status().health, Health::normal);
  drill.done(Operation::disable);
  EXPECT_EQ(others(), made);
}

}  // namespace
}  // namespace switchback::sim
