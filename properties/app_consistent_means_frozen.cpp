// SPDX-License-Identifier: Apache-2.0
// Promise: a recovery point is called app-consistent only if every guest was quiesced at its cut,
// and there are as many as the policy asks for as long as guests can be quiesced.
//
// Source: Hyper-V to Azure troubleshooting (VSS errors: no app-consistent point), replication
// policy (app-consistent snapshot frequency; 0 is none). Codes HONEST and APP; invariants 10
// and 11.
#include <algorithm>

#include <fmt/format.h>

#include "properties/properties.hpp"

namespace switchback {
namespace {

class AppConsistentMeansFrozen final : public Property {
 public:
  [[nodiscard]] std::string_view name() const override { return "app_consistent_means_frozen"; }
  [[nodiscard]] std::string_view promise() const override {
    return "a point is labelled app-consistent only if its guests were frozen at its cut, and as "
           "often as the policy says";
  }
  [[nodiscard]] std::string_view source() const override {
    return "Azure Site Recovery, replication policy: app-consistent snapshot frequency; "
           "troubleshooting, VSS";
  }
  [[nodiscard]] Verdict after_operation(const OperationEvidence& evidence) const override {
    bool judged = false;
    for (const PointImage& image : evidence.new_points) {
      if (!image.point.app_consistent) continue;
      judged = true;
      if (evidence.item.policy.app_consistent == std::chrono::hours(0))
        return Verdict::broken("not_asked_for", fmt::format("recovery point {} is app-consistent, "
                                                            "the policy asks for none",
                                                            image.point.id));
      if (!image.seen_frozen)
        return Verdict::broken(
            "guest_was_not_frozen",
            fmt::format(
                "recovery point {} is labelled app-consistent, but no guest was seen frozen "
                "at its cut",
                image.point.id));
    }
    return judged ? Verdict::holds() : Verdict::does_not_apply();
  }

  [[nodiscard]] Verdict after_time(const TimeEvidence& evidence) const override {
    const Policy& policy = evidence.item.policy;
    if (policy.app_consistent == std::chrono::hours(0) || !evidence.capabilities.app_consistent ||
        evidence.model.direction != Direction::primary_to_recovery ||
        evidence.model.replication != Replication::in_sync || evidence.disturbed ||
        policy.retention <= policy.app_consistent)
      return Verdict::does_not_apply();
    const Duration slack = 3 * policy.copy_frequency + std::chrono::minutes(31);
    const Duration undisturbed = evidence.after.now - evidence.undisturbed_since;
    if (undisturbed <= policy.app_consistent + slack) return Verdict::does_not_apply();
    // By the count alone they may all have been pushed out.
    if (policy.most_points * policy.copy_frequency <= policy.app_consistent + slack)
      return Verdict::does_not_apply();
    const std::vector<RecoveryPoint>& points = evidence.after.status.points;
    const bool recent = std::any_of(points.begin(), points.end(), [&](const RecoveryPoint& point) {
      return point.app_consistent &&
             evidence.after.now - point.cut <= policy.app_consistent + slack;
    });
    if (recent) return Verdict::holds();
    return Verdict::broken("none_made",
                           fmt::format("no app-consistent point in more than {} h, though nothing "
                                       "stood in the way",
                                       policy.app_consistent.count()));
  }
};

}  // namespace

std::unique_ptr<const Property> app_consistent_means_frozen() {
  return std::make_unique<AppConsistentMeansFrozen>();
}

}  // namespace switchback
