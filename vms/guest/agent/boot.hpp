// SPDX-License-Identifier: Apache-2.0
// What the agent does as the first program of the guest, before it serves anybody.
#pragma once

#include <string>

#include "harness/base/result.hpp"

namespace switchback::guest {

/// Mounts what the kernel shows of itself, and loads the modules of /modules in the order of their
/// names.
Nothing bring_up();

/// The value of `name` on the kernel's command line; empty if it is not there.
std::string argument_of_kernel(const std::string& name);

/// Waits for the virtio-serial port of that name; the device that it is.
Result<std::string> port_named(const std::string& name);

/// Starts Debian's QEMU guest agent on its port; the id of its process.
Result<int> start_qemu_agent();

}  // namespace switchback::guest
