// SPDX-License-Identifier: Apache-2.0
// The last steps, after the shortest way to where they begin. Of a long walk hardly anything can go
// by itself as long as steps after it need the state that it leads to.
#include <algorithm>
#include <optional>

#include "harness/lifecycle/path.hpp"
#include "harness/lifecycle/resting_states.hpp"
#include "harness/shrink/guessed_states.hpp"
#include "harness/shrink/passes.hpp"

namespace switchback {
namespace {

/// Leads each item to its state before step `begin`. Nothing if requests alone don't lead there.
std::optional<std::vector<Step>> way_to(const Sequence& sequence, std::size_t begin) {
  std::vector<Step> way;
  for (std::size_t item = 0; item < sequence.item_count(); ++item) {
    const ItemState goal = guessed_states(sequence, item)[begin];
    const std::vector<Operation> path = shortest_path(initial_state(), goal);
    if (path.empty() && goal != initial_state()) return std::nullopt;
    for (const Operation operation : path)
      way.push_back(
          {OperateStep{.operation = operation}, std::nullopt, static_cast<std::uint32_t>(item)});
  }
  return way;
}

/// The steps from `begin` on, after those of the way.
Sequence joined(const Sequence& sequence, const std::vector<Step>& way, std::size_t begin) {
  Sequence shorter = sequence;
  shorter.steps = way;
  shorter.steps.insert(shorter.steps.end(),
                       sequence.steps.begin() + static_cast<std::ptrdiff_t>(begin),
                       sequence.steps.end());
  return shorter;
}

/// With the first write of those that are left out: there may have to be something on the disks.
bool try_from(Trials& trials, const Sequence& whole, std::size_t begin) {
  std::optional<std::vector<Step>> way = way_to(whole, begin);
  if (!way) return false;
  if (trials.attempt(joined(whole, *way, begin))) return true;
  const auto end = whole.steps.begin() + static_cast<std::ptrdiff_t>(begin);
  const auto write = std::find_if(whole.steps.begin(), end, [](const Step& step) {
    return std::holds_alternative<WriteStep>(step.action);
  });
  if (write == end) return false;
  way->insert(way->begin(), {write->action, std::nullopt, write->item});
  return trials.attempt(joined(whole, *way, begin));
}

}  // namespace

bool take_shortest_way(Trials& trials) {
  const Sequence whole = trials.best();
  const std::size_t steps = whole.steps.size();
  for (std::size_t last = 1; last < steps && !trials.spent(); last *= 2) {
    std::size_t begin = steps - last;
    while (begin > 0 && whole.steps[begin].at)
      --begin;
    if (try_from(trials, whole, begin)) return true;
  }
  return false;
}

}  // namespace switchback
