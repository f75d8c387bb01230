// SPDX-License-Identifier: Apache-2.0
// See path.hpp.
#include "harness/lifecycle/path.hpp"

#include <algorithm>
#include <deque>

#include "harness/lifecycle/transition_table.hpp"

namespace switchback {

std::vector<Operation> shortest_path(const ItemState& from, const ItemState& to) {
  return shortest_path(from, to, [](Operation) { return true; });
}

std::vector<Operation> shortest_path(const ItemState& from, const ItemState& to,
                                     const std::function<bool(Operation)>& has) {
  struct Reached {
    ItemState state;
    std::vector<Operation> by;
  };
  std::deque<Reached> frontier{{from, {}}};
  std::vector<ItemState> seen{from};
  while (!frontier.empty()) {
    const Reached here = frontier.front();
    frontier.pop_front();
    if (here.state == to) return here.by;
    for (const Transition& row : transition_table()) {
      if (row.from != here.state || !asked_by_operator(row.operation) || !has(row.operation))
        continue;
      if (std::find(seen.begin(), seen.end(), row.to) != seen.end()) continue;
      seen.push_back(row.to);
      Reached next{row.to, here.by};
      next.by.push_back(row.operation);
      frontier.push_back(std::move(next));
    }
  }
  return {};
}

}  // namespace switchback
