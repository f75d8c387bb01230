// SPDX-License-Identifier: Apache-2.0
// The sound service, operation by operation.
#include "vms/recovery/stages.hpp"

#include <fmt/format.h>

#include "vms/recovery/failback.hpp"
#include "vms/recovery/failover.hpp"
#include "vms/recovery/protection.hpp"

namespace switchback::recovery {

StageTable reference_stages() {
  StageTable table;
  table[Operation::enable] = {.stages = {{"prerequisites", check_vm_can_be_protected},
                                         {"initial_replication", replicate_all}},
                              .undo = remove_replica};
  table[Operation::delta_replication] = {
      .stages = {{"send_changes", send_changes}, {"retire_tracking", retire_primary_tracking}},
      .undo = abandon_round};
  table[Operation::planned_failover] = {.stages = {{"prerequisites", check_source_runs},
                                                   {"shut_down_source", shut_down_source},
                                                   {"prepare_for_failover", send_final_changes},
                                                   {"failover", create_target},
                                                   {"start_target", start_target},
                                                   {"retire_tracking", retire_primary_tracking}},
                                        .undo = return_to_source};
  table[Operation::commit] = {.stages = {{"delete_points", delete_points},
                                         {"flatten", flatten_target_base},
                                         {"remove_layers", remove_folded_layers}},
                              .undo = {}};
  table[Operation::planned_failback] = {.stages = {{"prerequisites", check_primary_is_off},
                                                   {"synchronize", synchronize_to_primary},
                                                   {"retire_tracking", retire_recovery_tracking}},
                                        .undo = abandon_synchronization};
  table[Operation::complete_failover] = {.stages = {{"shut_down_target", shut_down_target},
                                                    {"synchronize_final", send_final_to_primary},
                                                    {"start_primary", start_primary}},
                                         .undo = return_to_target};
  table[Operation::commit_failback] = {.stages = {{"remove_target_vm", remove_target_vm},
                                                  {"advance_base", advance_base},
                                                  {"remove_target_disks", remove_target_disks}},
                                       .undo = {}};
  table[Operation::reverse_replicate] = {
      .stages = {{"send_changes", send_changes}, {"retire_tracking", retire_primary_tracking}},
      .undo = abandon_round};
  table[Operation::disable] = {
      .stages = {{"stop_tracking", stop_tracking}, {"remove_replica", remove_replica_volumes}},
      .undo = {}};
  return table;
}

}  // namespace switchback::recovery
