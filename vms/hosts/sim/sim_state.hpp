// SPDX-License-Identifier: Apache-2.0
// One number for all that is there on both sites: two runs that end alike have the same.
#pragma once

#include <cstdint>

#include "vms/hosts/sim/sim_site.hpp"

namespace switchback::sim {

/// Of volumes with what they show and what is tracked of them, VMs, and names of keys. Costs what
/// is allocated.
std::uint64_t state_of(const SimSite& primary, const SimSite& recovery);

}  // namespace switchback::sim
