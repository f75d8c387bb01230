// SPDX-License-Identifier: Apache-2.0
// The marks of held guests, on the running domain: they outlive the controller, and end with the
// VM's power. A VM without an OS rests paused all the time, so there the mark alone is what keeps
// its guest from writing, which the harness's guest obeys.
#pragma once

#include <string>

#include "vms/hosts/libvirt/connection.hpp"

namespace switchback::libvirt {

/// Sets or takes away the mark of a running domain.
Nothing mark_suspended(const Domain& domain, bool suspended);
bool is_marked_suspended(const Domain& domain);
bool is_marked_frozen(const Domain& domain);

/// Whether the processors of a running domain stand still.
Result<bool> is_paused(const Domain& domain);
/// Lets them go on, if they stand still.
Nothing let_run(const Domain& domain, const std::string& vm);

}  // namespace switchback::libvirt
