// SPDX-License-Identifier: Apache-2.0
// Cuts rounds out of a walk through the lifecycle.
#include <algorithm>
#include <vector>

#include "harness/lifecycle/transition_table.hpp"
#include "harness/shrink/passes.hpp"

namespace switchback {
namespace {

/// The item is in the same state before step `begin` as before step `end`.
struct Round {
  std::size_t begin = 0;
  std::size_t end = 0;
  [[nodiscard]] std::size_t width() const { return end - begin; }
};

/// Steps that move the item on if every allowed operation succeeds, and the state before each. Only
/// a guess at what to try: after a fault it may be wrong.
struct Walk {
  std::vector<std::size_t> moves;
  std::vector<ItemState> before;
};

/// What a step does by itself, if anything: what is asked for, or the fence that falls due.
const Transition* row_of(const Sequence& sequence, const Step& step, const ItemState& state) {
  if (const auto* const ask = std::get_if<OperateStep>(&step.action))
    return find_transition(state, ask->operation);
  const auto* const wait = std::get_if<WaitStep>(&step.action);
  if (wait == nullptr || wait->duration < sequence.policy.copy_frequency) return nullptr;
  return find_transition(state, Operation::fence_source);
}

/// Where a job leads, with the steps inside it, which begin at `inside`: a cancel may be there.
ItemState end_of_job(const Sequence& sequence, std::size_t inside, const Transition& row) {
  const Transition* const cancel = find_transition(row.during, Operation::cancel);
  for (std::size_t n = inside; n < sequence.steps.size() && sequence.steps[n].at; ++n) {
    const auto* const ask = std::get_if<OperateStep>(&sequence.steps[n].action);
    if (cancel != nullptr && ask != nullptr && ask->operation == Operation::cancel)
      return cancel->to;
  }
  return row.to;
}

Walk walk_of(const Sequence& sequence) {
  Walk walk;
  ItemState state = initial_state();
  for (std::size_t n = 0; n < sequence.steps.size(); ++n) {
    const Step& step = sequence.steps[n];
    const bool moves = !step.at && step.item == 0;  // the first item
    const Transition* const row = moves ? row_of(sequence, step, state) : nullptr;
    if (row == nullptr) continue;
    const ItemState to = end_of_job(sequence, n + 1, *row);
    if (to == state) continue;
    walk.moves.push_back(n);
    walk.before.push_back(state);
    state = to;
  }
  return walk;
}

/// From every move to the nearest and to the farthest visit of the same state, widest first.
std::vector<Round> rounds_of(const Sequence& sequence) {
  const Walk walk = walk_of(sequence);
  std::vector<Round> rounds;
  for (std::size_t from = 0; from < walk.moves.size(); ++from) {
    const auto begin = walk.before.begin() + static_cast<std::ptrdiff_t>(from);
    const auto near = std::find(begin + 1, walk.before.end(), *begin);
    if (near == walk.before.end()) continue;
    const auto far = std::find(walk.before.rbegin(), walk.before.rend(), *begin).base() - 1;
    for (const auto visit : {near, far})
      rounds.push_back(
          {walk.moves[from], walk.moves[static_cast<std::size_t>(visit - walk.before.begin())]});
  }
  std::stable_sort(rounds.begin(), rounds.end(),
                   [](const Round& a, const Round& b) { return a.width() > b.width(); });
  return rounds;
}

/// What happens beside the jobs of a round may be what matters, e.g. a write.
bool belongs_to_job(const Step& step) {
  return step.at || std::holds_alternative<OperateStep>(step.action) ||
         std::holds_alternative<WaitStep>(step.action);
}

bool cut(Trials& trials, const Round& round) {
  Sequence without = trials.best();
  const auto begin = without.steps.begin() + static_cast<std::ptrdiff_t>(round.begin);
  const auto end = without.steps.begin() + static_cast<std::ptrdiff_t>(round.end);
  const auto kept = std::remove_if(begin, end, belongs_to_job);
  Sequence jobs_only = without;
  jobs_only.steps.erase(jobs_only.steps.begin() + (kept - without.steps.begin()),
                        jobs_only.steps.begin() + (end - without.steps.begin()));
  without.steps.erase(begin, end);
  return trials.attempt(without) || trials.attempt(jobs_only);
}

}  // namespace

bool cut_widest_round(Trials& trials) {
  const std::vector<Round> rounds = rounds_of(trials.best());
  return !rounds.empty() && cut(trials, rounds.front());
}

bool cut_rounds(Trials& trials) {
  bool better = false;
  for (bool again = true; again && !trials.spent();) {
    again = false;
    for (const Round& round : rounds_of(trials.best())) {
      if (!cut(trials, round)) continue;
      better = again = true;
      break;  // positions have changed
    }
  }
  return better;
}

}  // namespace switchback
