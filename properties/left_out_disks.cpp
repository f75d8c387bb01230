// SPDX-License-Identifier: Apache-2.0
// See left_out_disks.hpp.
#include "properties/left_out_disks.hpp"

#include <algorithm>
#include <string>

namespace switchback {

bool leaves_out_added_disks(const OperationEvidence& evidence) {
  return evidence.disks_only_added &&
         evidence.capabilities.declares(Declared::added_disks_left_out);
}

std::vector<DiskSpec> disks_to_answer_for(const SeenVm& vm, const OperationEvidence& evidence) {
  std::vector<DiskSpec> disks = vm.disks;
  if (vm.site != Site::primary || !leaves_out_added_disks(evidence)) return disks;
  const std::vector<std::string>& told = evidence.after.status.left_out;
  std::erase_if(disks, [&](const DiskSpec& disk) {
    return std::find(told.begin(), told.end(), vm.name + "/" + disk.device) != told.end();
  });
  return disks;
}

}  // namespace switchback
