// SPDX-License-Identifier: Apache-2.0
// Stages that begin, keep up and end protection: enable, delta replication, reverse replicate,
// disable. Each may be entered again after it was left halfway.
#pragma once

#include "vms/recovery/stages.hpp"

namespace switchback::recovery {

/// The VM runs at primary with the disks that the item names, and recovery holds no VM of its name.
Task<Nothing> check_vm_can_be_protected(JobContext& job);
/// Copies everything allocated to a fresh base layer while the VM runs, and lists it as a point.
Task<Nothing> replicate_all(JobContext& job);
/// Undo of enable: no replica, no tracking.
Task<Nothing> remove_replica(JobContext& job);

/// One delta round from the primary: a new recovery point.
Task<Nothing> send_changes(JobContext& job);
/// Ends the tracking that the round just sent made unnecessary.
Task<Nothing> retire_primary_tracking(JobContext& job);
/// Undo of a delta round: as if it had never begun; the changes stay tracked.
Task<Nothing> abandon_round(JobContext& job);

/// Ends change tracking on the VM, wherever the item rests.
Task<Nothing> stop_tracking(JobContext& job);
/// Deletes every layer of the replica and forgets the points.
Task<Nothing> remove_replica_volumes(JobContext& job);

}  // namespace switchback::recovery
