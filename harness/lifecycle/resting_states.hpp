// SPDX-License-Identifier: Apache-2.0
// The states in which an item can rest, by name.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "harness/lifecycle/state.hpp"

namespace switchback {

/// A resting state that has a name: what people, diagrams and coverage cells call it.
struct NamedState {
  std::string_view name;
  ItemState state;
  std::string_view meaning;
};

std::span<const NamedState> named_states();

/// The name of a resting state, or "unnamed" for a vector that rests nowhere.
std::string_view name_of(const ItemState& state);
std::optional<ItemState> state_named(std::string_view name);

/// The state in which every sequence starts: the VM runs at the primary site, unprotected.
ItemState initial_state();

namespace resting {

inline constexpr ItemState kUnprotected{Role::active,      Role::absent,      Direction::none,
                                        Replication::none, Awaiting::nothing, Points::none};
inline constexpr ItemState kSeedingIncomplete{
    Role::active,      Role::standby, Direction::primary_to_recovery, Replication::resync_required,
    Awaiting::nothing, Points::none};
inline constexpr ItemState kProtected{
    Role::active,         Role::standby,     Direction::primary_to_recovery,
    Replication::in_sync, Awaiting::nothing, Points::some};
inline constexpr ItemState kPaused{
    Role::active,        Role::standby,     Direction::primary_to_recovery,
    Replication::paused, Awaiting::nothing, Points::some};
inline constexpr ItemState kResyncRequired{
    Role::active,      Role::standby, Direction::primary_to_recovery, Replication::resync_required,
    Awaiting::nothing, Points::some};
inline constexpr ItemState kTesting{
    Role::active,         Role::standby,          Direction::primary_to_recovery,
    Replication::in_sync, Awaiting::test_cleanup, Points::some};
inline constexpr ItemState kReplicationStopped{Role::active,      Role::standby,
                                               Direction::none,   Replication::stopped,
                                               Awaiting::nothing, Points::some};
inline constexpr ItemState kFailoverCancelled{Role::active,      Role::standby,
                                              Direction::none,   Replication::stopped,
                                              Awaiting::disable, Points::some};
inline constexpr ItemState kFailedOver{Role::stopped,        Role::active,     Direction::none,
                                       Replication::stopped, Awaiting::commit, Points::some};
inline constexpr ItemState kFailedOverUnplanned{Role::superseded, Role::active,
                                                Direction::none,  Replication::stopped,
                                                Awaiting::commit, Points::some};
inline constexpr ItemState kFailoverCommitted{Role::stopped,      Role::active,
                                              Direction::none,    Replication::stopped,
                                              Awaiting::failback, Points::none};
inline constexpr ItemState kUnplannedCommitted{Role::superseded,   Role::active,
                                               Direction::none,    Replication::stopped,
                                               Awaiting::failback, Points::none};
inline constexpr ItemState kFailbackBroken{Role::inconsistent, Role::active,
                                           Direction::none,    Replication::stopped,
                                           Awaiting::failback, Points::none};
inline constexpr ItemState kFailbackWaiting{Role::stopped,
                                            Role::active,
                                            Direction::recovery_to_primary,
                                            Replication::in_sync,
                                            Awaiting::complete_failover,
                                            Points::none};
inline constexpr ItemState kFailedBack{
    Role::active, Role::stopped, Direction::none, Replication::stopped, Awaiting::commit_failback,
    Points::none};
inline constexpr ItemState kFailbackCommitted{
    Role::active, Role::standby, Direction::none, Replication::stopped, Awaiting::reverse_replicate,
    Points::none};
inline constexpr ItemState kMigrated{Role::superseded,  Role::active,      Direction::none,
                                     Replication::none, Awaiting::nothing, Points::none};

}  // namespace resting
}  // namespace switchback
