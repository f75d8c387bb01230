// SPDX-License-Identifier: Apache-2.0
// See rare_drawing.hpp.
#include "harness/sequence/rare_drawing.hpp"

#include <algorithm>
#include <vector>

#include "harness/sequence/step_drawing.hpp"

namespace switchback {
namespace {

/// So often what is rare is drawn where there is some: most of a campaign stays as it was.
constexpr unsigned kAskPercent = 15;
constexpr unsigned kGoalPercent = 30;
constexpr unsigned kAimPercent = 25;

}  // namespace

RareDrawing::RareDrawing(Draw& draw, const Swarm& swarm, const WalkModel& model)
    : draw_(draw),
      swarm_(swarm),
      frontier_(*swarm.options.frontier),
      model_(model),
      faults_(faults_drawn(swarm.profile, swarm.options.capabilities)) {}

bool RareDrawing::is_on(const RareAsk& ask) const {
  if (swarm_.off.contains(ask.operation)) return false;
  switch (ask.end) {
    case RareEnd::refused:
      return swarm_.profile.illegal_operation > 0;
    case RareEnd::failed:
      return swarm_.profile.fault + swarm_.profile.inner_fault > 0 && !faults_.empty();
    case RareEnd::cancelled:
      return !swarm_.off.contains(Operation::cancel);
    case RareEnd::done:
      return true;
  }
  SB_ASSERT(false && "every end is one of these");
}

std::optional<RareAsk> RareDrawing::ask() {
  if (frontier_.asks.empty() || !draw_.percent(kAskPercent)) return std::nullopt;
  std::vector<RareAsk> fit;
  for (const RareAsk& ask : frontier_.asks)
    if (ask.state == model_.state() && is_on(ask)) fit.push_back(ask);
  if (fit.empty()) return std::nullopt;
  return draw_.one_of(fit);
}

std::optional<ItemState> RareDrawing::goal() {
  if (frontier_.asks.empty() || !draw_.percent(kGoalPercent)) return std::nullopt;
  std::vector<ItemState> fit;
  for (const RareAsk& ask : frontier_.asks)
    if (is_on(ask)) fit.push_back(ask.state);
  if (fit.empty()) return std::nullopt;
  return draw_.one_of(fit);
}

std::optional<RareAim> RareDrawing::aim(Operation operation) {
  if (frontier_.aims.empty() || swarm_.profile.inner_fault == 0 || !draw_.percent(kAimPercent))
    return std::nullopt;
  std::vector<RareAim> fit;
  for (const RareAim& aim : frontier_.aims)
    if (aim.operation == operation &&
        std::find(faults_.begin(), faults_.end(), aim.kind) != faults_.end())
      fit.push_back(aim);
  if (fit.empty()) return std::nullopt;
  return draw_.one_of(fit);
}

}  // namespace switchback
