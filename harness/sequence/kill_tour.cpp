// SPDX-License-Identifier: Apache-2.0
// See kill_tour.hpp.
#include "harness/sequence/kill_tour.hpp"

namespace switchback {
namespace {

/// The operations whose jobs a step may start.
std::vector<Operation> jobs_of(const Step& step) {
  if (step.at) {
    // Of the steps inside a job only a cancel starts one.
    const auto* const ask = std::get_if<OperateStep>(&step.action);
    if (ask != nullptr && ask->operation == Operation::cancel) return {Operation::cancel};
    return {};
  }
  if (const auto* const ask = std::get_if<OperateStep>(&step.action)) return {ask->operation};
  if (std::holds_alternative<WaitStep>(step.action))
    return {Operation::delta_replication, Operation::process_log, Operation::fence_source};
  return {};
}

void add_kills(std::vector<Step>& steps, const std::string& stage, bool recorded) {
  for (std::uint32_t call = recorded ? 0 : 1; call < kKillsAtAStage; ++call)
    steps.push_back({FaultStep{FaultKind::controller_killed}, Moment{stage, call}});
}

}  // namespace

RowTour with_kills(const RowTour& tour, const Capabilities& capabilities) {
  RowTour killed = tour;
  killed.sequence.steps.clear();
  const std::vector<Step>& steps = tour.sequence.steps;
  for (std::size_t n = 0; n < steps.size(); ++n) {
    killed.sequence.steps.push_back(steps[n]);
    const bool last_inside = n + 1 == steps.size() || !steps[n + 1].at;
    if (!last_inside) continue;
    std::size_t outer = n;
    while (outer > 0 && steps[outer].at)
      --outer;
    std::vector<Step> kills;
    for (std::size_t part = outer; part <= n; ++part) {
      for (const Operation operation : jobs_of(steps[part])) {
        const StageList* const list = capabilities.find(operation);
        if (list == nullptr) continue;
        for (std::size_t stage = 0; stage < list->stages.size(); ++stage)
          add_kills(kills, list->stages[stage], stage > 0);
        if (!list->undo.empty()) add_kills(kills, list->undo, true);
      }
    }
    // A kill at a moment at which something else is to happen comes after it.
    killed.sequence.steps.insert(killed.sequence.steps.end(), kills.begin(), kills.end());
  }
  return killed;
}

}  // namespace switchback
