// SPDX-License-Identifier: Apache-2.0
// Stages of the fence: the old primary VMs that an unplanned failover left behind are stopped once
// their site can be reached. Asked for by the clock, again and again until it is done.
//
// Source: own reading; documentation asks people to ("Don't turn on on-premises VM during
// failback"), Hyper-V Replica checks for a running primary.
#pragma once

#include "vms/recovery/stages.hpp"

namespace switchback::recovery {

/// Keeps what the VMs at primary are made of, if all of them are there: a failback that has to make
/// them again makes them so.
Task<Nothing> remember_original(JobContext& job);
/// Takes the power of those VMs at primary that there are; keeps what they are made of.
Task<Nothing> stop_source(JobContext& job);
/// Ends their tracking: nothing of them is ever sent.
Task<Nothing> end_source_tracking(JobContext& job);

}  // namespace switchback::recovery
