// SPDX-License-Identifier: Apache-2.0
// The moves that several operations share: cut views of all VMs at one instant, copy them across
// the link, keep tracking.
//
// Every function may be called again after it was left halfway. What it changes in the record is
// right only if the caller's stage ends well.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "harness/lifecycle/state.hpp"
#include "vms/recovery/stages.hpp"

namespace switchback::recovery {

/// The names of the item's VMs on a site, by number: at recovery those of `record.target`, none if
/// there is none.
std::vector<VmName> vms_on(const ItemRecord& record, Site site);

// ---- holding guests

/// Lets all guests on the site go that a cut may have left frozen or suspended. A guest that does
/// not answer is asked again a few times; an Error if one may still be held.
Task<Nothing> release_guests(JobContext& job, Site site);

// ---- cuts

struct CutOrder {
  Site source = Site::primary;
  bool running = true;                  ///< else the views are those of stopped VMs
  std::optional<CheckpointName> since;  ///< only what changed since; without it, all allocated
  bool quiesce = false;  ///< freeze the guests; if one refuses, the cut is crash-consistent
};

/// Views of all VMs, cut at one instant.
struct Cut {
  Instant at{};    ///< on the service's own clock
  Instant wall{};  ///< as the wall clock showed it
  bool app_consistent = false;
  bool held = false;                         ///< the guests were, until all views were open
  ConfigRecord config;                       ///< of all VMs, at the cut
  CheckpointName next;                       ///< tracking that began at the cut; empty if stopped
  std::vector<std::unique_ptr<View>> views;  ///< by VM
};

/// Cuts the views. Guests are held for the cut if it is to be app-consistent or if there are
/// several, and let go afterwards whatever happens; an Error if one was let go before. Takes the
/// next number of `record.round` for the tracking that begins. An Error if a VM of primary has
/// other disks than the record.
Task<Result<Cut>> cut_views(JobContext& job, CutOrder order);
/// Ends the views of all VMs on a site, if there are any.
Task<Nothing> close_views(JobContext& job, Site site);

/// Ends every tracking of the service on `site` but `record.tracked_since`: left behind by rounds
/// that failed or by the round before.
Task<Nothing> retire_checkpoints(JobContext& job, Site site);
/// The same where the operation is over and must not fail for it: what can't be removed now is
/// removed before the next transfer from that site.
Task<Nothing> retire_checkpoints_if_possible(JobContext& job, Site site);

/// Ends the item's tracking of disks of primary that were moved to another VM there, and nothing
/// else that is on them: the other VM's tracking bears another name.
Task<Nothing> retire_checkpoints_of_moved_disks(JobContext& job);

/// An Error of kind bad_input if the disks of a VM at primary, as defined there, are not those of
/// the record: one was added, removed, resized, renamed or swapped. cut_views() gives the same.
Task<Nothing> check_disks_unchanged(JobContext& job);

// ---- copies

/// What is copied, and where to. References must outlive the task.
struct Transfer {
  Site source = Site::primary;
  bool source_runs = true;              ///< else the views are those of stopped VMs
  std::optional<CheckpointName> since;  ///< copy changes only; without it, all that is allocated
  std::function<VolumeName(const DiskSpec&)> target;  ///< on the other site, by disk
  bool quiesce = false;
  /// Asked before anything is sent, with the changed bytes of a disk: an Error stops the transfer.
  std::function<Nothing(const DiskSpec&, Bytes changed)> accept = {};
};

/// Cuts views at the source, copies them to the volumes of the other site, flushes those and closes
/// the views. From a running source `record.tracked_since` moves to the cut: until the stage is
/// recorded as left, the record on disk still names the older checkpoint, so a retry sends a
/// superset. Returns what was cut, its `layer` left empty.
Task<Result<LayerRecord>> transfer(JobContext& job, Transfer what);

/// Copies extents of one disk of a view to a volume of the other site, counted in `bytes_sent`.
Task<Nothing> copy_extents(JobContext& job, View& view, const DiskSpec& disk, Host& target_host,
                           const VolumeName& target, const std::vector<Extent>& extents);

/// Closes the views of a cut that was copied whole, and moves tracking and instants to it.
Task<Result<LayerRecord>> end_cut(JobContext& job, Site source, Cut& cut);

// ---- layers

/// One round: a fresh layer on top of the newest one, filled from the primary with the changes
/// since `record.tracked_since`, and listed in `record.sent` once it is whole. See make_points().
struct RoundOrder {
  bool source_runs = true;
  bool quiesce = false;
  std::function<Nothing(const DiskSpec&, Bytes changed)> accept = {};
};
Task<Nothing> replicate_round(JobContext& job, RoundOrder order);

/// Undo of replicate_round() and of resynchronize_round(): guests free, no view, no tracking but
/// `record.tracked_since`, no layer begun. The changes stay tracked.
Task<Nothing> abandon_round(JobContext& job);

/// Makes fresh volumes for all disks on the recovery site, encrypted if the item is.
Task<Nothing> create_layer(JobContext& job, std::string layer, std::optional<std::string> backing);
/// Removes them.
Task<Nothing> remove_layer(JobContext& job, std::string layer);

}  // namespace switchback::recovery
