// SPDX-License-Identifier: Apache-2.0
// Promise: nothing is left behind: storage on the recovery site stays within what the state needs,
// and disabling leaves the sites as they were before the item was enabled.
//
// Source: the tutorial, "Commit the failover": it deletes all recovery points, and for the
// failback: it deletes the Azure VMs and their disks; "Disable protection" removes the replica.
// Code LEAK.
#include <algorithm>

#include <fmt/format.h>

#include "properties/properties.hpp"

namespace switchback {
namespace {

std::string names(const std::vector<CensusEntry>& entries) {
  std::string text;
  for (const CensusEntry& entry : entries)
    text += fmt::format("{}{} {} at {}", text.empty() ? "" : ", ", entry.kind, entry.name,
                        name_of(entry.site));
  return text;
}

class NothingIsLeftBehind final : public Property {
 public:
  [[nodiscard]] std::string_view name() const override { return "nothing_is_left_behind"; }
  [[nodiscard]] std::string_view promise() const override {
    return "the recovery site holds no more than the item's state needs, and nothing of it once "
           "the "
           "item is no longer protected; what others have made is not touched";
  }
  [[nodiscard]] std::string_view source() const override {
    return "Azure Site Recovery tutorial 'Fail over and fail back Hyper-V VMs', commit; 'Disable "
           "protection'";
  }

  [[nodiscard]] Verdict after_operation(const OperationEvidence& evidence) const override {
    if (std::optional<Verdict> taken = judge_others(evidence)) return *taken;
    const bool ended = std::holds_alternative<Done>(evidence.outcome) ||
                       (std::holds_alternative<Failed>(evidence.outcome));
    if (evidence.row == nullptr || !ended) return Verdict::does_not_apply();
    return judge_storage(evidence, evidence.model_after);
  }

  [[nodiscard]] Verdict when_unprotected(const UnprotectedEvidence& evidence) const override {
    std::vector<CensusEntry> extra;
    // Without the primary site its tracking can't be removed: documented for purge.
    const auto excused = [&](const CensusEntry& entry) {
      return evidence.purged && entry.site == Site::primary &&
             (entry.kind == "checkpoint" || entry.kind == "export");
    };
    std::set_difference(evidence.census.begin(), evidence.census.end(),
                        evidence.census_at_start.begin(), evidence.census_at_start.end(),
                        std::back_inserter(extra));
    std::erase_if(extra, excused);
    if (!extra.empty())
      return Verdict::broken("left_after_disable",
                             "no longer protected, and still there: " + names(extra));
    std::vector<CensusEntry> gone;
    std::set_difference(evidence.census_at_start.begin(), evidence.census_at_start.end(),
                        evidence.census.begin(), evidence.census.end(), std::back_inserter(gone));
    if (!gone.empty())
      return Verdict::broken(
          "gone_after_disable",
          "no longer protected, and of the VM's own things gone: " + names(gone));
    return Verdict::holds();
  }

 private:
  /// What another tool has made on VMs that ran on all the while is not the system's to remove.
  static std::optional<Verdict> judge_others(const OperationEvidence& evidence) {
    const auto& faults = evidence.faults;
    if (std::find(faults.begin(), faults.end(), FaultKind::tracking_lost) != faults.end())
      return std::nullopt;
    std::vector<CensusEntry> taken;
    std::set_difference(evidence.before.others.begin(), evidence.before.others.end(),
                        evidence.after.others.begin(), evidence.after.others.end(),
                        std::back_inserter(taken));
    std::erase_if(taken, [&](const CensusEntry& entry) { return !ran_on(evidence, entry.site); });
    if (taken.empty()) return std::nullopt;
    return Verdict::broken("taken_from_others",
                           fmt::format("{} has removed what another tool had made: {}",
                                       name_of(evidence.operation), names(taken)));
  }
  /// All of the item's VMs at the site ran when the operation began, and have run on since.
  static bool ran_on(const OperationEvidence& evidence, Site site) {
    const std::vector<SeenVm>& after = evidence.after.vms;
    bool any = false;
    for (const SeenVm& was : evidence.before.vms) {
      if (was.site != site || was.test) continue;
      any = true;
      const bool same = std::any_of(after.begin(), after.end(), [&](const SeenVm& is) {
        return is.site == site && is.name == was.name && is.running &&
               is.incarnation == was.incarnation;
      });
      if (!was.running || !same) return false;
    }
    return any;
  }

  /// The points listed; before the next expiry those that the policy allows.
  static std::size_t points_kept(const OperationEvidence& evidence) {
    const std::size_t listed = evidence.after.status.points.size();
    const bool expired = evidence.operation == Operation::process_log && !evidence.fault_in_force &&
                         std::holds_alternative<Done>(evidence.outcome);
    if (expired || listed == 0) return listed;
    return std::max<std::size_t>(listed, evidence.item.policy.most_points);
  }

  static bool has_test_vms(const OperationEvidence& evidence) {
    const auto& vms = evidence.after.vms;
    return std::any_of(vms.begin(), vms.end(), [](const SeenVm& vm) { return vm.test; });
  }

  static Verdict judge_storage(const OperationEvidence& evidence, const ItemState& rest) {
    const Footprint& footprint = evidence.capabilities.footprint;
    const std::size_t disks = evidence.item.disks.size();
    std::size_t allowed = 0;
    if (rest.recovery != Role::absent)
      allowed =
          footprint.per_replica + footprint.logs + footprint.per_point * points_kept(evidence);
    if (rest.awaiting == Awaiting::test_cleanup) allowed += footprint.per_active;
    if (rest.recovery == Role::active || rest.recovery == Role::stopped)
      allowed += footprint.per_active;
    // The test VMs' disks, and the point that they rest on.
    if (evidence.capabilities.declares(Declared::drill_vms_stay) && has_test_vms(evidence))
      allowed += footprint.per_active + footprint.per_point;
    const auto is_volume = [](const CensusEntry& entry) {
      return entry.kind == "volume" && entry.site == Site::recovery;
    };
    std::size_t volumes = 0;
    for (const CensusEntry& entry : evidence.after.census) {
      if (is_volume(entry)) ++volumes;
      // What could not be closed, because something was broken, is closed before the next use. On
      // a site that was given up that is the fence.
      const bool given_up = entry.site == Site::primary &&
                            evidence.model_before.primary == Role::superseded &&
                            evidence.model_after.primary == Role::superseded;
      if (!evidence.fault_in_force && !given_up &&
          (entry.kind == "export" || entry.kind == "process"))
        return Verdict::broken(
            "open_after_job",
            fmt::format("{} ended and left {} {} at {}", name_of(evidence.operation), entry.kind,
                        entry.name, name_of(entry.site)));
    }
    if (volumes <= allowed * disks) return Verdict::holds();
    std::vector<CensusEntry> found = evidence.after.census;
    std::erase_if(found, [&](const CensusEntry& entry) { return !is_volume(entry); });
    return Verdict::broken(
        "storage_left",
        fmt::format("after {} the recovery site holds {} volumes for {} disk(s); "
                    "state {} with {} recovery point(s) needs at most {}: {}",
                    name_of(evidence.operation), volumes, disks, name_of(rest),
                    evidence.after.status.points.size(), allowed * disks, names(found)));
  }
};

}  // namespace

std::unique_ptr<const Property> nothing_is_left_behind() {
  return std::make_unique<NothingIsLeftBehind>();
}

}  // namespace switchback
