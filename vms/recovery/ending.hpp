// SPDX-License-Identifier: Apache-2.0
// Stages of the end of protection: disable, purge, complete migration. The VMs that are active
// stay.
//
// Source: "Manage registration and protection". Purge is for a primary site that is gone: it makes
// no call to it and leaves its tracking behind.
#pragma once

#include "vms/recovery/stages.hpp"

namespace switchback::recovery {

/// Ends guests' holds and views at primary. VMs that are gone have none.
Task<Nothing> release_primary(JobContext& job);
/// Ends tracking at primary. Where it fails a replication that had gone on needs to be
/// resynchronized.
Task<Nothing> end_primary_tracking(JobContext& job);
/// VMs that run at recovery no longer rest on layers of the replica: what is below their own disks
/// is folded into the base, which is theirs from now on. Ends their tracking. Nothing to do where
/// none are.
Task<Nothing> detach_target(JobContext& job);
/// Forgets points and data sent, deletes all layers, and the base and the key where no VM at
/// recovery needs them.
Task<Nothing> remove_replica(JobContext& job);

}  // namespace switchback::recovery
