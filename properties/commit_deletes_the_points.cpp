// SPDX-License-Identifier: Apache-2.0
// Promise: a commit makes the failover final: no recovery point is left to choose.
//
// Source: the tutorial, "Commit the failover": it "deletes all the available recovery points".
// Code COMMIT; invariants 39 and 40.
#include <fmt/format.h>

#include "properties/properties.hpp"

namespace switchback {
namespace {

class CommitDeletesThePoints final : public Property {
 public:
  [[nodiscard]] std::string_view name() const override { return "commit_deletes_the_points"; }
  [[nodiscard]] std::string_view promise() const override {
    return "after a commit, and after the end of protection, no recovery point is listed";
  }
  [[nodiscard]] std::string_view source() const override {
    return "Azure Site Recovery tutorial 'Fail over and fail back Hyper-V VMs', commit the "
           "failover";
  }
  [[nodiscard]] Verdict after_operation(const OperationEvidence& evidence) const override {
    if (evidence.row == nullptr || evidence.row->points != PointsEffect::deletes_all ||
        !std::holds_alternative<Done>(evidence.outcome))
      return Verdict::does_not_apply();
    const std::size_t left = evidence.after.status.points.size();
    if (left == 0) return Verdict::holds();
    return Verdict::broken("points_left", fmt::format("after {} {} recovery point(s) are listed",
                                                      name_of(evidence.operation), left));
  }
};

}  // namespace

std::unique_ptr<const Property> commit_deletes_the_points() {
  return std::make_unique<CommitDeletesThePoints>();
}

}  // namespace switchback
