// SPDX-License-Identifier: Apache-2.0
// Stages of the change of recovery point: the failed-over VMs again, from another point.
//
// Source: the tutorial ("Change recovery point", until the commit); Hyper-V Replica,
// RevertFailover: "discarding the current failover disk". The copy that is given up is kept until
// the new one runs.
#pragma once

#include "vms/recovery/stages.hpp"

namespace switchback::recovery {

/// The chosen point is there and the key is right.
Task<Nothing> check_change_of_point(JobContext& job);
/// Makes the new copy's disks; the VMs, whose names it takes over, run on.
Task<Nothing> create_new_copy(JobContext& job);
/// Takes the VMs' power: what they wrote since the failover is given up anyway.
Task<Nothing> stop_old_copy(JobContext& job);
/// The VMs again, on the new disks, tracked from their first instruction on.
Task<Nothing> start_new_copy(JobContext& job);
/// Deletes the old disks. Never an Error: the new copy runs. What is left is deleted by the next
/// change, the commit or the end.
Task<Nothing> remove_previous_copy(JobContext& job);
/// Undo: the previous copy runs again, with all that it wrote.
Task<Nothing> return_to_previous_copy(JobContext& job);

}  // namespace switchback::recovery
