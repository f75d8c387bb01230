// SPDX-License-Identifier: Apache-2.0
// Where an item stands in the lifecycle before each step of a sequence. Internal to shrinking.
#pragma once

#include <cstddef>
#include <vector>

#include "harness/lifecycle/state.hpp"
#include "harness/sequence/step.hpp"

namespace switchback {

/// The states of an item before each step and after the last one, if every allowed operation
/// succeeds. Steps inside a job have the state that it leads to. Only a guess at what to try: after
/// a fault it may be wrong.
std::vector<ItemState> guessed_states(const Sequence& sequence, std::size_t item);

}  // namespace switchback
