// SPDX-License-Identifier: Apache-2.0
// The promises, one factory each; every one is defined in the file of its name.
#pragma once

#include <memory>

#include "properties/property.hpp"

namespace switchback {

std::unique_ptr<const Property> planned_switch_loses_nothing();
std::unique_ptr<const Property> images_are_legal_cuts();
std::unique_ptr<const Property> rounds_miss_nothing();
std::unique_ptr<const Property> only_the_delta_is_sent();
std::unique_ptr<const Property> never_two_live_copies();
std::unique_ptr<const Property> refused_changes_nothing();
std::unique_ptr<const Property> lifecycle_is_followed();
std::unique_ptr<const Property> nothing_is_left_behind();
std::unique_ptr<const Property> points_never_change();
std::unique_ptr<const Property> failover_starts_from_the_chosen_point();
std::unique_ptr<const Property> points_follow_the_policy();
std::unique_ptr<const Property> app_consistent_means_frozen();
std::unique_ptr<const Property> no_guest_stays_held();
std::unique_ptr<const Property> commit_deletes_the_points();
std::unique_ptr<const Property> the_vm_runs_on();
std::unique_ptr<const Property> test_failover_touches_nothing_else();
std::unique_ptr<const Property> unplanned_failover_needs_no_primary();
std::unique_ptr<const Property> stopped_replication_sends_nothing();
std::unique_ptr<const Property> old_primary_is_fenced();
std::unique_ptr<const Property> failed_checks_change_nothing();
std::unique_ptr<const Property> keys_are_needed_and_kept_secret();
std::unique_ptr<const Property> cancelled_stays_cancelled();
std::unique_ptr<const Property> the_definition_travels();
std::unique_ptr<const Property> disk_edits_are_noticed();
std::unique_ptr<const Property> moved_disks_are_left_alone();
std::unique_ptr<const Property> replication_keeps_up();
std::unique_ptr<const Property> groups_move_together();
std::unique_ptr<const Property> retries_follow_the_schedule();
std::unique_ptr<const Property> the_item_recovers();

}  // namespace switchback
