// SPDX-License-Identifier: Apache-2.0
// What can be broken on purpose, by name.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "harness/base/units.hpp"
#include "harness/lifecycle/state.hpp"

namespace switchback {

enum class FaultKind : std::uint8_t {
  controller_killed,  ///< the DR controller dies where it is and is started again from its catalog
  link_cut,           ///< the link between the sites drops until it is healed
  primary_lost,       ///< the primary site can't be reached until healed; what runs there runs on
  shutdown_refused,   ///< guests at primary don't shut down when asked, until healed
  freeze_refused,     ///< guests at primary can't be quiesced, until healed
  thaw_refused,       ///< a frozen guest does not answer the next thaw: it must be asked again
  tracking_lost,      ///< change tracking at primary is gone, as after a dirty crash
  recovery_full,      ///< the recovery site has no room for new data until healed
  primary_full,       ///< the primary site has no room for new data until healed
  read_error,         ///< disks can't be read for replication, at either site, until healed
  write_error,        ///< what replication writes, at either site, fails until healed
  answer_lost,        ///< the next call that changes anything at a site does, and seems to fail
  /// The next call that changes anything at a site does, a write only half of it, and the DR
  /// controller dies before it hears of it.
  controller_killed_in_call,
  /// Everything at the recovery site stops at once and is started again, the DR controller with it.
  /// What replication wrote there and did not flush may be gone, or torn; views and tracking of the
  /// VMs that run there are.
  recovery_power_lost,
  primary_power_lost,  ///< the same at primary; the controller lives on
  link_lossy,    ///< every kLossyLinkLoses-th call over the link is lost on its way, until healed
  link_one_way,  ///< what is sent over the link arrives, and no answer comes back, until healed
  link_slow,     ///< the link carries kSlowLinkBytes a second, until healed; nothing fails for it
  /// The next guest at primary that is asked to shut down does not do so in time
  /// (kShutdownTimeLimit), and does so by itself before call number kLateShutdownCalls after that
  /// to the site.
  shutdown_hangs,
  freeze_hangs,  ///< guests at primary quiesce and do not say so in time, until healed
  /// Somebody deletes what the recovery site holds of the last disk of every item: its replica,
  /// with the points and the data sent that rest on it. What a copy of the VMs there rests on,
  /// running or not, is in use and stays.
  targets_deleted,
  /// Somebody writes to a disk of each item's first VM at primary behind the VM's back: nothing
  /// where that VM runs, which has its disks to itself. It is made by Laboratory::write_behind(),
  /// not by the DR system.
  disk_changed_behind,
  /// The DR controller's wall clock is moved, forward or back, while real time goes on as ever. It
  /// is put right when healed.
  clock_stepped,
};

inline constexpr std::array kAllFaults = {FaultKind::controller_killed,
                                          FaultKind::link_cut,
                                          FaultKind::primary_lost,
                                          FaultKind::shutdown_refused,
                                          FaultKind::freeze_refused,
                                          FaultKind::thaw_refused,
                                          FaultKind::tracking_lost,
                                          FaultKind::recovery_full,
                                          FaultKind::primary_full,
                                          FaultKind::read_error,
                                          FaultKind::write_error,
                                          FaultKind::answer_lost,
                                          FaultKind::controller_killed_in_call,
                                          FaultKind::recovery_power_lost,
                                          FaultKind::primary_power_lost,
                                          FaultKind::link_lossy,
                                          FaultKind::link_one_way,
                                          FaultKind::link_slow,
                                          FaultKind::shutdown_hangs,
                                          FaultKind::freeze_hangs,
                                          FaultKind::targets_deleted,
                                          FaultKind::disk_changed_behind,
                                          FaultKind::clock_stepped};

/// Counted from when the link became lossy. A round of one small disk makes three calls over the
/// link, so some get through.
inline constexpr unsigned kLossyLinkLoses = 5;
/// A second. A few changes of 64 KiB take longer than a short copy period, a flood longer than any.
inline constexpr std::uint64_t kSlowLinkBytes = 4096;
/// So long a guest is waited for that is asked to shut down.
inline constexpr std::chrono::minutes kShutdownTimeLimit{5};
/// Long enough for a VM that was asked to start in between to go off afterwards.
inline constexpr unsigned kLateShutdownCalls = 4;

/// In force only until it has had its effect, once.
constexpr bool takes_effect_once(FaultKind kind) {
  return kind == FaultKind::thaw_refused || kind == FaultKind::answer_lost ||
         kind == FaultKind::controller_killed_in_call || kind == FaultKind::shutdown_hangs;
}

/// What it hits takes longer, or is told with another time, and goes as well as ever: no excuse for
/// a failure.
constexpr bool excuses_no_failure(FaultKind kind) {
  return kind == FaultKind::link_slow || kind == FaultKind::clock_stepped;
}

/// What a link does that is there and is not as good as it was.
constexpr bool is_of_worse_link(FaultKind kind) {
  return kind == FaultKind::link_lossy || kind == FaultKind::link_one_way ||
         kind == FaultKind::link_slow;
}

/// Where it takes all power away for a moment, if it does.
constexpr std::optional<Site> site_without_power(FaultKind kind) {
  if (kind == FaultKind::recovery_power_lost) return Site::recovery;
  if (kind == FaultKind::primary_power_lost) return Site::primary;
  return std::nullopt;
}
/// The DR controller dies of it at once. It lives at the recovery site, with its catalog.
constexpr bool kills_controller(FaultKind kind) {
  return kind == FaultKind::controller_killed || kind == FaultKind::recovery_power_lost;
}
/// It takes effect when it is injected, and nothing of it is left to be healed.
constexpr bool is_over_at_once(FaultKind kind) {
  return kills_controller(kind) || site_without_power(kind) || kind == FaultKind::tracking_lost ||
         kind == FaultKind::targets_deleted || kind == FaultKind::disk_changed_behind;
}
/// Whether it found anything to destroy or change is told only afterwards, as an effect.
constexpr bool may_hit_nothing(FaultKind kind) {
  return kind == FaultKind::targets_deleted || kind == FaultKind::disk_changed_behind;
}

/// What is to be broken, and how far where that can be chosen.
struct Fault {
  FaultKind kind{};
  Duration step{};  ///< of clock_stepped: forward, or back if below zero

  // Most kinds say all there is to say.
  Fault(FaultKind broken, Duration moved = {}) : kind(broken), step(moved) {}
};

std::string_view name_of(FaultKind kind);
std::optional<FaultKind> fault_named(std::string_view name);

}  // namespace switchback
