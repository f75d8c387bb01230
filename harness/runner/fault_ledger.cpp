// SPDX-License-Identifier: Apache-2.0
// See fault_ledger.hpp.
#include "harness/runner/fault_ledger.hpp"

#include <algorithm>

namespace switchback {

void FaultLedger::inject(FaultKind kind) {
  ever_ = true;
  if (only_delays(kind)) return;
  injected_.push_back(kind);
  if (kills_controller(kind)) ++kills_;
  if (kind == FaultKind::tracking_lost || !is_over_at_once(kind)) in_force_.insert(kind);
}

void FaultLedger::lose_tracking() {
  inject(FaultKind::tracking_lost);
}

void FaultLedger::took_effect(FaultKind kind) {
  if (kind == FaultKind::controller_killed_in_call) ++kills_;
  if (takes_effect_once(kind)) in_force_.erase(kind);
}

void FaultLedger::heal() {
  const bool tracking_lost = in_force_.contains(FaultKind::tracking_lost);
  in_force_.clear();
  if (tracking_lost) in_force_.insert(FaultKind::tracking_lost);
}

void FaultLedger::operation_ended(const Mark& began, Operation operation, bool done,
                                  bool saw_frozen) {
  const auto since = injected_.begin() + static_cast<std::ptrdiff_t>(began.injected);
  const bool lost_meanwhile =
      std::find(since, injected_.end(), FaultKind::tracking_lost) != injected_.end();
  if (done && sends_data(operation) && !lost_meanwhile) in_force_.erase(FaultKind::tracking_lost);
  if (saw_frozen) in_force_.erase(FaultKind::thaw_refused);
}

std::vector<FaultKind> FaultLedger::since(const Mark& mark) const {
  std::set<FaultKind> kinds = mark.in_force;
  for (std::size_t n = mark.injected; n < injected_.size(); ++n)
    kinds.insert(injected_[n]);
  return {kinds.begin(), kinds.end()};
}

}  // namespace switchback
