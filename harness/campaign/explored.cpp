// SPDX-License-Identifier: Apache-2.0
// See explored.hpp.
#include "harness/campaign/explored.hpp"

#include "harness/base/concat.hpp"
#include "harness/lifecycle/resting_states.hpp"

namespace switchback {
namespace {

/// What came to pass less often is rare.
constexpr std::uint64_t kOften = 3;
/// So many frontiers name it.
constexpr unsigned kMostFrontiers = 24;

RareAsk ask_of(const CoverageCell& cell, RareEnd end) {
  const bool cancels_job = !cell.cancelled.empty();
  return {.state = *state_named(cell.state),
          .operation = *operation_named(cancels_job ? cell.cancelled : cell.operation),
          .end = cancels_job ? RareEnd::cancelled : end};
}

}  // namespace

Explored::Explored(const Capabilities& capabilities) : capabilities_(capabilities) {
  for (const StageList& offered : capabilities.operations)
    operations_.emplace_back(name_of(offered.operation));
}

void Explored::add(std::uint64_t sequence, const std::vector<Event>& events,
                   const CallsByStage& calls) {
  coverage_.sequence_begins(sequence);
  for (const Event& event : events) {
    if (const auto* const ended = std::get_if<OperationEnded>(&event))
      coverage_.operation_ended(*ended);
    if (const auto* const injected = std::get_if<FaultInjected>(&event))
      faults_.injected(*injected);
    if (const auto* const effect = std::get_if<FaultTookEffect>(&event))
      faults_.took_effect(*effect);
  }
  coverage_.sequence_ends(sequence);
  for (const auto& [stage, seen] : calls) {
    StageCalls& known = calls_[stage];
    for (const std::string& name : seen.names)
      known.add(name, seen.count);
  }
}

Frontier Explored::next_frontier() {
  Frontier frontier;
  add_asks(frontier);
  add_aims(frontier);
  frontier.calls = calls_;
  return frontier;
}

/// Rare, and not yet named too often.
template <class... Words>
bool Explored::is_worth_it(std::uint64_t times, Words... words) {
  return times < kOften && ++named_[concat(words...)] <= kMostFrontiers;
}

void Explored::add_asks(Frontier& frontier) {
  const CoverageTable table = coverage_.table(operations_);
  for (const Covered<TransitionGoal>& goal : table.transitions.all)
    if (is_worth_it(goal.times, "done ", goal.what.cell.state, " ", goal.what.cell.operation, " ",
                    goal.what.cell.cancelled))
      frontier.asks.push_back(ask_of(goal.what.cell, RareEnd::done));
  for (const Covered<CoverageCell>& goal : table.refusals.all)
    if (is_worth_it(goal.times, "refused ", goal.what.state, " ", goal.what.operation))
      frontier.asks.push_back(ask_of(goal.what, RareEnd::refused));
  for (const Covered<FailureGoal>& goal : table.failures.all)
    if (is_worth_it(goal.times, "failed ", goal.what.cell.state, " ", goal.what.cell.operation, " ",
                    goal.what.to))
      frontier.asks.push_back(ask_of(goal.what.cell, RareEnd::failed));
}

void Explored::add_aims(Frontier& frontier) {
  const auto consider = [&](Operation operation, const std::string& stage) {
    for (const FaultKind kind : capabilities_.faults) {
      const std::string kind_name(name_of(kind));
      const std::string operation_name(name_of(operation));
      const auto seen = faults_.places().find({kind_name, operation_name, stage});
      const std::uint64_t effects = seen == faults_.places().end() ? 0 : seen->second.effects;
      if (is_worth_it(effects, kind_name, " in ", operation_name, "/", stage))
        frontier.aims.push_back({operation, stage, kind});
    }
  };
  for (const StageList& offered : capabilities_.operations) {
    for (const std::string& stage : offered.stages)
      consider(offered.operation, stage);
    if (!offered.undo.empty()) consider(offered.operation, offered.undo);
  }
}

}  // namespace switchback
