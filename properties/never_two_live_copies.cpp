// SPDX-License-Identifier: Apache-2.0
// Promise: in a planned flow the VM never runs on both sites.
//
// Source: failover overview: a planned failover "doesn't run if the machine isn't shut down"; the
// tutorial, "Complete Failover": the recovery VM is shut down before the primary VM starts. Judged
// before every call that a job makes, and after every operation. What an unplanned failover leaves
// behind is old_primary_is_fenced's. Codes SB and FENCE.
#include <fmt/format.h>

#include "properties/properties.hpp"

namespace switchback {
namespace {

class NeverTwoLiveCopies final : public Property {
 public:
  [[nodiscard]] std::string_view name() const override { return "never_two_live_copies"; }
  [[nodiscard]] std::string_view promise() const override {
    return "at no instant of a planned flow does the VM run on both sites";
  }
  [[nodiscard]] std::string_view source() const override {
    return "Azure Site Recovery, failover and failback overview, types of failover";
  }
  [[nodiscard]] bool judges_job_points() const override { return true; }
  [[nodiscard]] Verdict at_job_point(const JobPointEvidence& evidence) const override {
    if (leaves_source(evidence.model, evidence.point.operation)) return Verdict::does_not_apply();
    if (one_at_most(evidence.live)) return Verdict::holds();
    return two_live(fmt::format("before {} in stage {} of {}", evidence.point.call_name,
                                evidence.point.stage, name_of(evidence.point.operation)));
  }
  [[nodiscard]] Verdict after_operation(const OperationEvidence& evidence) const override {
    if (std::holds_alternative<Refused>(evidence.outcome) ||
        evidence.model_after.primary == Role::superseded ||
        leaves_source(evidence.model_before, evidence.operation))
      return Verdict::does_not_apply();
    if (one_at_most(evidence.after.live)) return Verdict::holds();
    return two_live(fmt::format("after {}", name_of(evidence.operation)));
  }

 private:
  /// An unplanned failover may leave the source running, knowingly, until it is fenced.
  static bool leaves_source(const ItemState& model, Operation operation) {
    return model.primary == Role::superseded || operation == Operation::unplanned_failover ||
           operation == Operation::cancel;
  }

  static bool one_at_most(LiveCopies live) { return !live.primary || !live.recovery; }

  static Verdict two_live(const std::string& when) {
    return Verdict::broken("two_live_copies", "the VM runs on both sites " + when);
  }
};

}  // namespace

std::unique_ptr<const Property> never_two_live_copies() {
  return std::make_unique<NeverTwoLiveCopies>();
}

}  // namespace switchback
