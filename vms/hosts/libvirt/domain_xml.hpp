// SPDX-License-Identifier: Apache-2.0
// The XML that libvirt is given, and what is read back from it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/base/result.hpp"
#include "vms/hosts/libvirt/site_config.hpp"
#include "vms/recovery/host.hpp"

namespace switchback::libvirt {

inline constexpr const char* kMetadataUri = "https://switchback.example/run/1";

/// A VM without a guest OS: it is started paused and stays so. Its disks can be written to from
/// outside through QEMU's block layer (share-rw), which is how the harness's guest writes.
std::string domain_xml(const SiteConfig& site, const recovery::VmDefinition& vm, bool use_kvm);

/// The disks of a domain, in order: device and file.
struct DiskFile {
  std::string device;
  std::filesystem::path file;
};
Result<std::vector<DiskFile>> disk_files(const std::string& domain_xml);

std::string run_id_in_metadata(const std::string& element);

std::string checkpoint_xml(const std::string& name, const std::vector<std::string>& devices);

/// A pull-mode backup of all disks over one unix socket, each disk exported under its device name.
/// With `since`, the changes are exported as bitmap `dirty-<device>`.
std::string backup_xml(const SiteConfig& site, const std::string& vm,
                       const std::filesystem::path& socket, const std::optional<std::string>& since,
                       const std::vector<std::string>& devices);
/// The socket of the backup in progress.
Result<std::string> backup_socket(const std::string& backup_xml);

}  // namespace switchback::libvirt
