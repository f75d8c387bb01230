// SPDX-License-Identifier: Apache-2.0
// Promise: every image is a legal cut of what the guest wrote, over all disks of the item at once.
//
// Source: Hyper-V to Azure architecture, "Delta replication": changes made while a log is in
// transit go to another log, so a recovery point is one instant of the VM. Codes PIT and XDISK of
// the defect list.
#include <fmt/format.h>

#include "properties/properties.hpp"

namespace switchback {
namespace {

class ImagesAreLegalCuts final : public Property {
 public:
  [[nodiscard]] std::string_view name() const override { return "images_are_legal_cuts"; }
  [[nodiscard]] std::string_view promise() const override {
    return "a recovery point, and the disks of the VM that runs, show one instant of the guest's "
           "writes across all disks, with no torn, corrupt or foreign block";
  }
  [[nodiscard]] std::string_view source() const override {
    return "Hyper-V to Azure architecture, 'Delta replication'";
  }
  [[nodiscard]] Verdict after_operation(const OperationEvidence& evidence) const override {
    if (!evidence.active_image && evidence.new_points.empty()) return Verdict::does_not_apply();
    for (const PointImage& point : evidence.new_points)
      if (!point.cut.legal())
        return Verdict::broken(
            "point_is_no_cut",
            fmt::format("recovery point {}: {}", point.id, describe(point.cut, evidence.journal)));
    if (evidence.active_image && !evidence.active_image->legal())
      return Verdict::broken(
          "running_disk_is_no_cut",
          "the running VM's disks: " + describe(*evidence.active_image, evidence.journal));
    return Verdict::holds();
  }
};

}  // namespace

std::unique_ptr<const Property> images_are_legal_cuts() {
  return std::make_unique<ImagesAreLegalCuts>();
}

}  // namespace switchback
