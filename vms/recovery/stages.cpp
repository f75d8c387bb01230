// SPDX-License-Identifier: Apache-2.0
// The sound service: all operations together.
#include "vms/recovery/stages.hpp"

namespace switchback::recovery {

StageTable reference_stages() {
  StageTable table;
  add_protection_stages(table);
  add_failover_stages(table);
  add_failback_stages(table);
  add_ending_stages(table);
  return table;
}

}  // namespace switchback::recovery
