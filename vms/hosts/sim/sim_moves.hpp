// SPDX-License-Identifier: Apache-2.0
// A disk at primary that moves from the VM of one item to that of another. See
// Laboratory::move_disk().
#pragma once

#include <string>

#include "harness/system/item.hpp"
#include "vms/hosts/sim/sim_site.hpp"

namespace switchback::sim {

/// Detaches, which flushes, and attaches; an Error has changed nothing. The volume keeps its name,
/// its content and its tracking. Whether the disk has moved is seen from the VMs and not
/// remembered.
Nothing move_disk(SimSite& primary, const ItemSpec& from, const ItemSpec& to);

/// Takes that back, if it took place: the disk is its own VM's last one again. If that VM was
/// deleted meanwhile its disk follows it.
void take_disk_back(SimSite& primary, const ItemSpec& from);

/// The volume of the disk that has moved. An Error of kind not_found unless it is there, and one VM
/// alone has it that is not its own.
Result<const Volume*> moved_volume(SimSite& primary, const ItemSpec& from);

}  // namespace switchback::sim
