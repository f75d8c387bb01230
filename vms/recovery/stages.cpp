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

std::vector<std::string> call_names() {
  return {"change_mark",    "close_view",        "create_volume", "digests",
          "ensure_vm",      "find_user",         "find_vm",       "flush",
          "fold_volumes",   "force_off_vm",      "forget_key",    "freeze_vm",
          "is_running",     "list_checkpoints",  "list_extents",  "open_replica",
          "open_view",      "opens_with",        "read",          std::string(kRecordCall),
          "remote_digests", "remove_checkpoint", "remove_vm",     "remove_volume",
          "resume_vm",      "set_key",           "shut_down_vm",  "start_vm",
          "suspend_vm",     "thaw_vm",           "volume_size",   "write"};
}

}  // namespace switchback::recovery
