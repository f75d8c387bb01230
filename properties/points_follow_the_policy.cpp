// SPDX-License-Identifier: Apache-2.0
// Promise: exactly the recovery points that the policy demands are there.
//
// Source: set up disaster recovery (retention: points are "retained for two hours" in the example,
// 24 hours at most), Hyper-V Replica (up to 24 points). A point goes because it is older than the
// retention or because there are more than the policy's count, and for no other reason; the newest
// stays; one on which a test copy stands may stay longer. Codes RETAIN and FRESH; invariants 8, 9.
#include <algorithm>

#include <fmt/format.h>

#include "properties/properties.hpp"

namespace switchback {
namespace {

class PointsFollowThePolicy final : public Property {
 public:
  [[nodiscard]] std::string_view name() const override { return "points_follow_the_policy"; }
  [[nodiscard]] std::string_view promise() const override {
    return "recovery points expire by the policy's age and count and not otherwise; the newest "
           "never does; their times do not fall";
  }
  [[nodiscard]] std::string_view source() const override {
    return "Azure Site Recovery, 'Set up disaster recovery of on-premises Hyper-V VMs': "
           "replication policy";
  }
  [[nodiscard]] Verdict after_operation(const OperationEvidence& evidence) const override {
    const std::vector<RecoveryPoint>& points = evidence.after.status.points;
    const std::vector<RecoveryPoint>& before = evidence.before.status.points;
    if (points.empty() && before.empty()) return Verdict::does_not_apply();
    for (std::size_t n = 1; n < points.size(); ++n)
      if (points[n].cut < points[n - 1].cut)
        return Verdict::broken("times_fall",
                               fmt::format("recovery point {} is listed after {} and is older",
                                           points[n].id, points[n - 1].id));
    const bool done = std::holds_alternative<Done>(evidence.outcome);
    const bool failed = std::holds_alternative<Failed>(evidence.outcome);
    if (evidence.row == nullptr || !(done || failed) ||
        evidence.row->points == PointsEffect::deletes_all)
      return Verdict::holds();
    const Policy& policy = evidence.item.policy;
    for (const RecoveryPoint& was : before)
      if (const std::optional<std::string> wrong = wrongly_gone(was, evidence))
        return Verdict::broken("expired_early", *wrong);
    const bool expires = evidence.operation == Operation::process_log &&
                         evidence.model_before.awaiting != Awaiting::test_cleanup;
    if (!done || !expires || evidence.fault_in_force) return Verdict::holds();
    if (points.size() > policy.most_points)
      return Verdict::broken("too_many", fmt::format("{} recovery points are kept, the policy says "
                                                     "{} at most",
                                                     points.size(), policy.most_points));
    // The age counts when the operation began: it may take its time.
    for (std::size_t n = 0; n + 1 < points.size(); ++n)
      if (evidence.before.now - points[n].cut > policy.retention + policy.copy_frequency)
        return Verdict::broken(
            "kept_too_long",
            fmt::format("recovery point {} is {} s old, the policy keeps points for {} h",
                        points[n].id, seconds(evidence.before.now - points[n].cut),
                        policy.retention.count()));
    return Verdict::holds();
  }

 private:
  static std::int64_t seconds(Duration duration) {
    return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  }

  static std::optional<std::string> wrongly_gone(const RecoveryPoint& was,
                                                 const OperationEvidence& evidence) {
    const std::vector<RecoveryPoint>& points = evidence.after.status.points;
    const auto same = [&](const RecoveryPoint& is) { return is.id == was.id; };
    if (std::any_of(points.begin(), points.end(), same)) return std::nullopt;
    if (evidence.destroyed_points.contains(was.id)) return std::nullopt;
    const Policy& policy = evidence.item.policy;
    if (evidence.after.now - was.cut > policy.retention) return std::nullopt;
    // Over the count: newer ones fill it. Of one instant, what was listed later is newer.
    const std::vector<RecoveryPoint>& before = evidence.before.status.points;
    const auto place = [&](const RecoveryPoint& is) {
      return std::find_if(before.begin(), before.end(),
                          [&](const RecoveryPoint& one) { return one.id == is.id; });
    };
    const auto newer = std::count_if(points.begin(), points.end(), [&](const RecoveryPoint& is) {
      return is.cut > was.cut || (is.cut == was.cut && place(is) > place(was));
    });
    // The point that a test copy stands on takes up a place and can't go.
    const auto kept = newer + (evidence.model_before.awaiting == Awaiting::test_cleanup ? 1 : 0);
    if (static_cast<std::size_t>(kept) >= policy.most_points) return std::nullopt;
    return fmt::format(
        "after {} recovery point {}, {} s old, is gone; the policy keeps {} points "
        "for {} h and {} newer ones are there",
        name_of(evidence.operation), was.id, seconds(evidence.after.now - was.cut),
        policy.most_points, policy.retention.count(), newer);
  }
};

}  // namespace

std::unique_ptr<const Property> points_follow_the_policy() {
  return std::make_unique<PointsFollowThePolicy>();
}

}  // namespace switchback
