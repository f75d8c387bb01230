// SPDX-License-Identifier: Apache-2.0
// What the VMs of an item are at each site, in a few words.
#pragma once

#include "harness/cli/explain/chronicle.hpp"
#include "properties/evidence.hpp"

namespace switchback {

/// Before the first step, of so many VMs.
Standing standing_at_first(std::size_t vms);
/// When the operation had ended: "active, runs", "superseded, runs", "standby, test copy runs".
Standing standing_of(const OperationEvidence& evidence);

}  // namespace switchback
