// SPDX-License-Identifier: Apache-2.0
// Stages that begin and keep up protection: enable, delta replication, pause, resume, properties.
#pragma once

#include <string_view>

#include "vms/recovery/stages.hpp"

namespace switchback::recovery {

// ---- enable
/// The VMs are there, run, have the disks that the item names and keep the limits (see limits.hpp);
/// recovery holds no VM of their names; an encrypted item comes with a key.
Task<Nothing> check_prerequisites(JobContext& job);
/// Keeps the key at recovery, if the item is to be encrypted.
Task<Nothing> store_key(JobContext& job);
/// Copies everything allocated to a fresh base layer while the VMs run, and lists it as a point.
Task<Nothing> replicate_all(JobContext& job);
/// Undo of enable: no replica, no tracking; but for want of room the base stays half filled.
Task<Nothing> undo_enable(JobContext& job);

// ---- delta replication
/// The VMs' disks are those of the record, tracking is unbroken, and the layer that it counts from
/// is there.
Task<Nothing> check_disks(JobContext& job);
/// One delta round: a new layer of data sent.
Task<Nothing> send_changes(JobContext& job);
/// Ends the tracking that the round just sent made unnecessary.
Task<Nothing> retire_primary_tracking(JobContext& job);

/// An Error if checkpoint `record.tracked_since` is not on all VMs at primary, with
/// `job.fail_to` set to resync_required.
Task<Nothing> check_tracking(JobContext& job);

// ---- pause, resume: the state alone says it
Task<Nothing> change_nothing(JobContext& job);

// ---- update of properties
/// The settings keep the limits.
Task<Nothing> check_settings(JobContext& job);
Task<Nothing> store_settings(JobContext& job);

// ---- the end
/// Ends change tracking and views on the VMs of a site.
Task<Nothing> stop_tracking(JobContext& job, Site site);
/// Deletes every layer of the replica, forgets points and key.
Task<Nothing> remove_replica_volumes(JobContext& job);

}  // namespace switchback::recovery
