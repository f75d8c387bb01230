// SPDX-License-Identifier: Apache-2.0
// What a property is shown: claims of the system, witnesses of the harness, and the model.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/base/shared.hpp"
#include "harness/journal/cut_checker.hpp"
#include "harness/journal/journal.hpp"
#include "harness/lifecycle/transition_table.hpp"
#include "harness/system/dr_system.hpp"
#include "harness/system/laboratory.hpp"

namespace switchback {

/// What was claimed and what was seen at one instant.
struct Snapshot {
  /// Its times are the world's, whatever the system's wall clock showed then.
  ItemStatus status;
  /// What bears a time that the system's wall clock has never shown: "recovery point p3".
  std::vector<std::string> never_shown = {};
  Shared<std::vector<CensusEntry>> census;  ///< without what others have made
  std::vector<CensusEntry> others;          ///< that: see Edit::foreign_checkpoint
  LiveCopies live;
  Shared<std::vector<SeenVm>> vms;
  WireCount wire;
  Instant now{};  ///< of the world's clock: the system's, but for steps of that
};

/// A recovery point's images, read back when it was first listed and held against the journal of
/// the disks that it was cut from.
struct PointImage {
  RecoveryPoint point;
  CutReport cut;
  const Journal* journal = nullptr;  ///< that one, for describe()
  /// Writes acknowledged up to this tick must be in it: before the system's clock had reached the
  /// claimed cut and, where the round that cut it is known, before that began.
  Tick complete_to = 0;
  /// At the instant of its cut every VM of the item was seen frozen.
  bool seen_frozen = false;
};

/// A recovery point whose images are no longer what they were when it was first listed.
struct AlteredPoint {
  std::string id;
  BlockWitness first;     ///< `expected` is what it held
  std::string gone = {};  ///< why it can't be read, if its images are not there at all
};

/// A copy of the VMs that has been started from a recovery point, as it was before its guests wrote
/// anything.
struct StartedCopy {
  std::string point;    ///< the one that the system names
  bool listed = false;  ///< that point's images are known
  /// The first block that differs from that point's images; empty: none.
  std::optional<BlockWitness> differs;
  std::uint64_t differing = 0;  ///< how many
  CutReport cut;  ///< held against the journal of the disks that the point was cut from
  const Journal* journal = nullptr;  ///< that one, for describe()
  /// What the VMs at primary were made of at the point's cut, as the harness saw it, by VM.
  std::vector<Hardware> config;
};

/// A disk that somebody moved to another item's VM at primary, beside the DR system, and that is no
/// longer what it was then: see Edit::move_disk.
struct TouchedDisk {
  std::size_t of_item = 0;  ///< the number of the item that it was taken from
  std::size_t at_item = 0;  ///< of that whose VM has it now
  std::string operation;    ///< whose call has done it
  std::string stage;
  std::string how;  ///< in words
};

/// An operation has ended, whoever asked for it.
struct OperationEvidence {
  const ItemSpec& item;
  const Capabilities& capabilities;
  /// Of the disks of the copy that has the authority now. When authority moves to a copy that was
  /// started from a recovery point, a new journal begins with what that copy showed.
  const Journal& journal;
  const Request& request;
  Operation operation{};  ///< also where the clock asked
  /// For `cancel`: the operation that it stopped, if one was in progress.
  std::optional<Operation> cancelled;
  const Outcome& outcome;
  /// A fault that does more than delay was injected during it, or lasted into it.
  bool fault_in_force = false;
  std::vector<FaultKind> faults;  ///< those, each once
  /// Its job has passed so many points, and was given up: there can't be work for that many.
  std::optional<std::uint64_t> endless;
  unsigned attempts = 1;  ///< times that its job may have begun: 1 + controllers killed
  /// Disks at primary were added, resized, swapped or moved away since the item was enabled, or one
  /// of another item was moved there, and not put back.
  bool disks_edited = false;
  /// No more than this: its VMs at primary have disks beside those that the item names.
  bool disks_only_added = false;
  /// Some disk, of this or another item, is at a VM to which it was moved.
  bool disks_moved = false;
  /// Those of them that this operation, or another of the item that it took the place of, has
  /// touched.
  std::vector<TouchedDisk> touched_disks = {};
  bool primary_vm_deleted = false;  ///< when the operation began, by an edit
  /// Everything that a key was ever given as: none of it may be told.
  const std::vector<std::string>& keys;

