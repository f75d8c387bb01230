// SPDX-License-Identifier: Apache-2.0
// Promise: a recovery point holds everything that was acknowledged before the time that it claims
// to stand for, and before the round that cut it began; and the
// running VM's own disks keep what it wrote whatever is done around it.
//
// Source: Hyper-V to Azure architecture, "Delta replication": each round sends the current log.
// Catches lost or wrong change tracking (codes CONV and FRESH of the defect list).
#include <fmt/format.h>

#include "properties/properties.hpp"

namespace switchback {
namespace {

class RoundsMissNothing final : public Property {
 public:
  [[nodiscard]] std::string_view name() const override { return "rounds_miss_nothing"; }
  [[nodiscard]] std::string_view promise() const override {
    return "a recovery point holds every write acknowledged before its cut, and a running "
           "VM keeps every write it acknowledged";
  }
  [[nodiscard]] std::string_view source() const override {
    return "Hyper-V to Azure architecture, 'Delta replication'";
  }
  [[nodiscard]] Verdict after_operation(const OperationEvidence& evidence) const override {
    bool judged = false;
    for (const PointImage& image : evidence.new_points) {
      judged = true;
      if (image.cut.missing_since <= image.complete_to)
        return Verdict::broken(
            "point_lacks_write",
            fmt::format("recovery point {} lacks writes acknowledged before it was cut; {}",
                        image.point.id, describe(image.cut, *image.journal)));
    }
    // A role switch is planned_switch_loses_nothing's to judge.
    const bool stays = active_site(evidence.model_before) == active_site(evidence.model_after) &&
                       evidence.operation != Operation::change_recovery_point;
    if (stays && evidence.active_image) {
      judged = true;
      if (evidence.active_image->lost.count > 0)
        return Verdict::broken(
            "running_disk_lost_write",
            fmt::format("after {} the running VM's disks lack {} block(s) that "
                        "it had acknowledged; {}",
                        name_of(evidence.operation), evidence.active_image->lost.count,
                        describe(*evidence.active_image, evidence.journal)));
    }
    return judged ? Verdict::holds() : Verdict::does_not_apply();
  }
};

}  // namespace

std::unique_ptr<const Property> rounds_miss_nothing() {
  return std::make_unique<RoundsMissNothing>();
}

}  // namespace switchback
