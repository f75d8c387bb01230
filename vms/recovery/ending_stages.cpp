// SPDX-License-Identifier: Apache-2.0
// The sound service's ends of protection, stage by stage. They only go forward: what failed is
// asked for again.
#include "vms/recovery/ending.hpp"
#include "vms/recovery/stages.hpp"

namespace switchback::recovery {

void add_ending_stages(StageTable& table) {
  const Stage release{"release_source", release_primary};
  const Stage end_tracking{"end_tracking", end_primary_tracking};
  const Stage detach{"detach_target", detach_target};
  const Stage remove{"remove_replica", remove_replica};
  table[Operation::disable] = {.stages = {release, end_tracking, detach, remove}, .undo = {}};
  table[Operation::purge] = {.stages = {detach, remove}, .undo = {}};
  table[Operation::complete_migration] = {.stages = {release, end_tracking, detach, remove},
                                          .undo = {}};
}

}  // namespace switchback::recovery