  ItemState model_before;
  /// The row of the table that applies, or nullptr: the operation must be refused.
  const Transition* row = nullptr;
  ItemState model_after;
  const Snapshot& before;
  const Snapshot& after;

  Tick started = 0;  ///< tick when it was asked for: what was acknowledged up to then is older
  /// Writes issued after this tick may still have been unknown to the other site when it began. For
  /// `enable`, which copies all that was allocated: when it began.
  Tick unsent_since = 0;
  Bytes dirty_bytes = 0;  ///< of those writes, rounded out to the declared grain
  /// The same rounded out to the declared chunk, which is what is sent where it is found by
  /// comparison.
  Bytes dirty_chunk_bytes = 0;
  Bytes wire_bytes = 0;  ///< crossed the link during it
  /// For operations that compare both sides, or copy one: in declared chunks, what differed between
  /// the two when it began and what the guests wrote meanwhile; and how many chunks that are not
  /// empty both sides can have had together.
  Bytes differing_bytes = 0;
  std::uint64_t chunks = 0;
  /// For operations that copy all of the disks, in declared grains: what their source can have
  /// allocated, also where nothing is any more; and, in blocks, what it held. Around them a disk
  /// may be empty within a grain.
  Bytes allocated_bytes = 0;
  Bytes held_bytes = 0;

  /// The authoritative VM's disks, read when the operation had ended; absent unless all VMs run,
  /// and while edited disks at primary are not those of the journal.
  std::optional<CutReport> active_image;
  /// Recovery points that are listed now and were not before it.
  std::vector<PointImage> new_points;
  std::vector<AlteredPoint> altered_points;
  /// Of the points listed before it, those that a fault has destroyed.
  std::set<std::string> destroyed_points;
  /// The VMs at recovery were started from a point during it.
  std::optional<StartedCopy> target;
  std::optional<StartedCopy> test;  ///< the same of a test failover
  /// What the last update_properties that was done asked for.
  const TargetSettings& settings;
  /// What the VMs at primary were made of when they were last failed over, by VM.
  const std::vector<Hardware>& original;
};

/// A job stands before a call.
struct JobPointEvidence {
  const ItemSpec& item;
  const JobPoint& point;
  ItemState model;  ///< the resting state that the job began in
  const Request& request;
  LiveCopies live;
};

/// An operation ended and the item is not protected: it was disabled, or enabling it failed.
struct UnprotectedEvidence {
  const ItemSpec& item;
  /// Before the first enable, with what edits have changed since.
  const std::vector<CensusEntry>& census_at_start;
  const std::vector<CensusEntry>& census;
  bool purged = false;  ///< ended without the primary site: its tracking may be left
};

/// Time was let go by, with no operation of an operator in it.
struct TimeEvidence {
  const ItemSpec& item;
  const Capabilities& capabilities;
  ItemState model;
  const Snapshot& before;
  const Snapshot& after;
  /// Since when no fault has been in force, no edit has been unnoticed, no round has failed or been
  /// the first to succeed after that, and the model has been in this state.
  Instant undisturbed_since{};
  bool disturbed = false;  ///< a fault is in force that does more than delay
  /// How much of the time since the cut of the newest data sent, and of the newest point, the calls
  /// of the item's jobs took: over a slow link both are so much older.
  Duration data_delayed{};
  Duration points_delayed{};
  Bytes wire_bytes = 0;  ///< crossed the link in it
  /// Rounds that were begun in it: from when to when, on the system's clock, and whether they were
  /// done.
  struct Round {
    Instant began{};
    Instant ended{};
    bool done = false;
  };
  std::vector<Round> rounds;
};

/// A wait does not come to its end, and was given up: the clock stands still though no job is in
/// progress, or the system starts one job after the other by itself.
struct EndlessWaitEvidence {
  std::uint64_t jobs = 0;           ///< that it has started in it, all ended
  std::optional<Operation> latest;  ///< the last of them
  Duration left{};                  ///< of the time that was to go by
};

/// The sequence and its healthy phase are over.
struct EndEvidence {
  const ItemSpec& item;
  ItemState model;
  const Snapshot& after;
  bool faults = false;     ///< any were injected: the item had to come back
  bool recovered = false;  ///< it is protected and in sync, or there was nothing to come back to
  std::string trouble;     ///< if not: what stood in the way
  Duration took{};         ///< from when faults were healed until it was seen to be so
  Duration recovers_within{};  ///< the longest that is allowed for that
};

}  // namespace switchback
