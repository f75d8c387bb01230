// SPDX-License-Identifier: Apache-2.0
// Promise: a planned failover, and a completed failback, lose nothing.
//
// Source: the tutorial, "Failover options": a planned failover has "zero data loss"; "Fail back",
// step Complete Failover: the recovery VM is shut down and the final changes are sent before the
// primary VM starts. No exception is documented. Broken in the wild by, among others, final syncs
// that are cut before the guest stopped (ramen #1148 and its kin; code PZL of the defect list).
#include <fmt/format.h>

#include "properties/properties.hpp"

namespace switchback {
namespace {

class PlannedSwitchLosesNothing final : public Property {
 public:
  [[nodiscard]] std::string_view name() const override { return "planned_switch_loses_nothing"; }
  [[nodiscard]] std::string_view promise() const override {
    return "after a planned failover or a completed failback the VM shows every write that was "
           "acknowledged before";
  }
  [[nodiscard]] std::string_view source() const override {
    return "Azure Site Recovery tutorial 'Fail over and fail back Hyper-V VMs', failover options";
  }
  [[nodiscard]] Verdict after_operation(const OperationEvidence& evidence) const override {
    const bool out = evidence.operation == Operation::planned_failover;
    const bool back = evidence.operation == Operation::complete_failover ||
                      evidence.operation == Operation::full_failback;
    if ((!out && !back) || evidence.row == nullptr ||
        !std::holds_alternative<Done>(evidence.outcome))
      return Verdict::does_not_apply();
    // Going out, a new journal begins with what the copy first showed: it is held to the old one.
    const CutReport* image = nullptr;
    const Journal* journal = &evidence.journal;
    if (out && evidence.target) {
      image = &evidence.target->cut;
      journal = evidence.target->journal;
    } else if (back && evidence.active_image) {
      image = &*evidence.active_image;
    }
    if (image == nullptr)
      return Verdict::broken("no_vm", fmt::format("{} reports done, but no VM runs at the {} site",
                                                  name_of(evidence.operation),
                                                  name_of(*active_site(evidence.row->to))));
    if (image->lost.count == 0) return Verdict::holds();
    return Verdict::broken(
        "lost_write",
        fmt::format("{} block(s), {} bytes of acknowledged writes are not on the VM "
                    "that runs now; {}",
                    image->lost.count, image->lost_bytes, describe(*image, *journal)));
  }
};

}  // namespace

std::unique_ptr<const Property> planned_switch_loses_nothing() {
  return std::make_unique<PlannedSwitchLosesNothing>();
}

}  // namespace switchback
