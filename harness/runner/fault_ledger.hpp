// SPDX-License-Identifier: Apache-2.0
// Which faults were injected, and which of them may still have an effect that excuses something.
// What excuses no failure is not among them: see Delays and ClockSteps.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "harness/lifecycle/operation.hpp"
#include "harness/system/fault.hpp"

namespace switchback {

/// After it is done nothing of the item rests on what was deleted at recovery before it began.
bool makes_good_for_deletions(Operation operation);

/// What was changed behind the back of a VM at primary may make it fail: it was to send what is
/// tracked there, or to start that VM.
bool may_fail_for_changed_disk(Operation operation);

class FaultLedger {
 public:
  /// What was in force when something began.
  struct Mark {
    std::set<FaultKind> in_force;
    std::size_t injected = 0;
    std::uint64_t kills = 0;
  };

  /// What may_hit_nothing() excuses nothing before it is told to have had an effect.
  void inject(FaultKind kind);
  /// What was injected has taken the tracking of the item's VMs away, beside all else.
  void lose_tracking();
  /// It had its effect.
  void took_effect(FaultKind kind);
  /// Lost tracking stays lost, what was deleted is gone, and what was changed is so: that is for
  /// the system to notice.
  void heal();
  /// An operation that began at the mark has ended. Tracking that had been lost before is there
  /// again once data was sent, a disk that was changed has been compared, and a replica that was
  /// deleted once it was made whole or given up; a thaw that was refused has been asked for again.
  void operation_ended(const Mark& began, Operation operation, bool done, bool saw_frozen);

  [[nodiscard]] Mark mark() const { return {in_force_, injected_.size(), kills_}; }
  /// Kinds in force at the mark or injected since, in their order, each once.
  [[nodiscard]] std::vector<FaultKind> since(const Mark& mark) const;
  /// Those of them that an operation which began at the mark may fail for.
  [[nodiscard]] std::vector<FaultKind> excuses(const Mark& mark, Operation operation) const;
  /// This kind has been injected since.
  [[nodiscard]] bool injected_since(const Mark& mark, FaultKind kind) const;
  [[nodiscard]] std::uint64_t kills_since(const Mark& mark) const { return kills_ - mark.kills; }
  [[nodiscard]] bool in_force(FaultKind kind) const { return in_force_.contains(kind); }
  [[nodiscard]] bool any_in_force() const { return !in_force_.empty(); }
  /// Any at all was injected.
  [[nodiscard]] bool ever() const { return ever_; }

 private:
  std::set<FaultKind> in_force_;
  std::vector<FaultKind> injected_;
  std::uint64_t kills_ = 0;
  bool ever_ = false;
};

}  // namespace switchback
