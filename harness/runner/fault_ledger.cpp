// SPDX-License-Identifier: Apache-2.0
// See fault_ledger.hpp.
#include "harness/runner/fault_ledger.hpp"

#include <algorithm>

namespace switchback {
namespace {

/// Stays when everything is healed.
bool is_for_the_system_to_notice(FaultKind kind) {
  return kind == FaultKind::tracking_lost || may_hit_nothing(kind);
}

}  // namespace

bool makes_good_for_deletions(Operation operation) {
  switch (operation) {
    case Operation::enable:
    case Operation::delta_replication:
    case Operation::resynchronize:
    case Operation::planned_failover:
    case Operation::reverse_replicate:
      return true;  // stands on the newest data that was there
    case Operation::commit:
    case Operation::disable:
    case Operation::purge:
    case Operation::complete_migration:
      return true;  // deletes it all
    default:
      return false;
  }
}

bool may_fail_for_changed_disk(Operation operation) {
  return operation == Operation::delta_replication || operation == Operation::planned_failover ||
         operation == Operation::complete_failover || operation == Operation::full_failback;
}

void FaultLedger::inject(FaultKind kind) {
  ever_ = true;
  if (excuses_no_failure(kind) || may_hit_nothing(kind)) return;
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
  if (!may_hit_nothing(kind)) return;
  injected_.push_back(kind);
  in_force_.insert(kind);
}

void FaultLedger::heal() {
  std::erase_if(in_force_, [](FaultKind kind) { return !is_for_the_system_to_notice(kind); });
}

void FaultLedger::operation_ended(const Mark& began, Operation operation, bool done,
                                  bool saw_frozen) {
  const auto made_good = [&](FaultKind kind, bool makes_good) {
    if (done && makes_good && !injected_since(began, kind)) in_force_.erase(kind);
  };
  made_good(FaultKind::tracking_lost, sends_data(operation));
  made_good(FaultKind::disk_changed_behind, sends_data(operation));
  made_good(FaultKind::targets_deleted, makes_good_for_deletions(operation));
  if (saw_frozen) in_force_.erase(FaultKind::thaw_refused);
}

bool FaultLedger::injected_since(const Mark& mark, FaultKind kind) const {
  const auto since = injected_.begin() + static_cast<std::ptrdiff_t>(mark.injected);
  return std::find(since, injected_.end(), kind) != injected_.end();
}

std::vector<FaultKind> FaultLedger::since(const Mark& mark) const {
  std::set<FaultKind> kinds = mark.in_force;
  for (std::size_t n = mark.injected; n < injected_.size(); ++n)
    kinds.insert(injected_[n]);
  return {kinds.begin(), kinds.end()};
}

std::vector<FaultKind> FaultLedger::excuses(const Mark& mark, Operation operation) const {
  std::vector<FaultKind> kinds = since(mark);
  if (!may_fail_for_changed_disk(operation)) std::erase(kinds, FaultKind::disk_changed_behind);
  return kinds;
}

}  // namespace switchback
