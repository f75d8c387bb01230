// SPDX-License-Identifier: Apache-2.0
// What is broken on purpose now. Hosts ask it (see faulty_host.hpp); the world's link is told.
#pragma once

#include <set>
#include <utility>
#include <vector>

#include "harness/system/fault.hpp"
#include "vms/recovery/link.hpp"

namespace switchback::recovery {

/// Outlives the hosts that ask it. Not thread-safe.
class Faults {
 public:
  explicit Faults(Link& link) : link_(link) {}

  /// A lasting fault is in force until heal(); one that takes effect once until it was taken. Kinds
  /// that take effect at once (controller_killed, tracking_lost) are not this class' matter.
  void inject(FaultKind kind) {
    in_force_.insert(kind);
    if (kind == FaultKind::link_cut || kind == FaultKind::primary_lost) link_.cut();
  }
  void heal() {
    in_force_.clear();
    link_.heal();
  }
  [[nodiscard]] bool in_force(FaultKind kind) const { return in_force_.contains(kind); }
  /// True once for every time it was injected.
  bool take(FaultKind kind) { return in_force_.erase(kind) > 0; }

  /// Whether the controller has died in a call since the last time.
  bool take_death() { return std::exchange(dies_, false); }
  void die() { dies_ = true; }

  /// A call went otherwise than it would have without the fault.
  void took_effect(FaultKind kind) { effects_.push_back(kind); }
  /// Of a call that goes over the link: it failed, and the link is cut.
  void failed_on_link() {
    for (const FaultKind kind : {FaultKind::link_cut, FaultKind::primary_lost})
      if (in_force(kind)) return took_effect(kind);
  }
  /// Those since the last time.
  std::vector<FaultKind> take_effects() { return std::exchange(effects_, {}); }

 private:
  Link& link_;
  std::set<FaultKind> in_force_;
  std::vector<FaultKind> effects_;
  bool dies_ = false;
};

}  // namespace switchback::recovery
