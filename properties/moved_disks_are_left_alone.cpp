// SPDX-License-Identifier: Apache-2.0
// Promise: a disk that was taken from a VM and given to another one is that one's, and nothing that
// is done for the first touches it.
//
// Source: oVirt engine, "removing a checkpoint of a VM changed a disk meanwhile attached to another
// running VM" (OV-01); Forklift, "clean-up for one VM removed what was another's" (FK-10). Code
// ISO: an operation on one VM never changes another VM's data.
#include <fmt/format.h>

#include "properties/properties.hpp"

namespace switchback {
namespace {

class MovedDisksAreLeftAlone final : public Property {
 public:
  [[nodiscard]] std::string_view name() const override { return "moved_disks_are_left_alone"; }
  [[nodiscard]] std::string_view promise() const override {
    return "a disk at primary that was moved to another item's VM stays there and shows what it "
           "showed, whatever is done for either item";
  }
  [[nodiscard]] std::string_view source() const override {
    return "oVirt engine, checkpoints of a disk attached to another VM; Forklift, clean-up of one "
           "VM's objects only";
  }
  [[nodiscard]] Verdict after_operation(const OperationEvidence& evidence) const override {
    if (!evidence.disks_moved || std::holds_alternative<Refused>(evidence.outcome))
      return Verdict::does_not_apply();
    if (evidence.touched_disks.empty()) return Verdict::holds();
    const TouchedDisk& disk = evidence.touched_disks.front();
    return Verdict::broken(
        "disk_touched",
        fmt::format("{} of item {}, in stage '{}', has touched a disk that was moved from item {} "
                    "to item {}: {}",
                    disk.operation, evidence.item.name, disk.stage, disk.of_item, disk.at_item,
                    disk.how));
  }
};

}  // namespace

std::unique_ptr<const Property> moved_disks_are_left_alone() {
  return std::make_unique<MovedDisksAreLeftAlone>();
}

}  // namespace switchback
