// SPDX-License-Identifier: Apache-2.0
// See expected_failure.hpp.
#include "properties/expected_failure.hpp"

#include <algorithm>

#include "properties/left_out_disks.hpp"

namespace switchback {
namespace {

/// Row 9: the changes since the last round take up half of a disk or more.
bool log_may_be_too_large(const OperationEvidence& evidence) {
  return std::any_of(
      evidence.item.disks.begin(), evidence.item.disks.end(),
      [&](const DiskSpec& disk) { return evidence.dirty_bytes * 2 >= disk.size_bytes; });
}

bool gave_wrong_key(const OperationEvidence& evidence) {
  if (!evidence.item.policy.encrypted) return false;
  const std::string& right = evidence.keys.front();
  if (evidence.operation == Operation::enable) return evidence.request.key.empty();
  return needs_key(evidence.operation) && evidence.request.key != right;
}

bool source_must_match(Operation operation) {
  return operation == Operation::enable || operation == Operation::delta_replication ||
         operation == Operation::resynchronize || operation == Operation::planned_failover ||
         operation == Operation::reverse_replicate;
}

}  // namespace

bool needs_key(Operation operation) {
  return operation == Operation::test_failover || operation == Operation::planned_failover ||
         operation == Operation::unplanned_failover ||
         operation == Operation::change_recovery_point;
}

bool names_no_point(const Request& request, const ItemStatus& before) {
  const bool reads_point = request.operation == Operation::test_failover ||
                           request.operation == Operation::unplanned_failover ||
                           request.operation == Operation::change_recovery_point;
  if (!reads_point) return false;
  const auto any = [&](const auto& wanted) {
    return std::any_of(before.points.begin(), before.points.end(), wanted);
  };
  if (request.point == PointChoice::custom)
    return !any([&](const RecoveryPoint& point) { return point.id == request.point_id; });
  return request.point == PointChoice::latest_app_consistent &&
         !any([](const RecoveryPoint& point) { return point.app_consistent; });
}

std::optional<std::string_view> expected_failure(const OperationEvidence& evidence) {
  const Operation operation = evidence.operation;
  const bool disks_differ = evidence.disks_edited && !leaves_out_added_disks(evidence);
  if (gave_wrong_key(evidence)) return "the key was missing or wrong";
  if (disks_differ && source_must_match(operation))
    return "the disks at primary are not those that the item names";
  if (disks_differ && (begins_failback(operation) || operation == Operation::complete_failover))
    return "the disks at primary are not those that failed over";
  if (evidence.primary_vm_deleted && begins_failback(operation) &&
      !evidence.request.create_missing_vm)
    return "the VM at primary was deleted and is not to be made again";
  if (operation == Operation::enable && !evidence.before.live.primary)
    return "the VM does not run at primary";
  if (evidence.primary_vm_deleted && operation == Operation::enable)
    return "the VM at primary was deleted";
  if (begins_failback(operation) && evidence.model_before.primary == Role::superseded &&
      evidence.before.live.primary)
    return "the old VM still runs at primary";
  if (operation == Operation::delta_replication && log_may_be_too_large(evidence))
    return "the changes exceed half of a disk";
  return std::nullopt;
}

bool only_faults(const OperationEvidence& evidence, std::initializer_list<FaultKind> kinds) {
  return !evidence.faults.empty() &&
         std::all_of(evidence.faults.begin(), evidence.faults.end(), [&](FaultKind kind) {
           return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
         });
}

}  // namespace switchback
