// SPDX-License-Identifier: Apache-2.0
// The QEMU process of a domain, found among all processes by what it was started with.
#pragma once

#include <optional>
#include <string>

#include <sys/types.h>

namespace switchback::libvirt {

struct QemuProcess {
  pid_t pid = 0;
  std::string started;  ///< in the kernel's clock ticks since boot; with the pid unique to it
};

/// None if it does not run on this machine, or can't be seen.
std::optional<QemuProcess> qemu_of(const std::string& domain_name);

}  // namespace switchback::libvirt
