// SPDX-License-Identifier: Apache-2.0
// Counting, and holding what was counted against the table.
#include "harness/coverage/coverage.hpp"

#include <algorithm>
#include <set>

#include "harness/lifecycle/passages.hpp"

namespace switchback {
namespace {

CoverageCell cell_of(const OperationEnded& event) {
  return {event.state_before, event.operation, event.cancelled};
}

CoverageCell cell_of(const ItemState& state, Operation operation) {
  return {std::string(name_of(state)), std::string(name_of(operation))};
}

CoverageCell cell_of(const Passage& passage) {
  CoverageCell cell = cell_of(passage.from, passage.operation);
  if (passage.cancelled) cell.cancelled = name_of(*passage.cancelled);
  return cell;
}

OperationSet operations_named(const std::vector<std::string>& names) {
  OperationSet operations;
  for (const std::string& name : names)
    if (const auto operation = operation_named(name)) operations.insert(*operation);
  return operations;
}

std::uint64_t times_in(const std::map<CoverageCell, OutcomeCounts>& cells, const CoverageCell& cell,
                       const std::string& outcome) {
  const auto outcomes = cells.find(cell);
  if (outcomes == cells.end()) return 0;
  const auto times = outcomes->second.find(outcome);
  return times == outcomes->second.end() ? 0 : times->second;
}

template <class Key>
std::uint64_t times_in(const std::map<Key, std::uint64_t>& counts, const Key& key) {
  const auto times = counts.find(key);
  return times == counts.end() ? 0 : times->second;
}

using FailedTo = std::map<std::pair<CoverageCell, std::string>, std::uint64_t>;

Goals<FailureGoal> failures_of(OperationSet offered, const FailedTo& failed_to) {
  Goals<FailureGoal> goals;
  for (const FailureRow& row : failure_table()) {
    if (!offered.contains(row.operation)) continue;
    const CoverageCell cell = cell_of(row.from, row.operation);
    const std::string to(name_of(row.to));
    const auto alike =
        std::find_if(goals.all.begin(), goals.all.end(), [&](const Covered<FailureGoal>& known) {
          return known.what.cell == cell && known.what.to == to;
        });
    if (alike != goals.all.end())
      alike->what.rows.emplace_back(row.row);
    else
      goals.all.push_back(
          {{{std::string(row.row)}, cell, to}, times_in(failed_to, std::pair(cell, to))});
  }
  return goals;
}

}  // namespace

void Coverage::forget(std::uint64_t sequence) {
  std::erase_if(last_, [&](const auto& entry) { return entry.first.first == sequence; });
}

void Coverage::operation_ended(const OperationEnded& event) {
  const CoverageCell cell = cell_of(event);
  ++cells_[cell][event.was_cancelled ? "cancelled" : event.outcome];
  const std::pair of_item(event.sequence, event.item);
  const auto last = last_.find(of_item);
  if (event.outcome == "done") {
    if (last != last_.end() && last->second.led_to == event.state_before)
      ++pairs_[{last->second.cell, cell}];
    last_.insert_or_assign(of_item, Done{cell, event.state_after});
    return;
  }
  // A failure row of a cancel is about all jobs that it can stop.
  if (event.outcome == "failed" && !event.was_cancelled)
    ++failed_to_[{{event.state_before, event.operation}, event.state_after}];
  if (last != last_.end() && last->second.led_to != event.state_after) last_.erase(last);
}

CoverageTable Coverage::table(const std::vector<std::string>& operations) const {
  const OperationSet offered = operations_named(operations);
  const std::vector<Passage> ways = passages(offered);
  CoverageTable table;
  table.cells = cells_;
  for (const Passage& way : ways) {
    const CoverageCell cell = cell_of(way);
    table.transitions.all.push_back(
        {{std::string(way.row->row), cell, std::string(name_of(way.to))},
         times_in(cells_, cell, "done")});
  }
  for (const RefusalCell& refusal : refusal_cells(offered)) {
    const CoverageCell cell = cell_of(refusal.state, refusal.operation);
    table.refusals.all.push_back({cell, times_in(cells_, cell, "refused")});
  }
  table.failures = failures_of(offered, failed_to_);
  std::map<OperationPair, std::size_t> places;
  for (const Passage& first : ways)
    for (const Passage& then : ways) {
      if (first.to != then.from) continue;
      const TransitionPair pair{cell_of(first), cell_of(then)};
      const std::uint64_t times = times_in(pairs_, pair);
      table.transition_pairs.all.push_back({pair, times});
      const OperationPair names{pair.first.operation, pair.then.operation};
      auto& all = table.operation_pairs.all;
      const auto [place, fresh] = places.emplace(names, all.size());
      if (fresh) all.push_back({names, 0});
      all[place->second].times += times;
    }
  return table;
}

unsigned percent(std::size_t part, std::size_t whole) {
  return whole == 0 ? 100 : static_cast<unsigned>(part * 100 / whole);
}

}  // namespace switchback
