// SPDX-License-Identifier: Apache-2.0
// See guessed_states.hpp.
#include "harness/shrink/guessed_states.hpp"

#include "harness/lifecycle/resting_states.hpp"
#include "harness/lifecycle/transition_table.hpp"

namespace switchback {
namespace {

/// What a step does to an item by itself, if anything: what is asked for, or the fence that falls
/// due, as time goes by for all.
const Transition* row_of(const Sequence& sequence, const Step& step, std::size_t item,
                         const ItemState& state) {
  if (const auto* const ask = std::get_if<OperateStep>(&step.action))
    return step.item % sequence.item_count() == item ? find_transition(state, ask->operation)
                                                     : nullptr;
  const auto* const wait = std::get_if<WaitStep>(&step.action);
  if (wait == nullptr || wait->duration < sequence.plan(item).policy.copy_frequency) return nullptr;
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

}  // namespace

std::vector<ItemState> guessed_states(const Sequence& sequence, std::size_t item) {
  std::vector<ItemState> states = {initial_state()};
  for (std::size_t n = 0; n < sequence.steps.size(); ++n) {
    const ItemState state = states.back();
    const Step& step = sequence.steps[n];
    const Transition* const row = step.at ? nullptr : row_of(sequence, step, item, state);
    states.push_back(row == nullptr ? state : end_of_job(sequence, n + 1, *row));
  }
  return states;
}

}  // namespace switchback
