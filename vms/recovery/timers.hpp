// SPDX-License-Identifier: Apache-2.0
// What the clock asks of an item and when, and how its replication is doing.
#pragma once

#include <optional>
#include <string>

#include "harness/base/units.hpp"
#include "harness/lifecycle/operation.hpp"
#include "harness/lifecycle/state.hpp"
#include "vms/recovery/catalog.hpp"

namespace switchback::recovery {

struct Timing {
  Duration copy_frequency{};
  Duration processing_delay{};
};

/// What the clock asks for next.
struct Due {
  Instant at{};
  Operation operation{};
};

/// The earliest of what is due to an item at rest; of several at one instant the first by the order
/// of kAllOperations. Nothing for what the table has no row.
std::optional<Due> next_due(const ItemRecord& record);

/// How a job ended.
struct JobEnd {
  Operation operation{};
  bool done = false;
  bool lasting = false;      ///< of a failure: asking again does not help
  bool undo_failed = false;  ///< of a failure: not all of it could be taken back
  std::string reason = {};   ///< of a failure
};

/// Notes in the record, whose `rest` is where the item came from `before`, what is due next and the
/// item's health.
///
/// A round that failed is tried again 1, 2, 4, 8 and 10 minutes after the first attempt, then every
/// 30 minutes ("Hyper-V to Azure architecture", "Retry logic"). `record.next_round_due` must be the
/// start of the attempt that ended.
void note_end(ItemRecord& record, const ItemState& before, const JobEnd& end, Instant now,
              const Timing& timing);

}  // namespace switchback::recovery
