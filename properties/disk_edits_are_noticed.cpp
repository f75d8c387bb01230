// SPDX-License-Identifier: Apache-2.0
// Promise: disks that are added, removed, resized, swapped or moved to another VM at primary are
// never passed over in silence.
//
// Source: Hyper-V support matrix: resizing or adding a disk is not supported, "disable replication,
// make the change, and then re-enable"; a disk added later is excluded, acceptable only when the
// state says so. Codes META, FRESH and HONEST; row 34.
#include <fmt/format.h>

#include "properties/left_out_disks.hpp"
#include "properties/properties.hpp"

namespace switchback {
namespace {

class DiskEditsAreNoticed final : public Property {
 public:
  [[nodiscard]] std::string_view name() const override { return "disk_edits_are_noticed"; }
  [[nodiscard]] std::string_view promise() const override {
    return "no round, resynchronization, planned failover or end of a failback is done while the "
           "disks at primary are not those protected";
  }
  [[nodiscard]] std::string_view source() const override {
    return "Hyper-V support matrix, storage: resize or add a disk of a replicated VM";
  }
  [[nodiscard]] Verdict after_operation(const OperationEvidence& evidence) const override {
    const bool looks = evidence.operation == Operation::delta_replication ||
                       evidence.operation == Operation::resynchronize ||
                       evidence.operation == Operation::planned_failover ||
                       evidence.operation == Operation::reverse_replicate ||
                       evidence.operation == Operation::complete_failover;
    if (!evidence.disks_edited || evidence.row == nullptr || !looks ||
        std::holds_alternative<Refused>(evidence.outcome))
      return Verdict::does_not_apply();
    if (std::holds_alternative<Done>(evidence.outcome) && leaves_out_added_disks(evidence))
      return judge_left_out(evidence);
    if (std::holds_alternative<Done>(evidence.outcome))
      return Verdict::broken("edit_passed_over",
                             fmt::format("{} reports done, though disks at primary were added, "
                                         "resized, swapped or moved",
                                         name_of(evidence.operation)));
    // An operator sees the failure of what was asked for; a round's has to be shown.
    if (evidence.operation == Operation::delta_replication &&
        evidence.after.status.health == Health::normal && !evidence.fault_in_force)
      return Verdict::broken(
          "edit_not_shown",
          fmt::format("{} failed, but the item's health is normal", name_of(evidence.operation)));
    return Verdict::holds();
  }

 private:
  /// Each disk at primary that the item does not name is named by the state.
  static Verdict judge_left_out(const OperationEvidence& evidence) {
    for (const SeenVm& vm : evidence.after.vms) {
      if (vm.site != Site::primary || vm.test) continue;
      const std::size_t disks = disks_to_answer_for(vm, evidence).size();
      if (disks > devices_of(evidence.item, vm.vm).size())
        return Verdict::broken(
            "left_out_in_silence",
            fmt::format("{} reports done, and the state does not name all disks of VM {} that are "
                        "not protected",
                        name_of(evidence.operation), vm.name));
    }
    return Verdict::does_not_apply();
  }
};

}  // namespace

std::unique_ptr<const Property> disk_edits_are_noticed() {
  return std::make_unique<DiskEditsAreNoticed>();
}

}  // namespace switchback
