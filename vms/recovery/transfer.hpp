// SPDX-License-Identifier: Apache-2.0
// The moves that several operations share: cut a view, copy it across the link, keep tracking.
#pragma once

#include <functional>
#include <optional>

#include "harness/lifecycle/state.hpp"
#include "vms/recovery/stages.hpp"

namespace switchback::recovery {

/// What is copied, and where to. References must outlive the task.
struct Transfer {
  Site source = Site::primary;
  bool source_runs = true;              ///< else the view is that of a stopped VM
  std::optional<CheckpointName> since;  ///< copy changes only; without it, all that is allocated
  std::function<VolumeName(const DiskSpec&)> target;  ///< on the other site, by disk
};

/// Cuts a view at the source, copies it to the volumes of the other site, flushes them and closes
/// the view. From a running source, change tracking restarts at the cut and `record.tracked_since`
/// is moved to it, which is right only if the caller's stage ends well: until the stage is recorded
/// as left, the record on disk still names the older checkpoint, so a retry sends a superset.
Task<Nothing> transfer(JobContext& job, Transfer what);

/// Ends every tracking on `site` but `record.tracked_since`: left behind by rounds that failed or
/// by the round before.
Task<Nothing> retire_checkpoints(JobContext& job, Site site);

/// The same where the operation is over and must not fail for it: what can't be removed now is
/// removed before the next transfer from that site.
Task<Nothing> retire_checkpoints_if_possible(JobContext& job, Site site);

/// Cuts the next recovery point: a fresh layer on top of the newest one, filled from the primary
/// with the changes since `record.tracked_since`, and listed once it is whole.
Task<Nothing> replicate_round(JobContext& job, bool source_runs);

/// Makes fresh volumes `<item>-<device>-<layer>` for all disks on the recovery site.
Task<Nothing> create_layer(JobContext& job, std::string layer, std::optional<std::string> backing);
/// Removes them.
Task<Nothing> remove_layer(JobContext& job, std::string layer);

}  // namespace switchback::recovery
