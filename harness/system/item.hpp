// SPDX-License-Identifier: Apache-2.0
// What is protected: one VM, or several that are cut and failed over together, and how.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/units.hpp"

namespace switchback {

/// The name of a replicated item: that of its VM, or of its consistency group.
using ItemName = std::string;

struct DiskSpec {
  std::string device;  ///< "vda", "vdb", ... unique within its VM
  Bytes size_bytes = 0;
  std::size_t vm = 0;  ///< which of the item's VMs has it
  friend bool operator==(const DiskSpec&, const DiskSpec&) = default;
};

struct Nic {
  std::string mac;      ///< "52:54:00:00:00:01", lower case
  std::string network;  ///< the name of the network that it is plugged into
  std::string address;  ///< the IP address that it is to have there; empty: whatever is given
  friend bool operator==(const Nic&, const Nic&) = default;
};

enum class Firmware : std::uint8_t { bios, uefi };
inline constexpr std::array kAllFirmwares = {Firmware::bios, Firmware::uefi};
std::string_view name_of(Firmware firmware);
std::optional<Firmware> firmware_named(std::string_view name);

/// What a VM is made of, beside its disks.
struct Hardware {
  unsigned cpus = 1;
  Bytes memory_bytes = Bytes{32} << 20;
  Firmware firmware = Firmware::bios;
  std::size_t boot_disk = 0;  ///< position among the VM's own disks
  std::vector<Nic> nics;      ///< in the order in which the guest sees them
  friend bool operator==(const Hardware&, const Hardware&) = default;
};

/// What the operator wants of replication. The limits are those of Azure Site Recovery for Hyper-V
/// (30, 300 or 900 s; up to 24 hours of points; app-consistent points every 1 to 12 hours).
struct Policy {
  Duration copy_frequency = std::chrono::minutes(5);
  std::chrono::hours retention{2};       ///< 0: only the newest point is kept
  unsigned most_points = 24;             ///< never more than these; at least 1
  std::chrono::hours app_consistent{0};  ///< time between two app-consistent points; 0: none
  bool encrypted = false;                ///< the replica is encrypted; failover needs the key
  friend bool operator==(const Policy&, const Policy&) = default;
};

struct ItemSpec {
  ItemName name;
  std::vector<DiskSpec> disks;  ///< of all VMs, those of one VM in the order the guest sees them
  std::vector<Hardware> vms = {Hardware{}};  ///< at least one
  Policy policy = {};
  friend bool operator==(const ItemSpec&, const ItemSpec&) = default;
};

/// The name of VM number `vm` of an item at the primary site: the item's own where it is the only
/// one, else "<item>-1", "<item>-2", ...
std::string vm_name(const ItemSpec& item, std::size_t vm);

/// The devices of the disks of VM number `vm`, in the item's order.
std::vector<std::string> devices_of(const ItemSpec& item, std::size_t vm);

/// The name of the VM that a test failover makes of a VM.
std::string test_vm_name(const std::string& vm);

}  // namespace switchback
