// SPDX-License-Identifier: Apache-2.0
// The mark of a suspended guest. A VM without an OS rests paused all the time, so what keeps its
// guest from writing is a mark on the running domain, which the harness's guest obeys. It outlives
// the controller, and ends with the VM's power.
#pragma once

#include "vms/hosts/libvirt/connection.hpp"

namespace switchback::libvirt {

/// Sets or takes away the mark of a running domain.
Nothing mark_suspended(const Domain& domain, bool suspended);
bool is_marked_suspended(const Domain& domain);

}  // namespace switchback::libvirt
