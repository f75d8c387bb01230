// SPDX-License-Identifier: Apache-2.0
// See resting_states.hpp.
#include "harness/lifecycle/resting_states.hpp"

#include <array>

namespace switchback {
namespace {

using namespace resting;

constexpr std::array kNamedStates = {
    NamedState{"unprotected", kUnprotected, "the VM runs at the primary site, no replica"},
    NamedState{"seeding_incomplete", kSeedingIncomplete,
               "initial replication found no room; to be resynchronized"},
    NamedState{"protected", kProtected, "replicating, can be failed over"},
    NamedState{"paused", kPaused, "no rounds; changes are tracked"},
    NamedState{"resync_required", kResyncRequired, "changes are not known; to be resynchronized"},
    NamedState{"testing", kTesting, "a test failover waits to be cleaned up; replicating"},
    NamedState{"replication_stopped", kReplicationStopped,
               "an unplanned failover failed; the VM runs at primary, nothing is sent"},
    NamedState{"failover_cancelled", kFailoverCancelled,
               "a failover was cancelled; only disabling leads on"},
    NamedState{"failed_over", kFailedOver, "runs at recovery; points kept until commit"},
    NamedState{"failed_over_unplanned", kFailedOverUnplanned,
               "runs at recovery, points kept; the old primary VM may still run"},
    NamedState{"failover_committed", kFailoverCommitted, "final at recovery; can be failed back"},
    NamedState{"unplanned_committed", kUnplannedCommitted,
               "final at recovery; the old primary VM may still run"},
    NamedState{"failback_broken", kFailbackBroken,
               "failback stopped halfway; primary disks unusable, runs at recovery"},
    NamedState{"failback_waiting", kFailbackWaiting,
               "synchronized back; VM still runs at recovery until Complete Failover"},
    NamedState{"failed_back", kFailedBack, "runs at primary; recovery VM kept until commit"},
    NamedState{"failback_committed", kFailbackCommitted,
               "final at primary; changes tracked, nothing sent"},
    NamedState{"migrated", kMigrated, "protection ended while the VM ran at recovery; it stays"},
};

}  // namespace

std::span<const NamedState> named_states() {
  return kNamedStates;
}

std::string_view name_of(const ItemState& item_state) {
  for (const NamedState& named : kNamedStates)
    if (named.state == item_state) return named.name;
  return "unnamed";
}

std::optional<ItemState> state_named(std::string_view name) {
  for (const NamedState& named : kNamedStates)
    if (named.name == name) return named.state;
  return std::nullopt;
}

ItemState initial_state() {
  return kUnprotected;
}

}  // namespace switchback
