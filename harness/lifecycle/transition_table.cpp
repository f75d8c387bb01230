// SPDX-License-Identifier: Apache-2.0
// The rows. Numbers are those of the transition table drawn from the Azure Site Recovery tutorial
// "Fail over and fail back Hyper-V VMs replicated to Azure" and the documents beside it; what comes
// after a dot tells rows of one number apart by the state in which they start.
#include "harness/lifecycle/transition_table.hpp"

#include <algorithm>
#include <array>

#include "harness/lifecycle/resting_states.hpp"

namespace switchback {
namespace {

using namespace resting;
using enum Operation;
using enum PointsEffect;

// What an item shows while a job runs.
constexpr ItemState kSeeding{
    Role::active,         Role::standby,     Direction::primary_to_recovery,
    Replication::seeding, Awaiting::nothing, Points::none};
constexpr ItemState kFailingOver{Role::unknown,        Role::unknown,     Direction::none,
                                 Replication::stopped, Awaiting::nothing, Points::some};
constexpr ItemState kFailingBack{Role::unknown,
                                 Role::unknown,
                                 Direction::recovery_to_primary,
                                 Replication::in_sync,
                                 Awaiting::complete_failover,
                                 Points::none};
constexpr ItemState kDisabling{Role::unknown,     Role::unknown,     Direction::none,
                               Replication::none, Awaiting::nothing, Points::unknown};
constexpr ItemState kFailbackSynchronizing{
    Role::inconsistent,           Role::active,       Direction::recovery_to_primary,
    Replication::resynchronizing, Awaiting::failback, Points::none};
constexpr ItemState kFullyFailingBack{
    Role::inconsistent,           Role::unknown,      Direction::recovery_to_primary,
    Replication::resynchronizing, Awaiting::failback, Points::none};
constexpr ItemState kReversing{Role::active,
                               Role::standby,
                               Direction::primary_to_recovery,
                               Replication::resynchronizing,
                               Awaiting::reverse_replicate,
                               Points::none};

/// The state itself, with some parts not known for the time of a job.
constexpr ItemState with_recovery(ItemState state, Role role) {
  state.recovery = role;
  return state;
}
constexpr ItemState with_points(ItemState state, Points points) {
  state.points = points;
  return state;
}
constexpr ItemState resynchronizing(ItemState state) {
  state.direction = Direction::primary_to_recovery;
  state.replication = Replication::resynchronizing;
  return state;
}

constexpr std::string_view kTutorial = "tutorial \"Fail over and fail back Hyper-V VMs\"";
constexpr std::string_view kArchitecture = "Hyper-V to Azure architecture";
constexpr std::string_view kFailbackDoc = "Failback of Hyper-V VMs";
constexpr std::string_view kManage = "Manage registration and protection";
constexpr std::string_view kTestDoc = "Run a disaster recovery drill to Azure";
constexpr std::string_view kHyperV = "Hyper-V Replica, Suspend-VMReplication";
constexpr std::string_view kOwn = "own reading: the source is silent";

constexpr std::string_view kReplicate = "sends what changed since the last round, and only that";
constexpr std::string_view kProcess = "makes points of the data sent, expires points by the policy";
constexpr std::string_view kResync = "compares in fixed chunks and sends only those that differ";
constexpr std::string_view kUnplanned =
    "stops replication, starts the VM at recovery from the chosen point; all points are kept";
constexpr std::string_view kChange =
    "the VM again from another point; what it wrote since the failover is discarded";
constexpr std::string_view kCommit = "deletes all recovery points; the VM runs on";
constexpr std::string_view kMigrate = "ends protection; the VM stays at recovery";
constexpr std::string_view kSyncBack =
    "compares and sends what differs to primary while the VM runs on at recovery, then waits";
constexpr std::string_view kDownload =
    "shuts the recovery VM down, sends all of it, starts at primary; loses nothing";
constexpr std::string_view kDisable = "removes replica, points and tracking; the active VM runs on";
constexpr std::string_view kPurge =
    "as disable, without the primary site, which may go on tracking";
constexpr std::string_view kUpdate = "used by the next failover; replication goes on";
constexpr std::string_view kFence = "shuts the old primary VM down; it neither runs nor sends";

constexpr std::array kTable = {
    Transition{"1-3", kUnprotected, enable, kSeeding, kProtected, adds, true,
               "checks prerequisites, then copies the disks while the VM runs", kArchitecture},

    Transition{"4", kProtected, delta_replication, kProtected, kProtected, keeps, true, kReplicate,
               kArchitecture},
    Transition{"4.testing", kTesting, delta_replication, kTesting, kTesting, keeps, true,
               kReplicate, kTestDoc},
    Transition{"4p", kProtected, process_log, kProtected, kProtected, adds, true, kProcess,
               kArchitecture},
    Transition{"4p.testing", kTesting, process_log, kTesting, kTesting, adds, true, kProcess,
               kTestDoc},
    Transition{"4p.paused", kPaused, process_log, kPaused, kPaused, adds, false, kProcess, kOwn},
    Transition{"4p.resync", kResyncRequired, process_log, kResyncRequired, kResyncRequired, adds,
               false, kProcess, kOwn},

    Transition{"7", kProtected, pause, kProtected, kPaused, keeps, false,
               "no rounds; changes stay tracked", kHyperV},
    Transition{"8", kPaused, resume, kPaused, kProtected, keeps, true,
               "the next round sends all changes since the pause", kHyperV},
    Transition{"10", kResyncRequired, resynchronize, resynchronizing(kResyncRequired), kProtected,
               adds, true, kResync, kArchitecture},
    Transition{"10.seeding", kSeedingIncomplete, resynchronize, resynchronizing(kSeedingIncomplete),
               kProtected, adds, true, kResync, kArchitecture},
    Transition{"10.protected", kProtected, resynchronize, resynchronizing(kProtected), kProtected,
               adds, true, kResync, kArchitecture},
    Transition{"10.stopped", kReplicationStopped, resynchronize,
               resynchronizing(kReplicationStopped), kProtected, adds, true, kResync, kOwn},

    Transition{"11", kProtected, test_failover, kProtected, kTesting, may_add, true,
               "starts a copy of the VM on an isolated network; replication goes on", kTestDoc},
    Transition{"12", kTesting, cleanup_test_failover, kTesting, kProtected, keeps, true,
               "deletes the test VM and its disks", kTestDoc},

    Transition{"13-18", kProtected, unplanned_failover, kFailingOver, kFailedOverUnplanned, may_add,
               false, kUnplanned, kTutorial},
    Transition{"13-18.paused", kPaused, unplanned_failover, kFailingOver, kFailedOverUnplanned,
               may_add, false, kUnplanned, kOwn},
    Transition{"13-18.resync", kResyncRequired, unplanned_failover, kFailingOver,
               kFailedOverUnplanned, may_add, false, kUnplanned, kOwn},
    Transition{"13-18.stopped", kReplicationStopped, unplanned_failover, kFailingOver,
               kFailedOverUnplanned, may_add, false, kUnplanned, kOwn},
    Transition{"13f", kFailedOverUnplanned, fence_source, kFailedOverUnplanned, kFailedOver, keeps,
               false, kFence, kOwn},
    Transition{"13f.committed", kUnplannedCommitted, fence_source, kUnplannedCommitted,
               kFailoverCommitted, keeps, false, kFence, kOwn},

    Transition{"19", kProtected, planned_failover, kFailingOver, kFailedOver, adds, false,
               "shuts the source down, sends the rest, starts at recovery; loses nothing",
               kTutorial},
    Transition{"20", kFailedOver, change_recovery_point, with_recovery(kFailedOver, Role::unknown),
               kFailedOver, keeps, false, kChange, kTutorial},
    Transition{"20.unplanned", kFailedOverUnplanned, change_recovery_point,
               with_recovery(kFailedOverUnplanned, Role::unknown), kFailedOverUnplanned, keeps,
               false, kChange, kTutorial},
    Transition{"21", kFailedOver, commit, with_points(kFailedOver, Points::unknown),
               kFailoverCommitted, deletes_all, false, kCommit, kTutorial},
    Transition{"21.unplanned", kFailedOverUnplanned, commit,
               with_points(kFailedOverUnplanned, Points::unknown), kUnplannedCommitted, deletes_all,
               false, kCommit, kTutorial},
    Transition{"22", kFailingOver, cancel, kFailingOver, kFailoverCancelled, may_add, false,
               "the failover stops, the VM is back at primary; it does not replicate again",
               kTutorial},

    Transition{"23", kFailoverCommitted, planned_failback, kFailbackSynchronizing, kFailbackWaiting,
               keeps, false, kSyncBack, kTutorial},
    Transition{"23.unplanned", kUnplannedCommitted, planned_failback, kFailbackSynchronizing,
               kFailbackWaiting, keeps, false, kSyncBack, kTutorial},
    Transition{"23.broken", kFailbackBroken, planned_failback, kFailbackSynchronizing,
               kFailbackWaiting, keeps, false, kSyncBack, kFailbackDoc},
    Transition{"24", kFailbackWaiting, complete_failover, kFailingBack, kFailedBack, keeps, false,
               "shuts the recovery VM down, sends the rest, starts at primary; loses nothing",
               kTutorial},
    Transition{"25-26", kFailoverCommitted, full_failback, kFullyFailingBack, kFailedBack, keeps,
               false, kDownload, kTutorial},
    Transition{"25-26.unplanned", kUnplannedCommitted, full_failback, kFullyFailingBack,
               kFailedBack, keeps, false, kDownload, kTutorial},
    Transition{"25-26.broken", kFailbackBroken, full_failback, kFullyFailingBack, kFailedBack,
               keeps, false, kDownload, kFailbackDoc},
    Transition{"27", kFailbackSynchronizing, cancel, kFailbackSynchronizing, kFailbackBroken, keeps,
               false, "the primary disks are half written; the VM runs on at recovery",
               kFailbackDoc},
    Transition{"27.waiting", kFailbackWaiting, cancel, kFailbackWaiting, kFailbackBroken, keeps,
               false, "the primary disks are out of date; the VM runs on at recovery",
               kFailbackDoc},
    Transition{"28", kFailedBack, commit_failback, with_recovery(kFailedBack, Role::unknown),
               kFailbackCommitted, keeps, false,
               "deletes the recovery VM and its disks; the replica stays as the base", kTutorial},
    Transition{"29", kFailbackCommitted, reverse_replicate, kReversing, kProtected, adds, true,
               "sends only what changed since the recovery VM was turned off", kTutorial},

    Transition{"30", kProtected, disable, kDisabling, kUnprotected, deletes_all, false, kDisable,
               kManage},
    Transition{"30.paused", kPaused, disable, kDisabling, kUnprotected, deletes_all, false,
               kDisable, kManage},
    Transition{"30.resync", kResyncRequired, disable, kDisabling, kUnprotected, deletes_all, false,
               kDisable, kManage},
    Transition{"30.seeding", kSeedingIncomplete, disable, kDisabling, kUnprotected, deletes_all,
               false, kDisable, kManage},
    Transition{"30.stopped", kReplicationStopped, disable, kDisabling, kUnprotected, deletes_all,
               false, kDisable, kManage},
    Transition{"30.cancelled", kFailoverCancelled, disable, kDisabling, kUnprotected, deletes_all,
               false, kDisable, kTutorial},
    Transition{"30.back", kFailbackCommitted, disable, kDisabling, kUnprotected, deletes_all, false,
               kDisable, kManage},
    Transition{"30.over", kFailedOver, disable, kDisabling, kMigrated, deletes_all, false, kDisable,
               kManage},
    Transition{"30.unplanned", kFailedOverUnplanned, disable, kDisabling, kMigrated, deletes_all,
               false, kDisable, kManage},
    Transition{"30.committed", kFailoverCommitted, disable, kDisabling, kMigrated, deletes_all,
               false, kDisable, kManage},
    Transition{"30.unplanned_committed", kUnplannedCommitted, disable, kDisabling, kMigrated,
               deletes_all, false, kDisable, kManage},
    Transition{"30.broken", kFailbackBroken, disable, kDisabling, kMigrated, deletes_all, false,
               kDisable, kManage},

    Transition{"31", kProtected, purge, kDisabling, kUnprotected, deletes_all, false, kPurge,
               kManage},
    Transition{"31.paused", kPaused, purge, kDisabling, kUnprotected, deletes_all, false, kPurge,
               kManage},
    Transition{"31.resync", kResyncRequired, purge, kDisabling, kUnprotected, deletes_all, false,
               kPurge, kManage},
    Transition{"31.seeding", kSeedingIncomplete, purge, kDisabling, kUnprotected, deletes_all,
               false, kPurge, kManage},
    Transition{"31.stopped", kReplicationStopped, purge, kDisabling, kUnprotected, deletes_all,
               false, kPurge, kManage},
    Transition{"31.cancelled", kFailoverCancelled, purge, kDisabling, kUnprotected, deletes_all,
               false, kPurge, kManage},
    Transition{"31.back", kFailbackCommitted, purge, kDisabling, kUnprotected, deletes_all, false,
               kPurge, kManage},
    Transition{"31.over", kFailedOver, purge, kDisabling, kMigrated, deletes_all, false, kPurge,
               kManage},
    Transition{"31.unplanned", kFailedOverUnplanned, purge, kDisabling, kMigrated, deletes_all,
               false, kPurge, kManage},
    Transition{"31.committed", kFailoverCommitted, purge, kDisabling, kMigrated, deletes_all, false,
               kPurge, kManage},
    Transition{"31.unplanned_committed", kUnplannedCommitted, purge, kDisabling, kMigrated,
               deletes_all, false, kPurge, kManage},
    Transition{"31.broken", kFailbackBroken, purge, kDisabling, kMigrated, deletes_all, false,
               kPurge, kManage},

    Transition{"32", kProtected, update_properties, kProtected, kProtected, keeps, true, kUpdate,
               kTutorial},
    Transition{"32.paused", kPaused, update_properties, kPaused, kPaused, keeps, false, kUpdate,
               kOwn},

    Transition{"33", kFailedOver, complete_migration, kDisabling, kMigrated, deletes_all, false,
               kMigrate, kManage},
    Transition{"33.unplanned", kFailedOverUnplanned, complete_migration, kDisabling, kMigrated,
               deletes_all, false, kMigrate, kManage},
    Transition{"33.committed", kFailoverCommitted, complete_migration, kDisabling, kMigrated,
               deletes_all, false, kMigrate, kManage},
    Transition{"33.unplanned_committed", kUnplannedCommitted, complete_migration, kDisabling,
               kMigrated, deletes_all, false, kMigrate, kManage},
};

constexpr std::string_view kStops = "replication is stopped before anything else is done";
constexpr std::string_view kHalfWritten = "the primary disks are half written";
constexpr std::string_view kDeleted =
    "the replica was deleted: no point is left, all is to be copied";
constexpr std::string_view kUntracked = "changes at primary may not be tracked any more";

constexpr std::array kFailures = {
    FailureRow{"1e", kUnprotected, enable, "a prerequisite is missing, or the link is down",
               kUnprotected, "Hyper-V support matrix, \"Prerequisites check fails\""},
    FailureRow{"3e", kUnprotected, enable, "no room at recovery during initial replication",
               kSeedingIncomplete, "Deployment Planner report"},
    FailureRow{"5", kProtected, delta_replication, "recoverable; retried with growing delays",
               kProtected, kArchitecture},
    FailureRow{"6", kProtected, delta_replication, "not recoverable; not retried, critical",
               kProtected, kArchitecture},
    FailureRow{"9", kProtected, delta_replication,
               "tracking is lost, or the changes exceed half a disk", kResyncRequired,
               kArchitecture},
    FailureRow{"34", kProtected, delta_replication, "a disk was added, removed, resized or swapped",
               kResyncRequired, "Hyper-V support matrix"},
    FailureRow{"35", kProtected, delta_replication, kDeleted, kSeedingIncomplete, kOwn},
    FailureRow{"35.resync", kResyncRequired, resynchronize, kDeleted, kSeedingIncomplete, kOwn},
    FailureRow{"35.protected", kProtected, resynchronize, kDeleted, kSeedingIncomplete, kOwn},
    FailureRow{"35.stopped", kReplicationStopped, resynchronize, kDeleted, kSeedingIncomplete,
               kOwn},
    FailureRow{"13e", kProtected, unplanned_failover, kStops, kReplicationStopped, kTutorial},
    FailureRow{"13e.paused", kPaused, unplanned_failover, kStops, kReplicationStopped, kTutorial},
    FailureRow{"13e.resync", kResyncRequired, unplanned_failover, kStops, kReplicationStopped,
               kTutorial},
    FailureRow{"19e", kProtected, planned_failover,
               "the source does not shut down; VM and rounds "
               "go on",
               kProtected, "Overview of failover and failback"},
    FailureRow{"22e", kProtected, cancel, "the VM can't be brought back at primary",
               kReplicationStopped, kOwn},
    FailureRow{"25e", kFailoverCommitted, full_failback, kHalfWritten, kFailbackBroken,
               kFailbackDoc},
    FailureRow{"25e.unplanned", kUnplannedCommitted, full_failback, kHalfWritten, kFailbackBroken,
               kFailbackDoc},
    FailureRow{"26e", kFailoverCommitted, planned_failback,
               "primary has no such VM and none is to be made", kFailoverCommitted, kOwn},
    FailureRow{"27e", kFailoverCommitted, planned_failback, kHalfWritten, kFailbackBroken,
               kFailbackDoc},
    FailureRow{"27e.unplanned", kUnplannedCommitted, planned_failback, kHalfWritten,
               kFailbackBroken, kFailbackDoc},
    FailureRow{"30e", kProtected, disable, kUntracked, kResyncRequired, kOwn},
    FailureRow{"30e.paused", kPaused, disable, kUntracked, kResyncRequired, kOwn},
};

constexpr std::array kRefusals = {
    RefusalRow{"12e", kTesting, planned_failover, "only the clean-up is allowed", kTestDoc},
    RefusalRow{"20e", kFailoverCommitted, change_recovery_point, "committed, the points are gone",
               kTutorial},
    RefusalRow{"29e", kProtected, reverse_replicate, "the direction is right already",
               "recorded traffic of the service: InvalidFailoverDirection"},
};

}  // namespace

std::span<const Transition> transition_table() {
  return kTable;
}
std::span<const FailureRow> failure_table() {
  return kFailures;
}
std::span<const RefusalRow> refusal_table() {
  return kRefusals;
}

const Transition* find_transition(const ItemState& from, Operation operation) {
  for (const Transition& row : kTable)
    if (row.operation == operation && row.from == from) return &row;
  return nullptr;
}

bool may_fail_to(const ItemState& from, Operation operation, const ItemState& after) {
  const auto leads_there = [&](const FailureRow& row) {
    return row.from == from && row.operation == operation && compatible(row.to, after);
  };
  return compatible(from, after) || std::any_of(kFailures.begin(), kFailures.end(), leads_there);
}

OperationSet allowed_operations(const ItemState& from) {
  OperationSet allowed;
  for (const Transition& row : kTable)
    if (row.from == from && asked_by_operator(row.operation)) allowed.insert(row.operation);
  return allowed;
}

}  // namespace switchback
