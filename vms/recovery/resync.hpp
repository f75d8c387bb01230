// SPDX-License-Identifier: Apache-2.0
// Stages of resynchronization: both sides are compared and made equal again.
#pragma once

#include "vms/recovery/stages.hpp"

namespace switchback::recovery {

/// The VMs run at primary with the disks of the record.
Task<Nothing> check_resync_prerequisites(JobContext& job);
/// Compares the VMs with the newest layer and sends what differs into a new layer, listed in
/// `record.sent`; tracking starts anew.
Task<Nothing> resynchronize_round(JobContext& job);

}  // namespace switchback::recovery
