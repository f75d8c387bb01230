// SPDX-License-Identifier: Apache-2.0
// See model.hpp.
#include "harness/runner/model.hpp"

#include <vector>

namespace switchback {
namespace {

void add_failures(std::vector<ItemState>& states, const ItemState& from, Operation operation) {
  for (const FailureRow& row : failure_table())
    if (row.from == from && row.operation == operation) states.push_back(row.to);
}

}  // namespace

ItemState next_state(const RunningOperation& operation, const Outcome& outcome,
                     const ItemState& observed) {
  if (operation.row == nullptr || std::holds_alternative<Refused>(outcome)) return operation.from;
  if (std::holds_alternative<Done>(outcome)) return operation.row->to;
  std::vector<ItemState> states{operation.from};
  if (std::holds_alternative<Indeterminate>(outcome)) states.push_back(operation.row->to);
  add_failures(states, operation.from, operation.request.operation);
  if (operation.cancelled) add_failures(states, operation.from, *operation.cancelled);
  for (const ItemState& state : states)
    if (compatible(state, observed)) return state;
  return operation.from;
}

}  // namespace switchback
