// SPDX-License-Identifier: Apache-2.0
// Where the model goes when an operation has ended.
#pragma once

#include <optional>

#include "harness/lifecycle/transition_table.hpp"
#include "harness/system/dr_system.hpp"

namespace switchback {

/// An operation in progress, or one that has ended.
struct RunningOperation {
  Request request;
  ItemState from;                           ///< the resting state that it began in
  const Transition* row = nullptr;          ///< that applies; nullptr: to be refused
  std::optional<Operation> cancelled = {};  ///< for a cancel: what it took the place of
};

/// Done leads where the row says. What failed may have left the item where failure_table() allows
/// it, for a cancel also where the operation that it stopped may have; without an answer it may
/// also have been done. Of these, the first that the observation fits; `from` if none does: the
/// properties will say so.
ItemState next_state(const RunningOperation& operation, const Outcome& outcome,
                     const ItemState& observed);

}  // namespace switchback
