// SPDX-License-Identifier: Apache-2.0
// The lifecycle, written once, as data. Model, generator, the reference service's guard, the
// generated diagram and the coverage table all read it from here.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "harness/lifecycle/operation.hpp"
#include "harness/lifecycle/resting_states.hpp"
#include "harness/lifecycle/state.hpp"

namespace switchback {

/// What an operation does to the recovery points.
enum class PointsEffect : std::uint8_t {
  keeps,    ///< the list stays as it is
  adds,     ///< one at least is new; by the policy old ones may go
  may_add,  ///< where data sent is processed first
  deletes_all,
};

/// One row. An operation without a row from a state is refused there and changes nothing.
struct Transition {
  std::string_view row;  ///< the row of the source's table, e.g. "19"
  ItemState from;
  Operation operation;
  ItemState during;  ///< what the item shows while the operation's job runs
  ItemState to;      ///< after `done`; for `failed` see failure_table()
  PointsEffect points;
  bool replicates_after;     ///< whether delta rounds run afterwards by themselves
  std::string_view promise;  ///< in words, for the printed table
  std::string_view source;   ///< where the rule is documented
};

/// Where an operation that fails may leave the item, beside `from`, where most do. For a cause that
/// the source names: a failure without a row leaves the item at `from`.
struct FailureRow {
  std::string_view row;  ///< the row of the source's table, e.g. "3e"
  ItemState from;
  Operation operation;
  std::string_view cause;
  ItemState to;
  std::string_view source;
};

/// A refusal that the source names. It follows from the table, where it has no row.
struct RefusalRow {
  std::string_view row;
  ItemState from;
  Operation operation;
  std::string_view reason;
  std::string_view source;
};

std::span<const Transition> transition_table();
std::span<const FailureRow> failure_table();
std::span<const RefusalRow> refusal_table();

/// The row for `operation` in `state`, or nullptr: refused.
const Transition* find_transition(const ItemState& state, Operation operation);

/// True if the item may be in `after` when `operation`, asked for in `from`, has failed.
bool may_fail_to(const ItemState& from, Operation operation, const ItemState& after);

/// Every operation with a row from `state` that an operator may ask for.
OperationSet allowed_operations(const ItemState& state);

}  // namespace switchback
