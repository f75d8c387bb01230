// SPDX-License-Identifier: Apache-2.0
// Names of the parts of an item's state, and how an observation is held against the model.
#include "harness/lifecycle/state.hpp"

#include <fmt/format.h>

#include "harness/base/names.hpp"

namespace switchback {
namespace {

constexpr std::array<EnumName<Site>, 2> kSites = {{
    {Site::primary, "primary"},
    {Site::recovery, "recovery"},
}};
constexpr std::array<EnumName<Role>, 7> kRoles = {{
    {Role::absent, "absent"},
    {Role::standby, "standby"},
    {Role::active, "active"},
    {Role::stopped, "stopped"},
    {Role::superseded, "superseded"},
    {Role::inconsistent, "inconsistent"},
    {Role::unknown, "unknown"},
}};
constexpr std::array<EnumName<Direction>, 4> kDirections = {{
    {Direction::none, "none"},
    {Direction::primary_to_recovery, "primary_to_recovery"},
    {Direction::recovery_to_primary, "recovery_to_primary"},
    {Direction::unknown, "unknown"},
}};
constexpr std::array<EnumName<Replication>, 9> kReplications = {{
    {Replication::none, "none"},
    {Replication::seeding, "seeding"},
    {Replication::in_sync, "in_sync"},
    {Replication::paused, "paused"},
    {Replication::resync_required, "resync_required"},
    {Replication::resynchronizing, "resynchronizing"},
    {Replication::stopped, "stopped"},
    {Replication::error, "error"},
    {Replication::unknown, "unknown"},
}};
constexpr std::array<EnumName<Awaiting>, 9> kAwaitings = {{
    {Awaiting::nothing, "nothing"},
    {Awaiting::test_cleanup, "test_cleanup"},
    {Awaiting::commit, "commit"},
    {Awaiting::failback, "failback"},
    {Awaiting::complete_failover, "complete_failover"},
    {Awaiting::commit_failback, "commit_failback"},
    {Awaiting::reverse_replicate, "reverse_replicate"},
    {Awaiting::disable, "disable"},
    {Awaiting::unknown, "unknown"},
}};
constexpr std::array<EnumName<Points>, 3> kPoints = {{
    {Points::none, "none"},
    {Points::some, "some"},
    {Points::unknown, "unknown"},
}};

template <class Part>
bool part_compatible(Part left, Part right) {
  return left == right || left == Part::unknown || right == Part::unknown;
}

}  // namespace

bool compatible(const ItemState& left, const ItemState& right) {
  return part_compatible(left.primary, right.primary) &&
         part_compatible(left.recovery, right.recovery) &&
         part_compatible(left.direction, right.direction) &&
         part_compatible(left.replication, right.replication) &&
         part_compatible(left.awaiting, right.awaiting) &&
         part_compatible(left.points, right.points);
}

std::optional<Site> active_site(const ItemState& state) {
  if (state.primary == Role::active) return Site::primary;
  if (state.recovery == Role::active) return Site::recovery;
  return std::nullopt;
}

std::string_view name_of(Site site) {
  return lookup_name(kSites, site);
}
std::string_view name_of(Role role) {
  return lookup_name(kRoles, role);
}
std::string_view name_of(Direction direction) {
  return lookup_name(kDirections, direction);
}
std::string_view name_of(Replication replication) {
  return lookup_name(kReplications, replication);
}
std::string_view name_of(Awaiting awaiting) {
  return lookup_name(kAwaitings, awaiting);
}
std::string_view name_of(Points points) {
  return lookup_name(kPoints, points);
}

std::optional<Site> site_named(std::string_view name) {
  return lookup_value(kSites, name);
}
std::optional<Role> role_named(std::string_view name) {
  return lookup_value(kRoles, name);
}
std::optional<Direction> direction_named(std::string_view name) {
  return lookup_value(kDirections, name);
}
std::optional<Replication> replication_named(std::string_view name) {
  return lookup_value(kReplications, name);
}
std::optional<Awaiting> awaiting_named(std::string_view name) {
  return lookup_value(kAwaitings, name);
}
std::optional<Points> points_named(std::string_view name) {
  return lookup_value(kPoints, name);
}

std::string describe(const ItemState& state) {
  return fmt::format(
      "primary {}, recovery {}, direction {}, replication {}, awaiting {}, points {}",
      name_of(state.primary), name_of(state.recovery), name_of(state.direction),
      name_of(state.replication), name_of(state.awaiting), name_of(state.points));
}

}  // namespace switchback
