// SPDX-License-Identifier: Apache-2.0
// The list of all promises.
#include "properties/properties.hpp"

namespace switchback {

std::vector<std::unique_ptr<const Property>> make_all_properties() {
  std::vector<std::unique_ptr<const Property>> all;
  all.push_back(planned_switch_loses_nothing());
  all.push_back(images_are_legal_cuts());
  all.push_back(rounds_miss_nothing());
  all.push_back(only_the_delta_is_sent());
  all.push_back(never_two_live_copies());
  all.push_back(refused_changes_nothing());
  all.push_back(lifecycle_is_followed());
  all.push_back(nothing_is_left_behind());
  all.push_back(points_never_change());
  all.push_back(failover_starts_from_the_chosen_point());
  all.push_back(points_follow_the_policy());
  all.push_back(app_consistent_means_frozen());
  all.push_back(no_guest_stays_held());
  all.push_back(commit_deletes_the_points());
  all.push_back(the_vm_runs_on());
  all.push_back(test_failover_touches_nothing_else());
  all.push_back(unplanned_failover_needs_no_primary());
  all.push_back(stopped_replication_sends_nothing());
  all.push_back(old_primary_is_fenced());
  all.push_back(failed_checks_change_nothing());
  all.push_back(keys_are_needed_and_kept_secret());
  all.push_back(cancelled_stays_cancelled());
  all.push_back(the_definition_travels());
  all.push_back(disk_edits_are_noticed());
  all.push_back(moved_disks_are_left_alone());
  all.push_back(replication_keeps_up());
  all.push_back(groups_move_together());
  all.push_back(retries_follow_the_schedule());
  all.push_back(the_item_recovers());
  return all;
}

const std::vector<std::unique_ptr<const Property>>& all_properties() {
  static const std::vector<std::unique_ptr<const Property>> all = make_all_properties();
  return all;
}

}  // namespace switchback
