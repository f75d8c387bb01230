// SPDX-License-Identifier: Apache-2.0
// Where the item most likely is while a sequence is drawn. Internal to the generator.
#pragma once

#include <chrono>
#include <set>

#include "harness/lifecycle/state.hpp"
#include "harness/sequence/step.hpp"
#include "harness/system/capabilities.hpp"

namespace switchback {

/// Follows the lifecycle as if everything went well that can. Only a guess: where it is wrong,
/// later operations are simply refused.
class WalkModel {
 public:
  /// Both are looked at as long as the model lives.
  WalkModel(const Sequence& item, const Capabilities& capabilities);

  [[nodiscard]] const ItemState& state() const { return state_; }
  /// True if the system has the operation and the table has a row for it here.
  [[nodiscard]] bool allows(Operation operation) const;
  /// Rounds run by themselves.
  [[nodiscard]] bool replicates() const;
  [[nodiscard]] std::chrono::milliseconds period() const;
  /// What lasts until it is healed.
  [[nodiscard]] bool anything_broken() const { return !broken_.empty(); }
  [[nodiscard]] bool link_is_slow() const { return broken(FaultKind::link_slow); }
  [[nodiscard]] bool disks_edited() const { return disks_edited_; }
  /// One of them is at another item's VM.
  [[nodiscard]] bool disk_moved() const { return disk_moved_; }
  [[nodiscard]] bool primary_deleted() const { return primary_deleted_; }
  /// The old primary VM was not shut down by an unplanned failover.
  [[nodiscard]] bool old_primary_runs() const;
  /// Recovery points that the item has at least.
  [[nodiscard]] unsigned points() const { return points_; }

  void ask(const OperateStep& step);
  /// The job of an operation was cancelled.
  void cancel_job(const OperateStep& step);
  void wait(std::chrono::milliseconds duration);
  void inject(FaultKind kind);
  void heal() { broken_.clear(); }
  void edit(Edit edit);

 private:
  [[nodiscard]] bool broken(FaultKind kind) const { return broken_.contains(kind); }
  [[nodiscard]] bool refused_for_its_choices(const OperateStep& step) const;
  [[nodiscard]] bool fails(const OperateStep& step) const;
  [[nodiscard]] bool cannot_send() const;
  [[nodiscard]] ItemState after_failure(Operation operation) const;
  void done(const OperateStep& step);
  void add_points(std::uint64_t more);

  const Sequence& item_;
  const Capabilities& capabilities_;
  ItemState state_;
  std::set<FaultKind> broken_;
  std::chrono::milliseconds since_round_{};  ///< or since the failover
  unsigned points_ = 0;
  bool disks_edited_ = false;
  bool disk_moved_ = false;
  bool tracking_lost_ = false;
  bool targets_deleted_ =
      false;  ///< of an item that runs at primary: nothing is left of its replica
  bool primary_deleted_ = false;
  bool source_runs_ = false;
};

}  // namespace switchback
