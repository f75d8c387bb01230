// SPDX-License-Identifier: Apache-2.0
// The XML of a domain that libvirt is given, and what is read back from it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/base/result.hpp"
#include "vms/hosts/libvirt/networks.hpp"
#include "vms/hosts/libvirt/site_config.hpp"
#include "vms/recovery/host.hpp"

namespace switchback::libvirt {

inline constexpr const char* kMetadataUri = "https://switchback.example/run/1";

/// An encrypted image file of a disk and those that it rests on, newest first, all with one secret
/// of libvirt. Files that are not encrypted need no chain: libvirt finds it by itself.
struct EncryptedChain {
  std::string secret_uuid;
  std::vector<std::filesystem::path> files;
};

/// What a domain is made of beside its definition.
struct DomainOptions {
  bool use_kvm = false;
  std::string uuid = {};  ///< of the domain of that name that there is already
  /// By position of the disk; none for disks that are not encrypted. May be shorter than the disks.
  std::vector<std::optional<EncryptedChain>> chains = {};
};

/// Whether this machine has UEFI for VMs.
bool has_uefi();

/// What a Linux guest needs for itself, beside what the definition says: below 96 MiB it does not
/// come up (measured), and definitions begin at 32. In the XML, and not in what is read back.
inline constexpr Bytes kGuestMemory = Bytes{96} << 20;

/// A VM that boots the site's guest; or one without a guest OS: it is started paused and stays so.
/// The disks can be written to from outside through QEMU's block layer (share-rw), which is how the
/// harness's guest writes where there is no OS.
/// What XML has no words for (names of networks, addresses) is in its metadata. Unsupported: UEFI
/// where OVMF is not installed.
Result<std::string> domain_xml(const SiteConfig& site, const recovery::VmDefinition& vm,
                               const DomainOptions& options);

/// What domain_xml() was given, from XML that libvirt gives back.
Result<recovery::VmDefinition> definition_in(const SiteConfig& site, const std::string& domain_xml);

/// The disks of a domain, in order: device and file.
struct DiskFile {
  std::string device;
  std::filesystem::path file;
};
Result<std::vector<DiskFile>> disk_files(const std::string& domain_xml);

/// The number that libvirt's alias of a virtio disk has: 0 of "vda", 1 of "vdb", ...
std::size_t disk_number(const std::string& device);

/// The segments that the NICs are really plugged into, in order.
Result<std::vector<Segment>> segments_in(const std::string& domain_xml);

std::string run_id_in_metadata(const std::string& element);

}  // namespace switchback::libvirt
