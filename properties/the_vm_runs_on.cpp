// SPDX-License-Identifier: Apache-2.0
// Promise: what does not move the VM does not stop it either: it runs on, not even started anew.
//
// Source: the tutorial, for commit ("the VM keeps running"), failback ("The VM keeps running in
// Azure" until Complete Failover) and shutdown = no; the drill document: "without any data loss or
// downtime"; manage protection: disabling leaves the VM. Codes TEST and LIVE; invariants 18, 29,
// 39, 46, 53, 57, 64.
#include <algorithm>

#include <fmt/format.h>

#include "properties/properties.hpp"

namespace switchback {
namespace {

class TheVmRunsOn final : public Property {
 public:
  [[nodiscard]] std::string_view name() const override { return "the_vm_runs_on"; }
  [[nodiscard]] std::string_view promise() const override {
    return "an operation that does not move the VM leaves it running without a restart";
  }
  [[nodiscard]] std::string_view source() const override {
    return "Azure Site Recovery tutorial, 'Synchronize data before failover'; 'Run a disaster "
           "recovery drill'";
  }
  [[nodiscard]] Verdict after_operation(const OperationEvidence& evidence) const override {
    if (evidence.row == nullptr || std::holds_alternative<Refused>(evidence.outcome))
      return Verdict::does_not_apply();
    const std::optional<Site> site = site_that_stays(evidence);
    if (!site) return Verdict::does_not_apply();
    bool judged = false;
    for (const SeenVm& was : evidence.before.vms) {
      if (was.site != *site || was.test || !was.running) continue;
      judged = true;
      const auto& after = evidence.after.vms;
      const bool same = std::any_of(after.begin(), after.end(), [&](const SeenVm& is) {
        return is.site == was.site && is.name == was.name && is.running &&
               is.incarnation == was.incarnation;
      });
      if (!same)
        return Verdict::broken("vm_interrupted",
                               fmt::format("{} stopped VM {} at {} or started it anew",
                                           name_of(evidence.operation), was.name, name_of(*site)));
    }
    return judged ? Verdict::holds() : Verdict::does_not_apply();
  }

 private:
  /// Where VMs must not be touched by this operation.
  static std::optional<Site> site_that_stays(const OperationEvidence& evidence) {
    const bool done = std::holds_alternative<Done>(evidence.outcome);
    switch (evidence.operation) {
      case Operation::unplanned_failover:
        // Without its shutdown the source is left alone, done or not.
        if (evidence.request.shut_down_source) return std::nullopt;
        return Site::primary;
      case Operation::change_recovery_point:
      case Operation::planned_failover:
      case Operation::complete_failover:
      case Operation::full_failback:
      case Operation::fence_source:
        return std::nullopt;
      case Operation::cancel:
        if (evidence.model_after.recovery != Role::active) return std::nullopt;
        return Site::recovery;
      default:
        if (!done && evidence.fault_in_force) return std::nullopt;
        return active_site(evidence.model_before);
    }
  }
};

}  // namespace

std::unique_ptr<const Property> the_vm_runs_on() {
  return std::make_unique<TheVmRunsOn>();
}

}  // namespace switchback
