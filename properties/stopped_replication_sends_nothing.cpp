// SPDX-License-Identifier: Apache-2.0
// Promise: where replication is paused, stopped, ended or waits for a resynchronization, nothing is
// sent, however long it lasts; and operations that are not to send anything do not.
//
// Source: the tutorial: "Before failover is started, VM replication is stopped"; a cancelled VM
// "won't replicate again"; Suspend-VMReplication. Codes FENCE, STOP and CANCEL; invariants 12, 28,
// 43 and 58.
#include <fmt/format.h>

#include "properties/properties.hpp"

namespace switchback {
namespace {

class StoppedReplicationSendsNothing final : public Property {
 public:
  [[nodiscard]] std::string_view name() const override {
    return "stopped_replication_sends_nothing";
  }
  [[nodiscard]] std::string_view promise() const override {
    return "no byte crosses the link while replication is paused or stopped, nor for what is not "
           "to send any";
  }
  [[nodiscard]] std::string_view source() const override {
    return "Azure Site Recovery tutorial, failover and cancel; Hyper-V Replica, "
           "Suspend-VMReplication";
  }
  [[nodiscard]] Verdict after_operation(const OperationEvidence& evidence) const override {
    // What was refused is refused_changes_nothing's.
    if (evidence.row == nullptr || sends_data(evidence.operation) ||
        evidence.operation == Operation::cancel ||
        std::holds_alternative<Refused>(evidence.outcome))
      return Verdict::does_not_apply();
    if (evidence.wire_bytes == 0) return Verdict::holds();
    return Verdict::broken("sent_data",
                           fmt::format("{} put {} bytes on the wire", name_of(evidence.operation),
                                       evidence.wire_bytes));
  }
  [[nodiscard]] Verdict after_time(const TimeEvidence& evidence) const override {
    const bool replicates = evidence.model.direction == Direction::primary_to_recovery &&
                            evidence.model.replication == Replication::in_sync;
    if (replicates) return Verdict::does_not_apply();
    if (evidence.wire_bytes == 0) return Verdict::holds();
    return Verdict::broken("sent_while_stopped",
                           fmt::format("{} bytes crossed the link while time went by in state {}",
                                       evidence.wire_bytes, name_of(evidence.model)));
  }
};

}  // namespace

std::unique_ptr<const Property> stopped_replication_sends_nothing() {
  return std::make_unique<StoppedReplicationSendsNothing>();
}

}  // namespace switchback
