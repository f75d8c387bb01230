// SPDX-License-Identifier: Apache-2.0
// Promise: an operation that is not allowed now is refused, and a refusal changes nothing.
//
// Source: the item's allowedOperations in Azure Site Recovery's REST API: every example lists what
// may be asked for, everything else is an error without a job. A refusal of what the table allows,
// and an acceptance of what it does not, are findings too (HONEST).
#include <fmt/format.h>

#include "properties/expected_failure.hpp"
#include "properties/properties.hpp"

namespace switchback {
namespace {

bool same_points(const std::vector<RecoveryPoint>& left, const std::vector<RecoveryPoint>& right) {
  if (left.size() != right.size()) return false;
  for (std::size_t n = 0; n < left.size(); ++n)
    if (left[n].id != right[n].id || left[n].cut != right[n].cut) return false;
  return true;
}

class RefusedChangesNothing final : public Property {
 public:
  [[nodiscard]] std::string_view name() const override { return "refused_changes_nothing"; }
  [[nodiscard]] std::string_view promise() const override {
    return "an operation outside the allowed ones is refused, and a refusal changes nothing";
  }
  [[nodiscard]] std::string_view source() const override {
    return "Azure Site Recovery REST API, allowedOperations of a replication protected item";
  }
  [[nodiscard]] Verdict after_operation(const OperationEvidence& evidence) const override {
    const bool refused = std::holds_alternative<Refused>(evidence.outcome);
    const std::string what =
        fmt::format("{} in state {}", name_of(evidence.operation), name_of(evidence.model_before));
    if (evidence.row == nullptr && !refused)
      return Verdict::broken("not_refused", what + " is not allowed, yet it ended " +
                                                std::string(name_of(evidence.outcome)));
    if (!refused) return Verdict::does_not_apply();
    if (evidence.row != nullptr && !names_no_point(evidence.request, evidence.before.status))
      return Verdict::broken("wrongly_refused",
                             what + " is allowed, yet refused: " + reason_of(evidence.outcome));
    const Snapshot& before = evidence.before;
    const Snapshot& after = evidence.after;
    if (before.status.state != after.status.state || before.status.allowed != after.status.allowed)
      return Verdict::broken("state_changed", what + " was refused, but the state went from " +
                                                  describe(before.status.state) + " to " +
                                                  describe(after.status.state));
    if (!same_points(before.status.points, after.status.points))
      return Verdict::broken("points_changed", what + " was refused, but recovery points changed");
    if (before.census != after.census)
      return Verdict::broken("objects_changed",
                             fmt::format("{} was refused, but {} objects became {}", what,
                                         before.census.size(), after.census.size()));
    if (before.live.primary != after.live.primary || before.live.recovery != after.live.recovery)
      return Verdict::broken("vm_changed", what + " was refused, but a VM started or stopped");
    if (before.wire.total() != after.wire.total())
      return Verdict::broken("sent_data",
                             fmt::format("{} was refused, but {} bytes crossed the link", what,
                                         after.wire.total() - before.wire.total()));
    return Verdict::holds();
  }
};

}  // namespace

std::unique_ptr<const Property> refused_changes_nothing() {
  return std::make_unique<RefusedChangesNothing>();
}

}  // namespace switchback
