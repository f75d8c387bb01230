// SPDX-License-Identifier: Apache-2.0
// Fewer items, and fewer jobs at a time.
#include <algorithm>

#include "harness/shrink/passes.hpp"

namespace switchback {
namespace {

/// Faults, their end and time are nobody's: they hit all items.
bool is_of_an_item(const Step& step) {
  return !std::holds_alternative<FaultStep>(step.action) &&
         !std::holds_alternative<HealStep>(step.action) &&
         !std::holds_alternative<WaitStep>(step.action);
}

Sequence without_item(const Sequence& sequence, std::size_t gone) {
  Sequence fewer = sequence;
  const auto count = static_cast<std::uint32_t>(sequence.item_count());
  if (gone == 0) {
    ItemPlan first = fewer.others.front();
    fewer.disks = std::move(first.disks);
    fewer.vms = std::move(first.vms);
    fewer.policy = first.policy;
  }
  fewer.others.erase(fewer.others.begin() + static_cast<std::ptrdiff_t>(gone == 0 ? 0 : gone - 1));
  std::erase_if(fewer.steps,
                [&](const Step& step) { return is_of_an_item(step) && step.item % count == gone; });
  for (Step& step : fewer.steps) {
    step.item %= count;
    if (step.item > gone || !is_of_an_item(step)) step.item -= std::min(step.item, 1U);
  }
  return fewer;
}

/// Only the first item, to which everything is done that was done to any.
Sequence all_to_one(const Sequence& sequence) {
  Sequence one = sequence;
  one.others.clear();
  for (Step& step : one.steps)
    step.item = 0;
  return one;
}

/// Without the steps that only let jobs in the background go on.
Sequence run_through(const Sequence& sequence) {
  Sequence plain = sequence;
  std::erase_if(plain.steps,
                [](const Step& step) { return std::holds_alternative<AdvanceStep>(step.action); });
  for (Step& step : plain.steps) {
    if (auto* const ask = std::get_if<OperateStep>(&step.action)) ask->background = false;
    if (auto* const wait = std::get_if<WaitStep>(&step.action)) wait->background = false;
  }
  return plain;
}

bool take_out_of_background(Step& step) {
  auto* const ask = std::get_if<OperateStep>(&step.action);
  auto* const wait = std::get_if<WaitStep>(&step.action);
  if (ask != nullptr && ask->background) return !(ask->background = false);
  if (wait != nullptr && wait->background) return !(wait->background = false);
  return false;
}

}  // namespace

bool drop_items(Trials& trials) {
  bool better = false;
  for (std::size_t item = trials.best().item_count(); item-- > 0 && !trials.spent();) {
    if (trials.best().item_count() < 2) break;
    if (item < trials.best().item_count())
      better |= trials.attempt(without_item(trials.best(), item));
  }
  if (trials.best().item_count() > 1) better |= trials.attempt(all_to_one(trials.best()));
  return better;
}

bool run_jobs_through(Trials& trials) {
  bool better = trials.attempt(run_through(trials.best()));
  for (std::size_t n = trials.best().steps.size(); n-- > 0 && !trials.spent();) {
    if (n >= trials.best().steps.size()) continue;
    Sequence candidate = trials.best();
    if (take_out_of_background(candidate.steps[n])) better |= trials.attempt(candidate);
  }
  return better;
}

}  // namespace switchback
