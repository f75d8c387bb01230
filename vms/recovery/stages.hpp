// SPDX-License-Identifier: Apache-2.0
// What each operation does, as data: named stages in order, and the way back.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/base/result.hpp"
#include "harness/lifecycle/operation.hpp"
#include "harness/lifecycle/state.hpp"
#include "harness/system/capabilities.hpp"
#include "vms/recovery/call_gate.hpp"
#include "vms/recovery/catalog.hpp"
#include "vms/recovery/host.hpp"
#include "vms/recovery/task.hpp"
#include "vms/recovery/wall_clock.hpp"

namespace switchback::recovery {

/// What a stage works with. Changes to `record` are saved when the stage has ended, in the same
/// instant in which the next stage is recorded as entered.
struct JobContext {
  ItemRecord& record;
  Host& primary;
  Host& recovery;
  CallGate& gate;
  const Instant& now;  ///< the service's own clock: for all that is decided
  const WallClock& wall;
  /// The key that came with the request; empty if none did, or if the controller died since.
  const std::string& key;
  Bytes checksum_chunk = 65536;
  /// A stage that is about to fail may say where the item then rests; else see Stage::fails_to.
  std::optional<ItemState> fail_to = {};

  [[nodiscard]] Host& host(Site site) const { return site == Site::primary ? primary : recovery; }
  [[nodiscard]] const ItemName& vm() const { return record.spec.name; }

  template <class Function>
  auto call(std::string_view name, Function function) const {
    return gate.call(name, std::move(function));
  }
};

/// Makes a call that may be made twice, and half of which can't be taken back, again if it fails:
/// as it does when only its answer was lost. All within one call of the gate.
template <class Function>
Nothing insist(Function function) {
  constexpr int kAttempts = 5;
  Nothing made;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    made = function();
    if (made) break;
  }
  return made;
}

/// A stage: may be entered again after it was left halfway, and then does no harm twice.
using StageBody = std::function<Task<Nothing>(JobContext&)>;

struct Stage {
  std::string_view name;
  StageBody body;
  /// Where the item rests if this stage fails and has been undone; nothing: where it rested before
  /// the operation.
  std::optional<ItemState> fails_to = {};
};

/// An operation: its stages, and what brings the hosts back to where they were when one fails. An
/// operation without an `undo` only goes forward: asked for again, it takes up where it failed.
struct OperationPlan {
  std::vector<Stage> stages;
  StageBody undo;
};

using StageTable = std::map<Operation, OperationPlan>;

/// The sound service's table. A defect replaces entries of a copy.
StageTable reference_stages();

/// The table as a service tells of it.
std::vector<StageList> stage_lists(const StageTable& table);

/// The names of all calls that stages make, in their order.
std::vector<std::string> call_names();

// Its parts.
void add_protection_stages(StageTable& table);  ///< enable, rounds, processing, pause, resync, ...
void add_failover_stages(StageTable& table);    ///< test, planned, unplanned, commit, cancel, fence
void add_failback_stages(StageTable& table);    ///< failback, reverse replication
void add_ending_stages(StageTable& table);      ///< disable, purge, migration

}  // namespace switchback::recovery
