// SPDX-License-Identifier: Apache-2.0
// Whether KVM runs a VM here. That /dev/kvm can be opened says nothing: on some nested hosts VMs
// start and hang.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <sys/types.h>

#include "harness/base/result.hpp"

namespace switchback::libvirt {

struct KvmProbe {
  bool usable = false;
  std::string note;  ///< for reports: "KVM: present but unusable (...); using TCG"
};

/// Boots a 512-byte program under KVM that ends QEMU with a known exit code, which takes a fraction
/// of a second where KVM works. `folder` is for that program's file. With `user`, as that user:
/// whom VMs run as.
Result<KvmProbe> probe_kvm(const std::filesystem::path& folder, const std::string& run_id,
                           std::optional<uid_t> user,
                           const std::filesystem::path& device = "/dev/kvm");

}  // namespace switchback::libvirt
