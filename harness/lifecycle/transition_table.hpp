// SPDX-License-Identifier: Apache-2.0
// The lifecycle, written once, as data. Model, generator, the reference service's guard, the
// generated diagram and the coverage table all read it from here.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "harness/lifecycle/operation.hpp"
#include "harness/lifecycle/state.hpp"

namespace switchback {

/// A resting state that has a name: what people, diagrams and coverage cells call it.
struct NamedState {
  std::string_view name;
  ItemState state;
  std::string_view meaning;
};

/// What an operation does to the recovery points.
enum class PointsEffect : std::uint8_t { none, adds_one, deletes_all };

/// One row. An operation without a row from a state is refused there and changes nothing.
struct Transition {
  std::string_view row;  ///< the row of the source's table, e.g. "19"
  ItemState from;
  Operation operation;
  ItemState during;  ///< what the item shows while the operation's job runs
  ItemState to;      ///< after `done`; after `failed` the item is at `from` again
  PointsEffect points;
  bool replicates_after;     ///< whether delta rounds run afterwards by themselves
  std::string_view promise;  ///< in words, for the printed table
  std::string_view source;   ///< where the rule is documented
};

std::span<const NamedState> named_states();
std::span<const Transition> transition_table();

/// The row for `operation` in `state`, or nullptr: refused.
const Transition* find_transition(const ItemState& state, Operation operation);

/// Every operation with a row from `state` that an operator may ask for.
OperationSet allowed_operations(const ItemState& state);

/// The name of a resting state, or "unnamed" for a vector that rests nowhere.
std::string_view name_of(const ItemState& state);
std::optional<ItemState> state_named(std::string_view name);

/// The state in which every sequence starts: the VM runs at the primary site, unprotected.
ItemState initial_state();

}  // namespace switchback
