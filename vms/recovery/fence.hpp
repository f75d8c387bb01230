// SPDX-License-Identifier: Apache-2.0
// Stages of the fence: the old primary VMs that an unplanned failover left behind are stopped once
// their site can be reached. Asked for by the clock, again and again until it is done.
//
// Source: own reading; documentation asks people to ("Don't turn on on-premises VM during
// failback"), Hyper-V Replica checks for a running primary.
#pragma once

#include "vms/recovery/stages.hpp"

namespace switchback::recovery {

/// Takes the power of those VMs at primary that there are.
Task<Nothing> stop_source(JobContext& job);
/// Ends their tracking: nothing of them is ever sent.
Task<Nothing> end_source_tracking(JobContext& job);

}  // namespace switchback::recovery
