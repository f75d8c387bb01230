// SPDX-License-Identifier: Apache-2.0
// Promise: replication sends what changed and nothing else, in both directions, whatever the size
// of the disks.
//
// Source: the tutorial, "Reverse Replicate": it "only replicates changes that have occurred since
// the Azure VM was turned off, and only delta changes are sent". The bound is what the guest
// dirtied, rounded out to the grain that the system declares, plus its declared overhead; a job
// that was begun again after its controller died may send it once more for each time. Reading is
// free: the bound is on bytes that crossed the link, counted by the harness. Codes DELTA and FULL.
#include <fmt/format.h>

#include "properties/properties.hpp"

namespace switchback {
namespace {

class OnlyTheDeltaIsSent final : public Property {
 public:
  [[nodiscard]] std::string_view name() const override { return "only_the_delta_is_sent"; }
  [[nodiscard]] std::string_view promise() const override {
    return "bytes on the wire are bounded by the blocks dirtied, rounded to the tracking grain; no "
           "data when nothing changed";
  }
  [[nodiscard]] std::string_view source() const override {
    return "Azure Site Recovery tutorial 'Fail over and fail back Hyper-V VMs', Reverse Replicate";
  }
  [[nodiscard]] Verdict after_operation(const OperationEvidence& evidence) const override {
    if (evidence.row == nullptr || std::holds_alternative<Refused>(evidence.outcome))
      return Verdict::does_not_apply();
    const Capabilities& declared = evidence.capabilities;
    const Bytes grains =
        (evidence.dirty_bytes + declared.tracking_grain - 1) / declared.tracking_grain +
        evidence.item.disks.size();  // the last grain of a disk may be a short one
    const Bytes once = evidence.dirty_bytes + grains * declared.sync_overhead_per_grain +
                       evidence.item.disks.size() * declared.sync_overhead_per_disk;
    const Bytes bound = once * evidence.attempts;
    if (evidence.wire_bytes <= bound) return Verdict::holds();
    return Verdict::broken(
        "more_than_the_delta",
        fmt::format("{} put {} bytes on the wire; the guest had dirtied {} bytes ({} byte grains), "
                    "which allows {} with the declared overhead",
                    name_of(evidence.operation), evidence.wire_bytes, evidence.dirty_bytes,
                    declared.tracking_grain, bound));
  }
};

}  // namespace

std::unique_ptr<const Property> only_the_delta_is_sent() {
  return std::make_unique<OnlyTheDeltaIsSent>();
}

}  // namespace switchback
