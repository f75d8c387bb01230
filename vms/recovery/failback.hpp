// SPDX-License-Identifier: Apache-2.0
// Stages of the way back: planned failback (synchronize first), complete failover, its commit.
#pragma once

#include "vms/recovery/stages.hpp"

namespace switchback::recovery {

/// The primary's disks are about to be overwritten: no VM may use them.
Task<Nothing> check_primary_is_off(JobContext& job);
/// Sends what changed since the failover to the primary's own disks, while the VM runs at recovery.
Task<Nothing> synchronize_to_primary(JobContext& job);
Task<Nothing> retire_recovery_tracking(JobContext& job);
/// Undo: the primary's disks may be half overwritten; the changes stay tracked for the next try.
Task<Nothing> abandon_synchronization(JobContext& job);

Task<Nothing> shut_down_target(JobContext& job);
Task<Nothing> send_final_to_primary(JobContext& job);
/// Starts the VM at primary, tracked from its first instruction on: the base of reverse
/// replication.
Task<Nothing> start_primary(JobContext& job);
/// Undo: the VM runs at recovery again, tracked as before.
Task<Nothing> return_to_target(JobContext& job);

/// Commit of the failback: the recovery VM goes, its disks stay for the next stage.
Task<Nothing> remove_target_vm(JobContext& job);
/// The base takes over what the recovery VM wrote, so that it equals the primary's disks as of
/// power-off.
Task<Nothing> advance_base(JobContext& job);
/// Only with the base safe are the recovery VM's disks deleted. A stage of its own: a retry of
/// advance_base must still find them.
Task<Nothing> remove_target_disks(JobContext& job);

}  // namespace switchback::recovery
