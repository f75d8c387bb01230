// SPDX-License-Identifier: Apache-2.0
// Promise: the VMs of a consistency group are all on one site or all on the other.
//
// Source: replication groups of recovery plans (a group's machines share their recovery points and
// fail over together). That their disks show one instant is images_are_legal_cuts', which looks at
// all disks of an item at once. Codes XVM and SB.
#include <fmt/format.h>

#include "properties/properties.hpp"

namespace switchback {
namespace {

class GroupsMoveTogether final : public Property {
 public:
  [[nodiscard]] std::string_view name() const override { return "groups_move_together"; }
  [[nodiscard]] std::string_view promise() const override {
    return "the VMs of a group run on one site together, or none runs";
  }
  [[nodiscard]] std::string_view source() const override {
    return "Azure Site Recovery, failover: multi-VM consistency in replication groups";
  }
  [[nodiscard]] Verdict after_operation(const OperationEvidence& evidence) const override {
    const std::size_t all = evidence.item.vms.size();
    if (all < 2 || evidence.row == nullptr) return Verdict::does_not_apply();
    if (!std::holds_alternative<Done>(evidence.outcome) && evidence.fault_in_force)
      return Verdict::does_not_apply();
    for (const Site site : {Site::primary, Site::recovery}) {
      const std::size_t running = running_at(evidence.after, site);
      if (site == Site::primary && waits_for_fence(evidence, running)) continue;
      if (running != 0 && running != all)
        return Verdict::broken(
            "group_torn", fmt::format("after {} {} of the group's {} VMs run at {}",
                                      name_of(evidence.operation), running, all, name_of(site)));
    }
    return Verdict::holds();
  }

 private:
  static std::size_t running_at(const Snapshot& seen, Site site) {
    std::size_t running = 0;
    for (const SeenVm& vm : seen.vms)
      running += vm.site == site && !vm.test && vm.running ? 1 : 0;
    return running;
  }

  /// Old VMs that were being shut down when something broke run on until they are fenced; an
  /// operation that found them so and left them so has not torn the group.
  static bool waits_for_fence(const OperationEvidence& evidence, std::size_t running) {
    if (evidence.model_after.primary != Role::superseded) return false;
    const bool found_so = evidence.model_before.primary == Role::superseded &&
                          running_at(evidence.before, Site::primary) == running;
    return evidence.fault_in_force || found_so;
  }
};

}  // namespace

std::unique_ptr<const Property> groups_move_together() {
  return std::make_unique<GroupsMoveTogether>();
}

}  // namespace switchback
