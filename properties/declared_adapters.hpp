// SPDX-License-Identifier: Apache-2.0
// Network adapters of VMs at recovery that are otherwise than the original's by a declared policy.
#pragma once

#include <vector>

#include "harness/system/capabilities.hpp"
#include "harness/system/laboratory.hpp"

namespace switchback {

/// True if the VM's adapters are not as `wanted`, and just so as the system declares that it makes
/// them: see Declared. What is neither as wanted nor as declared is false.
bool adapters_as_declared(const SeenVm& vm, const std::vector<Nic>& wanted,
                          const Capabilities& capabilities);

}  // namespace switchback
