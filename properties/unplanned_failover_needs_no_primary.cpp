// SPDX-License-Identifier: Apache-2.0
// Promise: an unplanned failover works when the primary site is lost, or refuses to shut down; and
// without the shutdown it does not even speak to it.
//
// Source: the tutorial, "Failover options": "failover continues even if shutdown fails". Codes LIVE
// and STUCK; invariants 22, 28, 29 and 30.
#include <fmt/format.h>

#include "properties/expected_failure.hpp"
#include "properties/properties.hpp"

namespace switchback {
namespace {

class UnplannedFailoverNeedsNoPrimary final : public Property {
 public:
  [[nodiscard]] std::string_view name() const override {
    return "unplanned_failover_needs_no_primary";
  }
  [[nodiscard]] std::string_view promise() const override {
    return "an unplanned failover succeeds whatever the primary site does, and without a shutdown "
           "sends nothing";
  }
  [[nodiscard]] std::string_view source() const override {
    return "Azure Site Recovery tutorial 'Fail over and fail back Hyper-V VMs', failover options";
  }
  [[nodiscard]] Verdict after_operation(const OperationEvidence& evidence) const override {
    if (evidence.operation != Operation::unplanned_failover || evidence.row == nullptr ||
        std::holds_alternative<Refused>(evidence.outcome))
      return Verdict::does_not_apply();
    const bool only_primary = only_faults(
        evidence, {FaultKind::primary_lost, FaultKind::link_cut, FaultKind::link_lossy,
                   FaultKind::link_one_way, FaultKind::shutdown_refused, FaultKind::shutdown_hangs,
                   FaultKind::freeze_hangs, FaultKind::freeze_refused, FaultKind::thaw_refused,
                   FaultKind::tracking_lost, FaultKind::primary_full, FaultKind::read_error});
    const bool done = std::holds_alternative<Done>(evidence.outcome);
    if (!done && only_primary && !expected_failure(evidence))
      return Verdict::broken("needs_primary", "unplanned_failover ended " +
                                                  std::string(name_of(evidence.outcome)) + ": " +
                                                  reason_of(evidence.outcome));
    if (!evidence.request.shut_down_source && evidence.wire_bytes > 0)
      return Verdict::broken("sent_data",
                             fmt::format("unplanned_failover without shutdown of the source put {} "
                                         "bytes on the wire",
                                         evidence.wire_bytes));
    return done ? Verdict::holds() : Verdict::does_not_apply();
  }
};

}  // namespace

std::unique_ptr<const Property> unplanned_failover_needs_no_primary() {
  return std::make_unique<UnplannedFailoverNeedsNoPrimary>();
}

}  // namespace switchback
