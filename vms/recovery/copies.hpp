// SPDX-License-Identifier: Apache-2.0
// Copies of the item's VMs at recovery, on layers of their own over a recovery point: what a
// failover starts, what a test failover starts. A point's own layer is never written to.
//
// Every function may be called again after it was left halfway.
#pragma once

#include <optional>

#include "vms/recovery/stages.hpp"

namespace switchback::recovery {

/// The copy that a failover from this point starts, by the names that come next. Makes nothing.
CopyRecord next_target(const ItemRecord& record, const PointRecord& point);
/// The same of a test failover.
CopyRecord next_test_copy(const ItemRecord& record, const PointRecord& point);

/// An Error if the item is encrypted and `job.key` is not its key. A controller that died since the
/// key was given does not know it any more: then too.
Task<Nothing> check_key(JobContext& job, std::string layer);
/// An Error if recovery has VMs by these names.
Task<Nothing> check_names_are_free(JobContext& job, std::vector<VmName> names);

/// Makes the copy's disks: overlays of the point's, nothing written.
Task<Nothing> create_copy_disks(JobContext& job, CopyRecord copy);
/// Defines its VMs, stopped, as their originals were at the point, with the operator's settings.
Task<Nothing> define_copy(JobContext& job, CopyRecord copy, bool isolated);
/// As Host::start_vm(), and succeeds where the VM runs untracked: its site has lost its power since
/// it was started. That is for whoever needs the tracking to find.
Nothing start_tracked(Host& host, const VmName& vm, const std::optional<CheckpointName>& track);
/// Starts its VMs, tracked from their first instruction on if `track` is given.
Task<Nothing> start_copy(JobContext& job, CopyRecord copy, std::optional<CheckpointName> track);
/// Takes the power of those of its VMs that there are.
Task<Nothing> force_off_copy(JobContext& job, CopyRecord copy);
/// Removes those of its VMs that there are, running or not. A VM of the same name that has other
/// disks is not the copy's and stays.
Task<Nothing> remove_copy_vms(JobContext& job, CopyRecord copy);
/// Nothing is left of it: neither VMs nor disks.
Task<Nothing> discard_copy(JobContext& job, CopyRecord copy);

}  // namespace switchback::recovery
