// SPDX-License-Identifier: Apache-2.0
// Promise: replication sends what changed and nothing else, in both directions, whatever the size
// of the disks.
//
// Source: the tutorial, "Reverse Replicate": it "only replicates changes that have occurred since
// the Azure VM was turned off, and only delta changes are sent". The bound is what the guest
// dirtied, rounded out to the grain that the system declares, plus its declared overhead; a job
// that was begun again after its controller died may send it once more for each time. Where both
// sides are compared, the bound is what differs, in the declared chunks, and the checksums; a full
// download sends all that is allocated, and no less. Reading is free: the bound is on bytes that
// crossed the link, counted by the harness. A system may declare that it copies in full after an
// unclean stop, which excuses a resynchronization then, up to all that is allocated, and nothing
// else. Codes DELTA and FULL.
#include <algorithm>

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
    // What was dirtied is known of the disks that the item names; of others it is not.
    if (evidence.row == nullptr || evidence.disks_edited ||
        std::holds_alternative<Refused>(evidence.outcome))
      return Verdict::does_not_apply();
    const Bytes bound = allowed_once(evidence) * evidence.attempts;
    const bool more = evidence.wire_bytes > bound;
    if (more && may_copy_in_full(evidence) &&
        evidence.wire_bytes <= allowed_in_full(evidence) * evidence.attempts)
      return Verdict::does_not_apply();
    if (more)
      return Verdict::broken(
          "more_than_the_delta",
          fmt::format(
              "{} put {} bytes on the wire; the guest had dirtied {} bytes ({} byte grains) "
              "and {} bytes differed, which allows {} with the declared overhead",
              name_of(evidence.operation), evidence.wire_bytes, evidence.dirty_bytes,
              evidence.capabilities.tracking_grain, evidence.differing_bytes, bound));
    // An earlier attempt that had started the VM at primary had downloaded all of it before: this
    // one goes on from there.
    const bool downloads = evidence.operation == Operation::full_failback &&
                           std::holds_alternative<Done>(evidence.outcome) &&
                           !evidence.before.live.primary;
    if (downloads && evidence.wire_bytes < evidence.held_bytes)
      return Verdict::broken(
          "less_than_all",
          fmt::format("{} is to download everything, {} bytes are there, and only "
                      "{} crossed the wire",
                      name_of(evidence.operation), evidence.held_bytes, evidence.wire_bytes));
    return Verdict::holds();
  }

 private:
  /// What one run of the job may put on the wire.
  static Bytes allowed_once(const OperationEvidence& evidence) {
    const Capabilities& declared = evidence.capabilities;
    Bytes data = evidence.dirty_bytes;
    Bytes checksums = 0;
    switch (evidence.operation) {
      case Operation::resynchronize:
      case Operation::planned_failback:
        data = evidence.differing_bytes;
        checksums = evidence.chunks * declared.checksum_bytes;
        break;
      case Operation::complete_failover:
      case Operation::reverse_replicate:
        // The delta all the same, but found by comparison where tracking was lost, and then sent by
        // the chunk; and all of it where the replica was deleted, which only then counts as
        // differing.
        data = std::max(data, evidence.dirty_chunk_bytes) + evidence.differing_bytes;
        checksums = evidence.chunks * declared.checksum_bytes;
        break;
      case Operation::enable:
      case Operation::full_failback:
        data = evidence.allocated_bytes + evidence.dirty_bytes;
        break;
      default:
        break;
    }
    return on_the_wire(evidence, data, checksums);
  }

  /// Tracking was lost by an unclean stop, and the system has declared what it does then.
  static bool may_copy_in_full(const OperationEvidence& evidence) {
    const auto& faults = evidence.faults;
    return evidence.capabilities.declares(Declared::full_copy_after_unclean_stop) &&
           evidence.operation == Operation::resynchronize &&
           std::find(faults.begin(), faults.end(), FaultKind::tracking_lost) != faults.end();
  }
  static Bytes allowed_in_full(const OperationEvidence& evidence) {
    return on_the_wire(evidence, evidence.allocated_bytes + evidence.dirty_bytes, 0);
  }

  static bool may_compare(Operation operation) {
    return operation == Operation::resynchronize || operation == Operation::planned_failback ||
           operation == Operation::complete_failover || operation == Operation::reverse_replicate;
  }

  /// So much data and checksums, with what goes along.
  static Bytes on_the_wire(const OperationEvidence& evidence, Bytes data, Bytes checksums) {
    const Capabilities& declared = evidence.capabilities;
    const std::size_t disks = evidence.item.disks.size();
    // What was found by comparison is sent by the chunk, where that is the smaller unit. It may be
    // compared with nothing, which takes no checksums.
    const Bytes unit = may_compare(evidence.operation)
                           ? std::min(declared.tracking_grain, declared.checksum_chunk)
                           : declared.tracking_grain;
    // The last unit of a disk may be a short one.
    const Bytes units = (data + unit - 1) / unit + disks;
    return data + checksums + units * declared.sync_overhead_per_grain +
           disks * declared.sync_overhead_per_disk;
  }
};

}  // namespace

std::unique_ptr<const Property> only_the_delta_is_sent() {
  return std::make_unique<OnlyTheDeltaIsSent>();
}

}  // namespace switchback
