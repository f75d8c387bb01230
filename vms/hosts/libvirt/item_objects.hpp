// SPDX-License-Identifier: Apache-2.0
// What of a replicated item lies about on one site besides its VM: files, sockets, processes. Found
// by the run's mark and the item's name, never by what anybody remembers having made.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

#include "harness/base/result.hpp"
#include "harness/system/dr_system.hpp"
#include "vms/hosts/libvirt/site_config.hpp"

namespace switchback::libvirt {

/// A volume, a scratch file or a socket; `name` is without the run's mark and ".qcow2".
struct ItemFile {
  std::string name;
  std::filesystem::path path;
};

/// A process that works on a volume of the item, QEMU VMs excepted; `name` is the volume's, with
/// the program: "vm0-vda-replica (qemu-nbd)".
struct ItemProcess {
  std::string name;
  pid_t pid = 0;
};

Result<std::vector<ItemFile>> volume_files(const SiteConfig& site, const ItemName& item);
Result<std::vector<ItemFile>> socket_files(const SiteConfig& site, const ItemName& item);
std::vector<ItemProcess> item_processes(const SiteConfig& site, const ItemName& item);

/// Kills them and waits until they are gone. Each is looked at once more before it is killed.
Nothing end_processes(const SiteConfig& site, const ItemName& item);

}  // namespace switchback::libvirt
