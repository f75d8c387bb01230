// SPDX-License-Identifier: Apache-2.0
// Stages of the way back: planned failback (synchronize, then wait), its completion, the full
// download, and the commit.
//
// Source: the tutorial and "Failback of Hyper-V VMs": compare and send what differs while the VM
// runs at recovery, or shut down and download everything.
#pragma once

#include "vms/recovery/stages.hpp"

namespace switchback::recovery {

/// The VMs at primary, whose disks are to be overwritten, are off and have the disks of the record;
/// those that are gone may be made again, if the operator wants it.
Task<Nothing> check_primary_is_off(JobContext& job);
/// Makes VMs that primary has no more, with empty disks, and gives back to the others what they
/// were made of when they failed over.
Task<Nothing> create_missing_primary(JobContext& job);
/// Compares the running VMs with primary's own disks and sends what differs.
Task<Nothing> synchronize_to_primary(JobContext& job);
Task<Nothing> retire_recovery_tracking(JobContext& job);
/// Undo: the VMs run on at recovery; the disks at primary may be half written.
Task<Nothing> abandon_synchronization(JobContext& job);

Task<Nothing> shut_down_target(JobContext& job);
/// The same, once the VMs at primary are known to have still the disks that were synchronized.
/// What comes after it looks again before it writes to them: an operation that is taken up where it
/// failed begins there.
Task<Nothing> check_and_shut_down_target(JobContext& job);
/// Sends what changed since the synchronization.
Task<Nothing> send_final_to_primary(JobContext& job);
/// Starts the VMs at primary, tracked from their first instruction on: the base of reverse
/// replication.
Task<Nothing> start_primary(JobContext& job);
/// Undo of completion and of the full download: the VMs run at recovery again. Not before those at
/// primary are known to be off: else an Error, and nothing runs twice. Of VMs that the completion
/// has started there nothing is taken back: asked for again, it goes on with them.
Task<Nothing> return_to_target(JobContext& job);
/// The VMs run at recovery after a completion whose undo failed, and what runs at primary is given
/// up: for operations by which somebody has decided so.
Task<Nothing> give_up_completion(JobContext& job);

/// Full download: fresh, empty disks for all VMs at primary, which are made if they are gone.
Task<Nothing> renew_primary(JobContext& job);
/// Sends all that is allocated.
Task<Nothing> download(JobContext& job);

/// Commit of the failback: the recovery VMs go, their disks stay for the next stage.
Task<Nothing> remove_target_vm(JobContext& job);
/// The base takes over what the recovery VMs wrote, so that it equals the primary's disks as of
/// power-off.
Task<Nothing> advance_base(JobContext& job);
/// Only with the base safe are the recovery VMs' disks deleted. A stage of its own: a retry of
/// advance_base must still find them.
Task<Nothing> remove_target_disks(JobContext& job);

/// Reverse replication: one round from primary with what changed since it was started there, and at
/// once a point of it.
Task<Nothing> send_changes_since_failback(JobContext& job);

}  // namespace switchback::recovery
