// SPDX-License-Identifier: Apache-2.0
// Ways through the lifecycle.
#pragma once

#include <functional>
#include <vector>

#include "harness/lifecycle/operation.hpp"
#include "harness/lifecycle/state.hpp"

namespace switchback {

/// The fewest operations that an operator must ask for to bring an item from one resting state to
/// another; empty if they are the same, or if there is no way. Ties are broken by the table's
/// order.
std::vector<Operation> shortest_path(const ItemState& from, const ItemState& to);
/// The same for a system that has those operations only for which `has` is true.
std::vector<Operation> shortest_path(const ItemState& from, const ItemState& to,
                                     const std::function<bool(Operation)>& has);

}  // namespace switchback
