// SPDX-License-Identifier: Apache-2.0
// Whether change tracking at primary knows all that has changed there. It knows what the VM itself
// writes, and nothing of who writes a disk while the VM is off: that is told by the change marks of
// the volumes, see Host::change_mark().
#pragma once

#include <cstddef>

#include "vms/recovery/stages.hpp"

namespace switchback::recovery {

/// Notes the marks of all disks at primary in the record. To be called just before both sides are
/// compared, or one is copied to the other whole: what is changed from then on is noticed.
Task<Nothing> note_change_marks(JobContext& job);

/// An Error of kind bad_input if a disk of VM number `vm` at primary was changed since by anybody
/// but the VM and the service. Makes calls of a host: only within a call of the gate.
Nothing check_change_marks(const JobContext& job, std::size_t vm);

/// The same of all VMs.
Task<Nothing> check_all_change_marks(JobContext& job);

}  // namespace switchback::recovery
