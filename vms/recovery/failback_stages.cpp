// SPDX-License-Identifier: Apache-2.0
// The sound service's failback, stage by stage.
#include "harness/lifecycle/resting_states.hpp"
#include "vms/recovery/failback.hpp"
#include "vms/recovery/losses.hpp"
#include "vms/recovery/protection.hpp"
#include "vms/recovery/stages.hpp"
#include "vms/recovery/transfer.hpp"

namespace switchback::recovery {

void add_failback_stages(StageTable& table) {
  // From the first write to the primary's disks on they may be half written.
  constexpr ItemState broken = resting::kFailbackBroken;
  table[Operation::planned_failback] = {
      .stages = {{"prerequisites", check_primary_is_off},
                 {"create_primary_vm", create_missing_primary, broken},
                 {"synchronize", synchronize_to_primary, broken},
                 {"retire_tracking", retire_recovery_tracking, broken}},
      .undo = abandon_synchronization};
  table[Operation::complete_failover] = {
      .stages = {{"shut_down_target", check_and_shut_down_target},
                 {"synchronize_final", send_final_to_primary},
                 {"start_primary", start_primary}},
      .undo = return_to_target};
  table[Operation::full_failback] = {.stages = {{"prerequisites", check_primary_is_off},
                                                {"shut_down_target", shut_down_target},
                                                {"create_primary_vm", renew_primary, broken},
                                                {"download", download, broken},
                                                {"start_primary", start_primary, broken}},
                                     .undo = return_to_target};
  table[Operation::commit_failback] = {.stages = {{"remove_target_vm", remove_target_vm},
                                                  {"advance_base", advance_base},
                                                  {"remove_target_disks", remove_target_disks}},
                                       .undo = {}};
  table[Operation::reverse_replicate] = {.stages = {{"check_replica", forget_lost_layers},
                                                    {"send_changes", send_changes_since_failback},
                                                    {"retire_tracking", retire_primary_tracking}},
                                         .undo = abandon_round};
}

}  // namespace switchback::recovery
