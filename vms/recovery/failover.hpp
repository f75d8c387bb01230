// SPDX-License-Identifier: Apache-2.0
// Stages of the way out: planned and unplanned failover.
//
// Source: tutorial "Fail over and fail back Hyper-V VMs replicated to Azure". Planned: the source
// is shut down first, nothing is lost, and without the shutdown there is no failover. Unplanned:
// from a chosen point, replication stops before anything else is done, and it "continues even if
// shutdown fails".
#pragma once

#include "vms/recovery/stages.hpp"

namespace switchback::recovery {

/// The VMs run at primary with the disks and the tracking of the record, their names are free at
/// recovery, and the key is right.
Task<Nothing> check_planned_failover(JobContext& job);
/// The chosen point is there, the names are free at recovery, and the key is right. Makes no call
/// to the primary site.
Task<Nothing> check_unplanned_failover(JobContext& job);

/// Shuts all VMs at primary down; an Error if one does not obey.
Task<Nothing> shut_down_source(JobContext& job);
/// With the source off nothing can change any more: sends what is left and makes it a point.
Task<Nothing> prepare_for_failover(JobContext& job);

/// From here on no round runs, whatever becomes of the failover.
Task<Nothing> stop_replication(JobContext& job);
/// If the operator wants it: tries to shut the VMs at primary down and, if all are off, to send
/// what is left as one more log. Never an Error. Else makes no call to the primary site.
Task<Nothing> try_to_shut_down_source(JobContext& job);
/// Latest: makes points of all data sent.
Task<Nothing> process_if_latest(JobContext& job);

/// Makes the recovery VMs on overlays of the chosen point (planned: of the newest).
Task<Nothing> create_target(JobContext& job);
/// Starts them, tracked from their first instruction on.
Task<Nothing> start_target(JobContext& job);

/// Undo: no VM at recovery; if this job was to shut the VMs at primary down, they run again. An
/// Error if that can't be: what is missing is made up for before the next job.
Task<Nothing> return_to_source(JobContext& job);
/// The same of an operation that was cancelled; an Error if what it did at primary could not be
/// taken back. `record.target` tells whether the copy at recovery could.
Task<Nothing> return_from_failover(JobContext& job, Operation operation);

}  // namespace switchback::recovery
