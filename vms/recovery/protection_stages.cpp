// SPDX-License-Identifier: Apache-2.0
// The operations that begin and keep up protection, stage by stage.
#include "vms/recovery/processing.hpp"
#include "vms/recovery/protection.hpp"
#include "vms/recovery/resync.hpp"
#include "vms/recovery/stages.hpp"
#include "vms/recovery/transfer.hpp"

namespace switchback::recovery {

void add_protection_stages(StageTable& table) {
  table[Operation::enable] = {.stages = {{"prerequisites", check_prerequisites},
                                         {"store_key", store_key},
                                         {"initial_replication", replicate_all}},
                              .undo = undo_enable};
  table[Operation::delta_replication] = {.stages = {{"check_disks", check_disks},
                                                    {"send_changes", send_changes},
                                                    {"retire_tracking", retire_primary_tracking}},
                                         .undo = abandon_round};
  table[Operation::process_log] = {.stages = {{"make_points", process_sent},
                                              {"expire_points", expire_points},
                                              {"remove_expired", remove_expired}},
                                   .undo = {}};
  table[Operation::pause] = {.stages = {{"pause", change_nothing}}, .undo = {}};
  table[Operation::resume] = {.stages = {{"resume", change_nothing}}, .undo = {}};
  table[Operation::resynchronize] = {.stages = {{"prerequisites", check_resync_prerequisites},
                                                {"expire_points", expire_points},
                                                {"remove_expired", remove_expired},
                                                {"compare_and_send", resynchronize_round},
                                                {"make_point", make_points},
                                                {"retire_tracking", retire_primary_tracking}},
                                     .undo = abandon_round};
  table[Operation::update_properties] = {
      .stages = {{"check_settings", check_settings}, {"store_settings", store_settings}},
      .undo = {}};
}

}  // namespace switchback::recovery
