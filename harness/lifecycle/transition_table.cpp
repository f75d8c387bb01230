// SPDX-License-Identifier: Apache-2.0
// The rows. Numbers are those of the transition table drawn from the Azure Site Recovery tutorial
// "Fail over and fail back Hyper-V VMs replicated to Azure" and the documents beside it.
#include "harness/lifecycle/transition_table.hpp"

#include <array>

namespace switchback {
namespace {

using enum Operation;

constexpr ItemState state(Role primary, Role recovery, Direction direction, Replication replication,
                          Awaiting awaiting, Points points) {
  return ItemState{primary, recovery, direction, replication, awaiting, points};
}

constexpr ItemState kUnprotected = state(Role::active, Role::absent, Direction::none,
                                         Replication::none, Awaiting::nothing, Points::none);
constexpr ItemState kSeeding = state(Role::active, Role::standby, Direction::primary_to_recovery,
                                     Replication::seeding, Awaiting::nothing, Points::none);
constexpr ItemState kProtected = state(Role::active, Role::standby, Direction::primary_to_recovery,
                                       Replication::in_sync, Awaiting::nothing, Points::some);
constexpr ItemState kFailingOver = state(Role::unknown, Role::unknown, Direction::none,
                                         Replication::stopped, Awaiting::nothing, Points::some);
constexpr ItemState kFailedOver = state(Role::stopped, Role::active, Direction::none,
                                        Replication::stopped, Awaiting::commit, Points::some);
constexpr ItemState kCommitting = state(Role::stopped, Role::active, Direction::none,
                                        Replication::stopped, Awaiting::commit, Points::unknown);
constexpr ItemState kFailoverCommitted =
    state(Role::stopped, Role::active, Direction::none, Replication::stopped, Awaiting::failback,
          Points::none);
constexpr ItemState kFailbackSynchronizing =
    state(Role::stopped, Role::active, Direction::recovery_to_primary, Replication::resynchronizing,
          Awaiting::failback, Points::none);
constexpr ItemState kFailbackWaiting =
    state(Role::stopped, Role::active, Direction::recovery_to_primary, Replication::in_sync,
          Awaiting::complete_failover, Points::none);
constexpr ItemState kFailingBack =
    state(Role::unknown, Role::unknown, Direction::recovery_to_primary, Replication::in_sync,
          Awaiting::complete_failover, Points::none);
constexpr ItemState kFailedBack =
    state(Role::active, Role::stopped, Direction::none, Replication::stopped,
          Awaiting::commit_failback, Points::none);
constexpr ItemState kCommittingFailback =
    state(Role::active, Role::unknown, Direction::none, Replication::stopped,
          Awaiting::commit_failback, Points::none);
constexpr ItemState kFailbackCommitted =
    state(Role::active, Role::standby, Direction::none, Replication::stopped,
          Awaiting::reverse_replicate, Points::none);
constexpr ItemState kReversing =
    state(Role::active, Role::standby, Direction::primary_to_recovery, Replication::resynchronizing,
          Awaiting::reverse_replicate, Points::none);
constexpr ItemState kDisabling = state(Role::active, Role::unknown, Direction::none,
                                       Replication::none, Awaiting::nothing, Points::unknown);

constexpr std::array kNamedStates = {
    NamedState{"unprotected", kUnprotected, "the VM runs at the primary site, no replica"},
    NamedState{"protected", kProtected, "replicating, can be failed over"},
    NamedState{"failed_over", kFailedOver, "runs at recovery; points kept until commit"},
    NamedState{"failover_committed", kFailoverCommitted, "final at recovery; can be failed back"},
    NamedState{"failback_waiting", kFailbackWaiting,
               "synchronized back; VM still runs at recovery until Complete Failover"},
    NamedState{"failed_back", kFailedBack, "runs at primary; recovery VM kept until commit"},
    NamedState{"failback_committed", kFailbackCommitted,
               "final at primary; changes tracked, nothing sent"},
};

constexpr PointsEffect kKeep = PointsEffect::none;

constexpr std::array kTable = {
    Transition{"1-3", kUnprotected, enable, kSeeding, kProtected, PointsEffect::adds_one, true,
               "checks prerequisites, then copies the disks while the VM runs",
               "Hyper-V to Azure architecture, 'Enable protection', 'Initial replication'"},
    Transition{"4", kProtected, delta_replication, kProtected, kProtected, PointsEffect::adds_one,
               true, "sends what changed since the last round, and only that",
               "Hyper-V to Azure architecture, 'Delta replication'"},
    Transition{"19", kProtected, planned_failover, kFailingOver, kFailedOver,
               PointsEffect::adds_one, false,
               "shuts the source down, sends the rest, starts at recovery; loses nothing",
               "tutorial, 'Failover options': planned failover, zero data loss"},
    Transition{"21", kFailedOver, commit, kCommitting, kFailoverCommitted,
               PointsEffect::deletes_all, false, "deletes all recovery points; the VM runs on",
               "tutorial, 'Commit the failover'"},
    Transition{"23", kFailoverCommitted, planned_failback, kFailbackSynchronizing, kFailbackWaiting,
               kKeep, false,
               "synchronizes to primary while the VM keeps running at recovery, then waits",
               "tutorial, 'Fail back', 'Synchronize data before failover'"},
    Transition{"24", kFailbackWaiting, complete_failover, kFailingBack, kFailedBack, kKeep, false,
               "shuts the recovery VM down, sends the rest, starts at primary; loses nothing",
               "tutorial, 'Fail back', 'Complete Failover'"},
    Transition{"28", kFailedBack, commit_failback, kCommittingFailback, kFailbackCommitted, kKeep,
               false, "deletes the recovery VM and its disks; the replica stays as the base",
               "tutorial, 'Fail back', commit"},
    Transition{"29", kFailbackCommitted, reverse_replicate, kReversing, kProtected,
               PointsEffect::adds_one, true,
               "sends only what changed since the recovery VM was turned off",
               "tutorial, 'Fail back', 'Reverse Replicate'"},
    Transition{"30", kProtected, disable, kDisabling, kUnprotected, PointsEffect::deletes_all,
               false, "removes replica, points and tracking; the VM runs on",
               "Manage registration and protection, 'Disable protection'"},
    Transition{"30b", kFailbackCommitted, disable, kDisabling, kUnprotected, kKeep, false,
               "removes replica and tracking; the VM runs on",
               "Manage registration and protection, 'Disable protection'"},
};

}  // namespace

std::span<const NamedState> named_states() {
  return kNamedStates;
}
std::span<const Transition> transition_table() {
  return kTable;
}

const Transition* find_transition(const ItemState& from, Operation operation) {
  for (const Transition& row : kTable)
    if (row.operation == operation && row.from == from) return &row;
  return nullptr;
}

OperationSet allowed_operations(const ItemState& from) {
  OperationSet allowed;
  for (const Transition& row : kTable)
    if (row.from == from && asked_by_operator(row.operation)) allowed.insert(row.operation);
  return allowed;
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
