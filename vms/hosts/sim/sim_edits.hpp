// SPDX-License-Identifier: Apache-2.0
// What somebody may do to a simulated VM at primary beside the DR system.
#pragma once

#include "harness/system/laboratory.hpp"
#include "vms/hosts/sim/sim_site.hpp"

namespace switchback::sim {

/// How much a disk or the memory grows by.
inline constexpr Bytes kGrowth = Bytes{1} << 20;

/// Edits the first VM of the item, running or not; only deleting needs it to be off. Adding,
/// growing and swapping take place once until they are undone: a second time is an Error, so that
/// two swaps do not pass for none. Whether they did take place is seen from the VM and its volumes
/// and not remembered, since the DR system may have made both anew.
///
///   add_disk    a disk on volume "<vm>-extra", empty, 1 MiB
///   grow_disk   the item's first disk gets 1 MiB more, in which nobody writes
///   swap_disks  the volumes of the first two disks trade device names; writes to a disk of the
///               item follow its volume (see position_of())
///   change_nic  the fourth part of the first NIC's MAC address counts up by one
///   add_memory  1 MiB more
///   undo        the first three, and a disk that was moved (see sim_moves.hpp); also where the
///               VM was deleted: then there is nothing else to do
///
/// An Error for what is made otherwise: move_disk by sim::move_disk(), the snapshots by the harness
/// itself, foreign_checkpoint as below.
Nothing edit_vm(SimSite& primary, const ItemSpec& item, Edit edit);

/// Tracks the disks of the item's VMs that run at the site, as another backup tool does.
Nothing make_foreign_checkpoint(SimSite& site, const ItemSpec& item, const std::string& name);

}  // namespace switchback::sim
