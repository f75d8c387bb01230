// SPDX-License-Identifier: Apache-2.0
// Takes snapshots: the harness's eyes between two operations.
#pragma once

#include <string>
#include <vector>

#include "harness/base/result.hpp"
#include "harness/system/laboratory.hpp"
#include "properties/evidence.hpp"

namespace switchback {

/// What is claimed and what is seen, at the instant `now` of the system's clock.
Result<Snapshot> take_snapshot(World& world, const ItemName& item, Instant now);

/// What the VMs on `site` are made of, by VM; empty unless all are there. No test copies.
std::vector<Hardware> hardware_at(const std::vector<SeenVm>& vms, Site site, std::size_t item_vms);

/// VM number `vm` of the item on `site`; nullptr if it is not there.
const SeenVm* find_vm(const std::vector<SeenVm>& vms, Site site, bool test, std::size_t vm);

/// How many VMs run on `site`, of a test failover or not.
std::size_t running_at(const std::vector<SeenVm>& vms, Site site, bool test);

/// The incarnations of the VMs at recovery, by VM, if all of them run; else empty.
std::vector<std::string> incarnations_at_recovery(const std::vector<SeenVm>& vms, bool test,
                                                  std::size_t item_vms);

}  // namespace switchback
