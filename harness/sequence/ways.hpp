// SPDX-License-Identifier: Apache-2.0
// Ways from one resting state to another, by all means: operations, time and things that break.
// Internal to the generator.
#pragma once

#include <span>
#include <vector>

#include "harness/lifecycle/state.hpp"
#include "harness/system/capabilities.hpp"

namespace switchback {

/// What leads from one state to the next.
enum class Means : std::uint8_t {
  ask,                ///< an operator asks for the operation
  cancel_job,         ///< and for its cancel while it runs
  fill_recovery,      ///< the operation fails, as recovery has no room
  lose_tracking,      ///< tracking is lost; the next round notices
  wait_for_the_clock  ///< the operation comes by itself
};

struct Move {
  ItemState from;
  ItemState to;
  Means means{};
  Operation operation{};
};

/// All moves that a system has. No operator asks for `cancel` in a state that only a job shows:
/// those are `cancel_job` of the job's operation.
std::vector<Move> moves_of(const Capabilities& capabilities);

/// The moves from `from` that begin a shortest way to `to`; none if there is no way, or if they are
/// the same.
std::vector<Move> first_moves(std::span<const Move> moves, const ItemState& from,
                              const ItemState& to);

}  // namespace switchback
