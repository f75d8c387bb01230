// SPDX-License-Identifier: Apache-2.0
// The sound service's failovers, stage by stage.
#include "harness/lifecycle/resting_states.hpp"
#include "vms/recovery/cancel.hpp"
#include "vms/recovery/change_point.hpp"
#include "vms/recovery/commit.hpp"
#include "vms/recovery/failover.hpp"
#include "vms/recovery/fence.hpp"
#include "vms/recovery/processing.hpp"
#include "vms/recovery/protection.hpp"
#include "vms/recovery/stages.hpp"
#include "vms/recovery/test_failover.hpp"

namespace switchback::recovery {
namespace {

OperationPlan unplanned_failover_plan() {
  // Replication has stopped before anything else is done, and stays so.
  constexpr ItemState stopped = resting::kReplicationStopped;
  return {.stages = {{"prerequisites", check_unplanned_failover},
                     {"stop_replication", stop_replication, stopped},
                     {"shut_down_source", try_to_shut_down_source, stopped},
                     {"process_log", process_if_latest, stopped},
                     {"expire_points", expire_points, stopped},
                     {"failover", create_target, stopped},
                     {"start_target", start_target, stopped}},
          .undo = return_to_source};
}

}  // namespace

void add_failover_stages(StageTable& table) {
  table[Operation::test_failover] = {.stages = {{"prerequisites", check_test_failover},
                                                {"process_log", process_if_latest},
                                                {"expire_points", expire_points},
                                                {"create_test_vm", create_test_vm},
                                                {"start_test_vm", start_test_vm}},
                                     .undo = abandon_test_failover};
  table[Operation::cleanup_test_failover] = {
      .stages = {{"stop_test_vm", stop_test_vm}, {"remove_test_vm", remove_test_vm}}, .undo = {}};
  table[Operation::planned_failover] = {.stages = {{"prerequisites", check_planned_failover},
                                                   {"shut_down_source", shut_down_source},
                                                   {"prepare_for_failover", prepare_for_failover},
                                                   {"expire_points", expire_points},
                                                   {"failover", create_target},
                                                   {"start_target", start_target},
                                                   {"retire_tracking", retire_primary_tracking}},
                                        .undo = return_to_source};
  table[Operation::unplanned_failover] = unplanned_failover_plan();
  table[Operation::change_recovery_point] = {.stages = {{"prerequisites", check_change_of_point},
                                                        {"create_target", create_new_copy},
                                                        {"stop_target", stop_old_copy},
                                                        {"start_target", start_new_copy},
                                                        {"remove_previous", remove_previous_copy}},
                                             .undo = return_to_previous_copy};
  table[Operation::cancel] = {.stages = {{"abandon", abandon}}, .undo = abandon};
  table[Operation::commit] = {.stages = {{"delete_points", delete_points},
                                         {"flatten", flatten},
                                         {"remove_layers", remove_layers}},
                              .undo = {}};
  table[Operation::fence_source] = {
      .stages = {{"stop_source", stop_source}, {"end_tracking", end_source_tracking}}, .undo = {}};
}

}  // namespace switchback::recovery
