// SPDX-License-Identifier: Apache-2.0
// See ways.hpp.
#include "harness/sequence/ways.hpp"

#include <algorithm>

#include "harness/lifecycle/transition_table.hpp"

namespace switchback {
namespace {

using namespace resting;

bool can_break(const Capabilities& capabilities, FaultKind kind) {
  const auto& faults = capabilities.faults;
  return std::find(faults.begin(), faults.end(), kind) != faults.end();
}

void add_row(std::vector<Move>& moves, const Transition& row) {
  if (!(row.from == row.to)) {
    const Means means = asked_by_operator(row.operation) ? Means::ask : Means::wait_for_the_clock;
    moves.push_back({row.from, row.to, means, row.operation});
  }
  if (const Transition* const cancel = find_transition(row.during, Operation::cancel);
      cancel != nullptr && row.operation != Operation::cancel)
    moves.push_back({row.from, cancel->to, Means::cancel_job, row.operation});
}

void add_failures(std::vector<Move>& moves, const Capabilities& capabilities) {
  const bool unplanned = capabilities.find(Operation::unplanned_failover) != nullptr;
  if (can_break(capabilities, FaultKind::recovery_full)) {
    moves.push_back({kUnprotected, kSeedingIncomplete, Means::fill_recovery, Operation::enable});
    if (unplanned)
      for (const ItemState& from : {kProtected, kPaused, kResyncRequired})
        moves.push_back(
            {from, kReplicationStopped, Means::fill_recovery, Operation::unplanned_failover});
  }
  if (can_break(capabilities, FaultKind::tracking_lost))
    moves.push_back(
        {kProtected, kResyncRequired, Means::lose_tracking, Operation::delta_replication});
}

}  // namespace

std::vector<Move> moves_of(const Capabilities& capabilities) {
  std::vector<Move> moves;
  for (const Transition& row : transition_table())
    if (capabilities.find(row.operation) != nullptr && name_of(row.from) != "unnamed")
      add_row(moves, row);
  add_failures(moves, capabilities);
  return moves;
}

std::vector<Move> first_moves(std::span<const Move> moves, const ItemState& from,
                              const ItemState& to) {
  // Backwards from the goal, one layer of states after the other.
  std::vector<ItemState> layer = {to};
  std::vector<ItemState> seen = layer;
  const auto in = [](const std::vector<ItemState>& states, const ItemState& state) {
    return std::find(states.begin(), states.end(), state) != states.end();
  };
  while (!layer.empty() && !in(seen, from)) {
    std::vector<ItemState> before;
    std::vector<Move> first;
    for (const Move& move : moves) {
      if (!in(layer, move.to)) continue;
      if (move.from == from) first.push_back(move);
      if (!in(seen, move.from) && !in(before, move.from)) before.push_back(move.from);
    }
    if (!first.empty()) return first;
    seen.insert(seen.end(), before.begin(), before.end());
    layer = std::move(before);
  }
  return {};
}

}  // namespace switchback
