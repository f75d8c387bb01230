// SPDX-License-Identifier: Apache-2.0
// What libvirt asks of QEMU's guest agent in a running guest: to freeze, to thaw, to shut down.
#pragma once

#include <string>

#include "vms/hosts/libvirt/connection.hpp"
#include "vms/hosts/libvirt/deadline.hpp"

namespace switchback::libvirt {

/// How a request to freeze ended that did not succeed.
enum class Freeze { not_asked, unknown };

/// Each waits until the agent is there, for it comes up with its guest, up to `patience`. A domain
/// that does not run is an Error.
/// `left`, if freezing fails: whether the request can have reached the guest.
Nothing freeze_by_agent(const Domain& domain, const std::string& vm, Duration patience,
                        Freeze& left);
Nothing thaw_by_agent(const Domain& domain, const std::string& vm, Duration patience);
/// Returns when the VM is off. After an Error it may shut down all the same.
Nothing shut_down_by_agent(const Domain& domain, const std::string& vm, Duration patience);

}  // namespace switchback::libvirt
