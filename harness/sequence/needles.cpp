// SPDX-License-Identifier: Apache-2.0
// See needles.hpp.
#include "harness/sequence/needles.hpp"

#include <algorithm>
#include <set>

#include "harness/lifecycle/resting_states.hpp"
#include "harness/lifecycle/transition_table.hpp"

namespace switchback {
namespace {

using std::chrono::hours;
using Found = std::optional<std::size_t>;

/// Whether step `n` is the next thing that is needed.
using Wanted = std::function<bool(const Sequence&, std::size_t n)>;

/// One after the other, with anything between them.
std::function<Found(const Sequence&)> in_order(std::vector<Wanted> wanted) {
  return [wanted = std::move(wanted)](const Sequence& sequence) -> Found {
    std::size_t met = 0;
    for (std::size_t n = 0; n < sequence.steps.size(); ++n) {
      if (wanted[met](sequence, n)) ++met;
      if (met == wanted.size()) return n;
    }
    return std::nullopt;
  };
}

template <class Kind>
const Kind* as(const Sequence& sequence, std::size_t n) {
  return std::get_if<Kind>(&sequence.steps[n].action);
}

Wanted asked(Operation operation, std::size_t item = 0) {
  return [=](const Sequence& sequence, std::size_t n) {
    const auto* const ask = as<OperateStep>(sequence, n);
    return ask != nullptr && ask->operation == operation && !sequence.steps[n].at &&
           sequence.steps[n].item % sequence.item_count() == item;
  };
}

Wanted broken(FaultKind kind) {
  return [kind](const Sequence& sequence, std::size_t n) {
    const auto* const fault = as<FaultStep>(sequence, n);
    return fault != nullptr && fault->kind == kind;
  };
}

bool written(const Sequence& sequence, std::size_t n) {
  return as<WriteStep>(sequence, n) != nullptr;
}

/// In the second stage of the job, before a call that is not among the first.
Wanted in_job_of(Operation operation, Wanted inside, std::uint32_t call_least) {
  return [=](const Sequence& sequence, std::size_t n) {
    const std::optional<Moment>& at = sequence.steps[n].at;
    if (!at || at->stage != "second_stage" || at->call < call_least) return false;
    std::size_t job = n;
    while (job > 0 && sequence.steps[job].at)
      --job;
    const auto* const ask = as<OperateStep>(sequence, job);
    return ask != nullptr && ask->operation == operation && inside(sequence, n);
  };
}

/// Back from a failover, both as planned, if all that the table allows was done.
Found gone_and_come_back(const Sequence& sequence) {
  ItemState state = initial_state();
  bool planned = false;
  for (std::size_t n = 0; n < sequence.steps.size(); ++n) {
    const auto* const ask = as<OperateStep>(sequence, n);
    if (ask == nullptr || sequence.steps[n].at || sequence.steps[n].item != 0) continue;
    const Transition* const row = find_transition(state, ask->operation);
    if (row == nullptr) continue;
    state = row->to;
    if (ask->operation == Operation::planned_failover) planned = true;
    if (ask->operation == Operation::unplanned_failover) planned = false;
    if (planned && ask->operation == Operation::complete_failover) return n;
  }
  return std::nullopt;
}

/// The writes have come to so many of them.
template <class Key>
std::function<Found(const Sequence&)> writes_to(std::size_t count, Key key) {
  return [=](const Sequence& sequence) -> Found {
    std::set<std::size_t> seen;
    for (std::size_t n = 0; n < sequence.steps.size(); ++n) {
      const auto* const write = as<WriteStep>(sequence, n);
      if (write != nullptr && sequence.steps[n].item == 0)
        seen.insert(key(sequence, write->disk % sequence.disks.size()));
      if (seen.size() >= count) return n;
    }
    return std::nullopt;
  };
}

Found waited(const Sequence& sequence) {
  std::chrono::milliseconds sum{};
  for (std::size_t n = 0; n < sequence.steps.size(); ++n) {
    if (const auto* const wait = as<WaitStep>(sequence, n)) sum += wait->duration;
    if (sum >= hours(3)) return n;
  }
  return std::nullopt;
}

bool from_a_point_unheard(const Sequence& sequence, std::size_t n) {
  const auto* const ask = as<OperateStep>(sequence, n);
  return ask != nullptr && ask->operation == Operation::unplanned_failover &&
         ask->point == PointChoice::custom && !ask->shut_down_source;
}

/// After a read error that nobody heals a write is to be sent.
Found read_error_met(const Sequence& sequence) {
  const auto next =
      in_order({asked(Operation::enable), broken(FaultKind::read_error), written,
                [](const Sequence& s, std::size_t n) {
                  const auto* const wait = as<WaitStep>(s, n);
                  return wait != nullptr && wait->duration >= std::chrono::seconds(30);
                }});
  const auto heals = [](const Step& step) { return std::holds_alternative<HealStep>(step.action); };
  const bool healed = std::any_of(sequence.steps.begin(), sequence.steps.end(), heals);
  return healed ? std::nullopt : next(sequence);
}

Wanted edited(Edit edit) {
  return [edit](const Sequence& sequence, std::size_t n) {
    const auto* const step = as<EditStep>(sequence, n);
    return step != nullptr && step->edit == edit;
  };
}

bool second_item_enabled(const Sequence& sequence, std::size_t n) {
  return sequence.item_count() > 1 && asked(Operation::enable, 1)(sequence, n);
}

}  // namespace

std::vector<Needle> all_needles() {
  return {
      {.name = "AWalkThereAndBack",
       .breaks = gone_and_come_back,
       .shortest = {"enable", "planned_failover", "commit", "planned_failback",
                    "complete_failover"},
       .sequences_to_find = 46,
       .commands_to_shrink = 300},
      {.name = "AFaultBetweenTwoWrites",
       .breaks = in_order({written, broken(FaultKind::link_cut), written}),
       .shortest = {"write disk 0 block 0", "fault link_cut", "write disk 0 block 0"},
       .sequences_to_find = 34,
       .commands_to_shrink = 155},
      {.name = "AReadErrorWhereSomethingIsToBeSent",
       .breaks = read_error_met,
       .shortest = {"enable", "fault read_error", "write disk 0 block 0", "wait 30 s"},
       .sequences_to_find = 1600,
       .commands_to_shrink = 162},
      {.name = "AKillInOneStageOfOneJob",
       .breaks = in_order(
           {in_job_of(Operation::planned_failover, broken(FaultKind::controller_killed), 2)}),
       .shortest = {"planned_failover", "fault controller_killed at second_stage/2"},
       .sequences_to_find = 640,
       .commands_to_shrink = 76},
      {.name = "AWriteInsideAJobAndThenAFailover",
       .breaks =
           in_order({in_job_of(Operation::enable, written, 3), asked(Operation::planned_failover)}),
       .shortest = {"enable", "write disk 0 block 0 at second_stage/3", "planned_failover"},
       .sequences_to_find = 28,
       .commands_to_shrink = 315},
      {.name = "TwoDisks",
       .breaks = writes_to(2, [](const Sequence&, std::size_t disk) { return disk; }),
       .shortest = {"write disk 0 block 0", "write disk 1 block 0"},
       .disks = 2,
       .sequences_to_find = 2.2,
       .commands_to_shrink = 48},
      {.name = "TwoVms",
       .breaks = writes_to(2, [](const Sequence& s, std::size_t disk) { return s.disks[disk].vm; }),
       .shortest = {"write disk 0 block 0", "write disk 1 block 0"},
       .disks = 2,
       .vms = 2,
       .sequences_to_find = 30,
       .commands_to_shrink = 63},
      {.name = "HoursThatGoBy",
       .breaks = waited,
       .shortest = {"wait 10800 s"},
       .sequences_to_find = 16,
       .commands_to_shrink = 130},
      {.name = "AChoiceOfTwo",
       .breaks = in_order({asked(Operation::enable), from_a_point_unheard}),
       .shortest = {"enable", "unplanned_failover from point 0 without shutting down the source"},
       .sequences_to_find = 30,
       .commands_to_shrink = 72},
      {.name = "TwoEdits",
       .breaks = in_order({edited(Edit::take_snapshot), written, edited(Edit::revert_to_snapshot)}),
       .shortest = {"edit take_snapshot", "write disk 0 block 0", "edit revert_to_snapshot"},
       .sequences_to_find = 870,
       .commands_to_shrink = 346},
      {.name = "TwoItems",
       .breaks = in_order({asked(Operation::planned_failover), second_item_enabled}),
       .shortest = {"planned_failover", "enable (item 1)"},
       .sequences_to_find = 235,
       .commands_to_shrink = 120},
  };
}

}  // namespace switchback
