// SPDX-License-Identifier: Apache-2.0
// Promise: every image is a legal cut of what the guest wrote, over all disks of the item at once.
//
// Source: Hyper-V to Azure architecture, "Delta replication": changes made while a log is in
// transit go to another log, so a recovery point is one instant of the VM, and of all VMs of a
// group. A block of another branch of history (an old primary's, or one given up by a change of
// recovery point) is none of the guest's. Codes PIT, XDISK, XVM, CO, TORN and AUTH.
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
    bool judged = false;
    for (const PointImage& image : evidence.new_points) {
      judged = true;
      if (!image.cut.legal())
        return Verdict::broken("point_is_no_cut",
                               fmt::format("recovery point {}: {}", image.point.id,
                                           describe(image.cut, *image.journal)));
    }
    for (const std::optional<StartedCopy>& copy : {evidence.target, evidence.test}) {
      if (!copy) continue;
      judged = true;
      if (!copy->cut.legal())
        return Verdict::broken("started_from_no_cut",
                               fmt::format("the VM started from recovery point {}: {}", copy->point,
                                           describe(copy->cut, *copy->journal)));
    }
    if (evidence.active_image) {
      judged = true;
      if (!evidence.active_image->legal())
        return Verdict::broken(
            "running_disk_is_no_cut",
            "the running VM's disks: " + describe(*evidence.active_image, evidence.journal));
    }
    if (!judged) return Verdict::does_not_apply();
    return Verdict::holds();
  }
};

}  // namespace

std::unique_ptr<const Property> images_are_legal_cuts() {
  return std::make_unique<ImagesAreLegalCuts>();
}

}  // namespace switchback
