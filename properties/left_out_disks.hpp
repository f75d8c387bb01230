// SPDX-License-Identifier: Apache-2.0
// Disks that were added to a VM under protection and are left out of it by a declared policy.
#pragma once

#include <vector>

#include "properties/evidence.hpp"

namespace switchback {

/// True if the disks at primary differ from those that the item names by nothing but what the
/// system declares to leave out: then nothing may fail for them.
bool leaves_out_added_disks(const OperationEvidence& evidence);

/// The VM's disks, in the guest's order, but for those at primary that the system declares to leave
/// out and whose state says so after the operation.
std::vector<DiskSpec> disks_to_answer_for(const SeenVm& vm, const OperationEvidence& evidence);

}  // namespace switchback
