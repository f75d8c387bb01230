// SPDX-License-Identifier: Apache-2.0
// The guest of a VM without an OS: its writes are stamps, put in through its disks.
#pragma once

#include <vector>

#include "harness/journal/stamp.hpp"
#include "harness/system/laboratory.hpp"
#include "vms/hosts/libvirt/nbd_disk.hpp"

namespace switchback::libvirt {

/// Writes the stamps, `disks[write.disk]` each, many in flight but one per block, and flushes:
/// after success all of them are acknowledged and survive a crash of QEMU. An Error leaves each of
/// them acknowledged or not: unknown. `owner.disk` is set for each write.
Nothing write_stamps(const std::vector<NbdDisk*>& disks, StampOwner owner,
                     const std::vector<GuestWrite>& writes);

}  // namespace switchback::libvirt
