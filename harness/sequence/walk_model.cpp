// SPDX-License-Identifier: Apache-2.0
// See walk_model.hpp.
#include "harness/sequence/walk_model.hpp"

#include <algorithm>
#include <array>

#include "harness/lifecycle/transition_table.hpp"

namespace switchback {
namespace {

using namespace resting;
using std::chrono::milliseconds;

bool needs_key(Operation operation) {
  return operation == Operation::enable || operation == Operation::test_failover ||
         operation == Operation::planned_failover || operation == Operation::unplanned_failover ||
         operation == Operation::change_recovery_point;
}

bool reads_point(Operation operation) {
  return operation == Operation::test_failover || operation == Operation::unplanned_failover ||
         operation == Operation::change_recovery_point;
}

/// Works on the disks at primary as the item names them.
bool reads_primary(Operation operation) {
  return operation == Operation::enable || operation == Operation::resynchronize ||
         operation == Operation::planned_failover || operation == Operation::reverse_replicate;
}

bool writes_primary(Operation operation) {
  return begins_failback(operation) || operation == Operation::complete_failover;
}

bool fills_recovery(Operation operation) {
  return operation == Operation::enable || operation == Operation::resynchronize ||
         operation == Operation::planned_failover || operation == Operation::unplanned_failover ||
         operation == Operation::test_failover || operation == Operation::change_recovery_point ||
         operation == Operation::reverse_replicate;
}

/// Of those that begin at primary.
bool stands_on_a_point(Operation operation) {
  return operation == Operation::test_failover || operation == Operation::planned_failover ||
         operation == Operation::unplanned_failover;
}

constexpr std::array kStopSending = {FaultKind::link_cut, FaultKind::link_one_way,
                                     FaultKind::primary_lost, FaultKind::read_error,
                                     FaultKind::write_error};

}  // namespace

WalkModel::WalkModel(const Sequence& item, const Capabilities& capabilities)
    : item_(item), capabilities_(capabilities), state_(initial_state()) {}

bool WalkModel::allows(Operation operation) const {
  return capabilities_.find(operation) != nullptr && find_transition(state_, operation) != nullptr;
}

bool WalkModel::replicates() const {
  return allows(Operation::delta_replication);
}

milliseconds WalkModel::period() const {
  return std::chrono::duration_cast<milliseconds>(item_.policy.copy_frequency);
}

bool WalkModel::old_primary_runs() const {
  return source_runs_ && state_.primary == Role::superseded;
}

bool WalkModel::refused_for_its_choices(const OperateStep& step) const {
  if (!reads_point(step.operation)) return false;
  if (step.point == PointChoice::latest_app_consistent)
    return item_.policy.app_consistent == std::chrono::hours(0);
  return false;
}

bool WalkModel::cannot_send() const {
  return std::any_of(kStopSending.begin(), kStopSending.end(),
                     [&](FaultKind kind) { return broken(kind); });
}

bool WalkModel::fails(const OperateStep& step) const {
  const Operation operation = step.operation;
  const bool encrypted_needs = item_.policy.encrypted && needs_key(operation);
  if (encrypted_needs && step.key == KeyGiven::none) return true;
  if (encrypted_needs && step.key == KeyGiven::wrong && operation != Operation::enable) return true;
  const bool needs_link = sends_data(operation) && operation != Operation::unplanned_failover;
  if (needs_link && cannot_send()) return true;
  if (operation == Operation::disable && broken(FaultKind::primary_lost)) return true;
  if (operation == Operation::planned_failover && broken(FaultKind::shutdown_refused)) return true;
  if (fills_recovery(operation) && broken(FaultKind::recovery_full)) return true;
  if (disks_edited_ && (reads_primary(operation) || writes_primary(operation))) return true;
  if (targets_deleted_ && stands_on_a_point(operation)) return true;
  if (tracking_lost_ &&
      (operation == Operation::planned_failover || operation == Operation::reverse_replicate))
    return true;
  if (!begins_failback(operation)) return false;
  return (primary_deleted_ && !step.create_missing_vm) || old_primary_runs();
}

ItemState WalkModel::after_failure(Operation operation) const {
  const bool full = broken(FaultKind::recovery_full);
  if (targets_deleted_ && operation == Operation::resynchronize) return kSeedingIncomplete;
  if (targets_deleted_ && stands_on_a_point(operation)) return state_;
  if (operation == Operation::enable && full) return kSeedingIncomplete;
  if (operation == Operation::unplanned_failover && full) return kReplicationStopped;
  if (operation == Operation::full_failback && broken(FaultKind::link_cut)) return kFailbackBroken;
  return state_;
}

void WalkModel::add_points(std::uint64_t more) {
  const std::uint64_t most =
      item_.policy.retention == std::chrono::hours(0) ? 1 : item_.policy.most_points;
  points_ = static_cast<unsigned>(std::min<std::uint64_t>(points_ + more, most));
}

void WalkModel::done(const OperateStep& step) {
  const Transition& row = *find_transition(state_, step.operation);
  const bool rounds_before = replicates();
  state_ = row.to;
  if (row.points == PointsEffect::adds) add_points(1);
  if (row.points == PointsEffect::deletes_all) points_ = 0;
  if (row.points == PointsEffect::adds || row.points == PointsEffect::deletes_all)
    targets_deleted_ = false;
  if (!rounds_before) since_round_ = milliseconds(0);
  switch (step.operation) {
    case Operation::enable:
    case Operation::resynchronize:
      tracking_lost_ = false;
      since_round_ = milliseconds(0);
      break;
    case Operation::unplanned_failover:
      source_runs_ = !step.shut_down_source || broken(FaultKind::shutdown_refused) ||
                     broken(FaultKind::primary_lost);
      since_round_ = milliseconds(0);
      break;
    case Operation::complete_failover:
    case Operation::full_failback:
      source_runs_ = primary_deleted_ = tracking_lost_ = false;
      break;
    default:
      break;
  }
}

void WalkModel::ask(const OperateStep& step) {
  if (!asked_by_operator(step.operation) || !allows(step.operation)) return;
  if (refused_for_its_choices(step)) return;
  if (fails(step))
    state_ = after_failure(step.operation);
  else
    done(step);
}

void WalkModel::cancel_job(const OperateStep& step) {
  const Transition* const job = find_transition(state_, step.operation);
  if (job == nullptr || fails(step)) return ask(step);
  const Transition* const row = find_transition(job->during, Operation::cancel);
  if (row == nullptr) return ask(step);
  state_ = row->to;
}

void WalkModel::wait(milliseconds duration) {
  since_round_ += duration;
  if (since_round_ < period()) return;
  const auto rounds = static_cast<std::uint64_t>(since_round_ / period());
  since_round_ %= period();
  if (allows(Operation::fence_source) && !broken(FaultKind::primary_lost)) {
    state_ = find_transition(state_, Operation::fence_source)->to;
    source_runs_ = false;
  }
  if (targets_deleted_ && state_ == kProtected) {
    state_ = kSeedingIncomplete;
    points_ = 0;
  }
  if (!replicates() || cannot_send()) return;
  if (tracking_lost_ || disks_edited_) {
    if (state_ == kProtected) state_ = kResyncRequired;
    return;
  }
  // The last round may not have been processed yet.
  if (!broken(FaultKind::recovery_full)) add_points(rounds - 1);
}

void WalkModel::inject(FaultKind kind) {
  if (kind == FaultKind::tracking_lost || kind == FaultKind::primary_power_lost) {
    tracking_lost_ = state_ != kUnprotected;
    return;
  }
  if (kind == FaultKind::targets_deleted) {
    // A test copy keeps what it rests on.
    targets_deleted_ = state_ == kProtected || state_ == kPaused || state_ == kResyncRequired ||
                       state_ == kReplicationStopped;
    return;
  }
  if (!is_over_at_once(kind) && !takes_effect_once(kind)) broken_.insert(kind);
}

void WalkModel::edit(Edit edit) {
  if (edit == Edit::undo) disks_edited_ = disk_moved_ = false;
  if (edit == Edit::move_disk) disk_moved_ = true;
  if (edit == Edit::add_disk || edit == Edit::grow_disk || edit == Edit::swap_disks ||
      edit == Edit::move_disk)
    disks_edited_ = true;
  if (edit == Edit::delete_vm) primary_deleted_ = true;
}

}  // namespace switchback
