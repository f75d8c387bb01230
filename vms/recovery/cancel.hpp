// SPDX-License-Identifier: Apache-2.0
// The cancel of an operation in progress, and of a failback that waits to be completed.
//
// Source: the tutorial: "failover stops, but the VM won't replicate again"; the failback document:
// cancelled while it synchronizes, the on-premises VM "will be in a corrupted state", the copy at
// recovery goes on.
#pragma once

#include "vms/recovery/stages.hpp"

namespace switchback::recovery {

/// Of a failover, in whatever stage: no VM at recovery; VMs at primary that it had shut down run
/// again, untracked; the points stay. An Error if those can't be reached: then it is also the undo,
/// so that the record says what has been done, and what has not is tried again before anything
/// else. Of a failback: the VMs at recovery run on untouched.
Task<Nothing> abandon(JobContext& job);

}  // namespace switchback::recovery
