// SPDX-License-Identifier: Apache-2.0
// The transition table as seen from rest to rest: what coverage is counted by.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "harness/lifecycle/transition_table.hpp"

namespace switchback {

/// One way from a resting state to the next. A row that starts at rest is one passage. A row that
/// cancels a job is one passage for every state and operation whose job it can stop.
struct Passage {
  const Transition* row = nullptr;
  ItemState from;  ///< at rest: for a cancel, where the job that it stops began
  Operation operation{};
  std::optional<Operation> cancelled;  ///< for a cancel of a job: its operation
  ItemState to;
  friend bool operator==(const Passage&, const Passage&) = default;
};

/// All passages, in the order of the table, that a system can take which has those operations.
std::vector<Passage> passages(OperationSet offered);

/// A request that must be refused: an operator asks at rest for what has no row there.
struct RefusalCell {
  ItemState state;
  Operation operation{};
};
/// All of them, by state and then by operation.
std::vector<RefusalCell> refusal_cells(OperationSet offered);

/// The operations whose job shows `state`, in the order of kAllOperations: what a row is about that
/// does not start at rest. A resting state is no job's, even where a job shows it.
OperationSet jobs_that_show(const ItemState& state);

/// True if the table has a name for it.
bool is_resting(const ItemState& state);

}  // namespace switchback
