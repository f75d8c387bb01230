// SPDX-License-Identifier: Apache-2.0
// The state of a replicated item: a vector of independent parts, each possibly unknown.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace switchback {

/// The words never swap: the primary site stays the on-premises one whatever runs where.
enum class Site : std::uint8_t { primary, recovery };
constexpr Site other(Site site) {
  return site == Site::primary ? Site::recovery : Site::primary;
}

/// What the item is on one site.
enum class Role : std::uint8_t {
  absent,        ///< nothing of it is there
  standby,       ///< replica data is there, no VM
  active,        ///< the authoritative VM runs there
  stopped,       ///< a VM is defined there, off, and not authoritative
  superseded,    ///< a VM lost its authority there without being shut down: it may still run
  inconsistent,  ///< a VM is defined there, off, its disks half overwritten: must not be started
  unknown,
};

/// Where replication data flows.
enum class Direction : std::uint8_t { none, primary_to_recovery, recovery_to_primary, unknown };

enum class Replication : std::uint8_t {
  none,     ///< not protected
  seeding,  ///< initial replication
  in_sync,
  paused,
  resync_required,
  resynchronizing,
  stopped,  ///< ended by a failover, goes on only with reverse replication
  error,
  unknown,
};

/// The decision that the item waits for.
enum class Awaiting : std::uint8_t {
  nothing,
  test_cleanup,       ///< a test failover is to be looked at and cleaned up
  commit,             ///< failed over, the recovery point may still be changed
  failback,           ///< failover committed
  complete_failover,  ///< failback synchronized, VM still running at recovery
  commit_failback,    ///< failed back, recovery VM still there
  reverse_replicate,  ///< failback committed
  disable,            ///< a failover was cancelled: nothing else leads on
  unknown,
};

/// Whether the item has recovery points to choose from.
enum class Points : std::uint8_t { none, some, unknown };

/// The vector of `azure-site-recovery` 1.2, generalised so that other products fit: see the
/// abstract lifecycle in docs/lifecycle.md. Compared part by part; `unknown` matches nothing but
/// itself here, see compatible().
struct ItemState {
  Role primary = Role::active;
  Role recovery = Role::absent;
  Direction direction = Direction::none;
  Replication replication = Replication::none;
  Awaiting awaiting = Awaiting::nothing;
  Points points = Points::none;

  friend bool operator==(const ItemState&, const ItemState&) = default;
};

/// True if no part known on both sides differs: what an observation must be to the model.
bool compatible(const ItemState& left, const ItemState& right);

/// The site whose VM is authoritative, if one is.
std::optional<Site> active_site(const ItemState& state);

std::string_view name_of(Site site);
std::string_view name_of(Role role);
std::string_view name_of(Direction direction);
std::string_view name_of(Replication replication);
std::string_view name_of(Awaiting awaiting);
std::string_view name_of(Points points);

// The part of that name, or nothing.
std::optional<Site> site_named(std::string_view name);
std::optional<Role> role_named(std::string_view name);
std::optional<Direction> direction_named(std::string_view name);
std::optional<Replication> replication_named(std::string_view name);
std::optional<Awaiting> awaiting_named(std::string_view name);
std::optional<Points> points_named(std::string_view name);

/// "primary active, recovery standby, primary_to_recovery, in_sync, awaiting nothing, points some".
std::string describe(const ItemState& state);

}  // namespace switchback
