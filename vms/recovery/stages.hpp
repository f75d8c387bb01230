// SPDX-License-Identifier: Apache-2.0
// What each operation does, as data: named stages in order, and the way back.
#pragma once

#include <functional>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/base/result.hpp"
#include "harness/lifecycle/operation.hpp"
#include "harness/lifecycle/state.hpp"
#include "vms/recovery/call_gate.hpp"
#include "vms/recovery/catalog.hpp"
#include "vms/recovery/host.hpp"
#include "vms/recovery/task.hpp"

namespace switchback::recovery {

/// What a stage works with. Changes to `record` are saved when the stage has ended, in the same
/// instant in which the next stage is recorded as entered.
struct JobContext {
  ItemRecord& record;
  Host& primary;
  Host& recovery;
  CallGate& gate;
  const Instant& now;
  /// The key that came with the request; empty if none did, or if the controller died since.
  const std::string& key;
  Bytes checksum_chunk = 65536;

  [[nodiscard]] Host& host(Site site) const { return site == Site::primary ? primary : recovery; }
  [[nodiscard]] const ItemName& vm() const { return record.spec.name; }

  template <class Function>
  auto call(std::string_view name, Function function) const {
    return gate.call(name, std::move(function));
  }
};

/// A stage: may be entered again after it was left halfway, and then does no harm twice.
using StageBody = std::function<Task<Nothing>(JobContext&)>;

struct Stage {
  std::string_view name;
  StageBody body;
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

}  // namespace switchback::recovery
