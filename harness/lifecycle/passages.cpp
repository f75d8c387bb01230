// SPDX-License-Identifier: Apache-2.0
// See passages.hpp.
#include "harness/lifecycle/passages.hpp"

namespace switchback {

bool is_resting(const ItemState& state) {
  return state_named(name_of(state)) == state;
}

OperationSet jobs_that_show(const ItemState& state) {
  OperationSet jobs;
  if (is_resting(state)) return jobs;
  for (const Transition& row : transition_table())
    if (row.during == state && is_resting(row.from)) jobs.insert(row.operation);
  return jobs;
}

std::vector<Passage> passages(OperationSet offered) {
  std::vector<Passage> result;
  for (const Transition& row : transition_table()) {
    if (!offered.contains(row.operation)) continue;
    if (is_resting(row.from)) {
      result.push_back({&row, row.from, row.operation, std::nullopt, row.to});
      continue;
    }
    for (const Transition& job : transition_table())
      if (job.during == row.from && is_resting(job.from) && offered.contains(job.operation))
        result.push_back({&row, job.from, row.operation, job.operation, row.to});
  }
  return result;
}

std::vector<RefusalCell> refusal_cells(OperationSet offered) {
  std::vector<RefusalCell> cells;
  for (const NamedState& named : named_states())
    for (const Operation operation : kAllOperations)
      if (offered.contains(operation) && asked_by_operator(operation) &&
          find_transition(named.state, operation) == nullptr)
        cells.push_back({named.state, operation});
  return cells;
}

}  // namespace switchback
