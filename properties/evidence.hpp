// SPDX-License-Identifier: Apache-2.0
// What a property is shown: claims of the system, witnesses of the harness, and the model.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/journal/cut_checker.hpp"
#include "harness/journal/journal.hpp"
#include "harness/lifecycle/transition_table.hpp"
#include "harness/system/dr_system.hpp"
#include "harness/system/laboratory.hpp"

namespace switchback {

/// What was claimed and what was seen at one instant.
struct Snapshot {
  ItemStatus status;
  std::vector<CensusEntry> census;
  LiveCopies live;
  WireCount wire;
};

/// A recovery point's images, read back and held against the journal.
struct PointImage {
  std::string id;
  CutReport cut;
};

/// An operation has ended, whoever asked for it.
struct OperationEvidence {
  const ItemSpec& item;
  const Capabilities& capabilities;
  const Journal& journal;
  Operation operation{};
  const Outcome& outcome;
  bool fault_in_force = false;  ///< a fault was injected during it, or lasted into it
  unsigned attempts = 1;        ///< times that its job may have begun: 1 + controllers killed

  ItemState model_before;
  /// The row of the table that applies, or nullptr: the operation must be refused.
  const Transition* row = nullptr;
  const Snapshot& before;
  const Snapshot& after;

  Tick started = 0;  ///< tick when it was asked for: what was acknowledged up to then is older
  /// Writes issued after this tick may still have been unknown to the other site when it began.
  Tick unsent_since = 0;
  Bytes dirty_bytes = 0;  ///< of those writes, rounded out to the declared grain
  Bytes wire_bytes = 0;   ///< crossed the link during it

  /// The authoritative VM's disks, read when the operation had ended; absent if no VM runs.
  std::optional<CutReport> active_image;
  /// Recovery points that are listed now and were not before it.
  std::vector<PointImage> new_points;
};

/// A job stands before a call.
struct JobPointEvidence {
  const JobPoint& point;
  LiveCopies live;
};

/// An operation ended and the item is not protected: it was disabled, or enabling it failed.
struct UnprotectedEvidence {
  const ItemSpec& item;
  /// Before the first enable.
  const std::vector<CensusEntry>& census_at_start;
  const std::vector<CensusEntry>& census;
};

}  // namespace switchback
