// SPDX-License-Identifier: Apache-2.0
// What is broken on purpose now. Hosts ask it (see faulty_host.hpp); the world's link is told.
#pragma once

#include <cstdint>
#include <set>
#include <type_traits>
#include <utility>
#include <vector>

#include "harness/base/result.hpp"
#include "harness/base/units.hpp"
#include "harness/system/fault.hpp"
#include "vms/recovery/link.hpp"

namespace switchback::recovery {

/// Outlives the hosts that ask it. Not thread-safe.
class Faults {
 public:
  explicit Faults(Link& link) : link_(link) {}

  /// A lasting fault is in force until heal(); one that takes effect once until it was taken. Kinds
  /// that take effect at once (controller_killed, tracking_lost) are not this class' matter.
  void inject(const Fault& fault) {
    const FaultKind kind = fault.kind;
    in_force_.insert(kind);
    if (kind == FaultKind::clock_stepped) clock_error_ += fault.step;
    if (kind == FaultKind::link_lossy) calls_over_link_ = 0;
    if (is_of_worse_link(kind) && link_.worsen(kind)) done_by_link_.insert(kind);
    if (kind == FaultKind::link_cut || kind == FaultKind::primary_lost) link_.cut();
  }
  void heal() {
    in_force_.clear();
    done_by_link_.clear();
    clock_error_ = {};
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
  /// Makes a call that goes over the link, and gives what the caller hears of it.
  template <class Call>
  std::invoke_result_t<Call&> over_link(Call call) {
    if (loses_call())
      return environment_error("the link lost the call on its way", "make it again");
    const Bytes before = link_.carried();
    auto result = call();
    if (!result) {
      tell_why();
      return result;
    }
    tell_losses();
    cross(link_.carried() - before);
    if (!is_made_believe(FaultKind::link_one_way)) return result;
    took_effect(FaultKind::link_one_way);
    return environment_error("the call went over the link and no answer came back",
                             "wait until the link is healed");
  }
  /// Those since the last time.
  std::vector<FaultKind> take_effects() { return std::exchange(effects_, {}); }
  /// The wall clock is read: how far off it is.
  Duration clock_error() {
    if (clock_error_ != Duration::zero()) took_effect(FaultKind::clock_stepped);
    return clock_error_;
  }
  /// A call lasts so long.
  void spend(Duration time) { time_ += time; }
  /// How long the calls since the last time took.
  Duration take_time() { return std::exchange(time_, {}); }

 private:
  /// In force, and the link itself does not do it.
  [[nodiscard]] bool is_made_believe(FaultKind kind) const {
    return in_force(kind) && !done_by_link_.contains(kind);
  }
  /// The link itself has lost something, of this call or of one before. That does not fail them.
  void tell_losses() {
    if (done_by_link_.contains(FaultKind::link_lossy) && link_.take_losses())
      took_effect(FaultKind::link_lossy);
  }
  bool loses_call() {
    if (!is_made_believe(FaultKind::link_lossy) || ++calls_over_link_ % kLossyLinkLoses != 0)
      return false;
    took_effect(FaultKind::link_lossy);
    return true;
  }
  /// A call over the link failed. If the link is cut, or worse by itself, that is why.
  void tell_why() {
    for (const FaultKind kind : {FaultKind::link_cut, FaultKind::primary_lost})
      if (in_force(kind)) return took_effect(kind);
    for (const FaultKind kind : {FaultKind::link_one_way, FaultKind::link_lossy})
      if (done_by_link_.contains(kind)) return took_effect(kind);
  }
  void cross(Bytes carried) {
    if (!in_force(FaultKind::link_slow) || carried == 0) return;
    spend(Duration(std::chrono::seconds(1)) * static_cast<std::int64_t>(carried) /
          static_cast<std::int64_t>(link_.slow_bytes()));
    took_effect(FaultKind::link_slow);
  }

  Link& link_;
  std::set<FaultKind> in_force_;
  std::set<FaultKind> done_by_link_;  ///< of those in force
  std::vector<FaultKind> effects_;
  bool dies_ = false;
  Duration clock_error_{};             ///< all steps since it was put right
  std::uint64_t calls_over_link_ = 0;  ///< since it became lossy
  Duration time_{};
};

}  // namespace switchback::recovery
