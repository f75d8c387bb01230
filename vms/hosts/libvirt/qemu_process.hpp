// SPDX-License-Identifier: Apache-2.0
// The QEMU process of a domain, found among all processes by what it was started with.
#pragma once

#include <optional>
#include <string>

#include <sys/types.h>

#include "vms/hosts/libvirt/connection.hpp"

namespace switchback::libvirt {

struct QemuProcess {
  pid_t pid = 0;
  std::string started;  ///< in the kernel's clock ticks since boot; with the pid unique to it
};

/// By the domain's UUID: names are the same on both sites. None if it does not run on this machine,
/// or can't be seen.
std::optional<QemuProcess> qemu_of(const Domain& domain);

/// Names the start of a running domain: no other one has the same. Where its process can't be seen,
/// no other one of the same daemon has.
std::string start_of_domain(const Domain& domain);

}  // namespace switchback::libvirt
