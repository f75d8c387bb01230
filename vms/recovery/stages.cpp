// SPDX-License-Identifier: Apache-2.0
// The sound service: all operations together.
#include "vms/recovery/stages.hpp"

#include "vms/recovery/running_job.hpp"

namespace switchback::recovery {

StageTable reference_stages() {
  StageTable table;
  add_protection_stages(table);
  add_failover_stages(table);
  add_failback_stages(table);
  add_ending_stages(table);
  return table;
}

std::vector<StageList> stage_lists(const StageTable& table) {
  std::vector<StageList> lists;
  for (const auto& [operation, plan] : table) {
    StageList list{operation, {}, plan.undo ? std::string(kUndoStage) : std::string()};
    for (const Stage& stage : plan.stages)
      list.stages.emplace_back(stage.name);
    lists.push_back(std::move(list));
  }
  return lists;
}

}  // namespace switchback::recovery
