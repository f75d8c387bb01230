// SPDX-License-Identifier: Apache-2.0
// Promise: a cancelled failover leaves the VM running at primary and none at recovery; a cancelled
// failback leaves it running at recovery, and the half-written one at primary off.
//
// Source: the tutorial: cancel: "failover stops, but the VM won't replicate again"; failback
// document: after a cancel in the synchronization the on-premises VM "will be in a corrupted
// state". That it does not replicate again is stopped_replication_sends_nothing's. Codes CANCEL,
// LEAK; invariants 43 and 53.
#include <algorithm>

#include <fmt/format.h>

#include "properties/properties.hpp"

namespace switchback {
namespace {

class CancelledStaysCancelled final : public Property {
 public:
  [[nodiscard]] std::string_view name() const override { return "cancelled_stays_cancelled"; }
  [[nodiscard]] std::string_view promise() const override {
    return "after a cancel the VM runs where it ran before the operation, and nowhere else";
  }
  [[nodiscard]] std::string_view source() const override {
    return "Azure Site Recovery tutorial, cancel; failback of Hyper-V VMs, note on cancelling";
  }
  [[nodiscard]] Verdict after_operation(const OperationEvidence& evidence) const override {
    if (evidence.operation != Operation::cancel || evidence.row == nullptr ||
        !std::holds_alternative<Done>(evidence.outcome))
      return Verdict::does_not_apply();
    const Site stays = evidence.row->to.recovery == Role::active ? Site::recovery : Site::primary;
    const auto runs = [&](Site site) {
      const auto& vms = evidence.after.vms;
      return std::count_if(vms.begin(), vms.end(), [&](const SeenVm& vm) {
        return vm.site == site && !vm.test && vm.running;
      });
    };
    if (runs(other(stays)) > 0)
      return Verdict::broken("other_copy_runs", fmt::format("after the cancel a VM runs at {}",
                                                            name_of(other(stays))));
    if (stays == Site::primary)
      for (const SeenVm& vm : evidence.after.vms)
        if (vm.site == Site::recovery)
          return Verdict::broken("target_left",
                                 fmt::format("after the cancel VM {} is at recovery", vm.name));
    if (static_cast<std::size_t>(runs(stays)) != evidence.item.vms.size() &&
        !evidence.fault_in_force)
      return Verdict::broken("vm_is_off",
                             fmt::format("after the cancel no VM runs at {}", name_of(stays)));
    return Verdict::holds();
  }
};

}  // namespace

std::unique_ptr<const Property> cancelled_stays_cancelled() {
  return std::make_unique<CancelledStaysCancelled>();
}

}  // namespace switchback
