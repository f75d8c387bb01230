// SPDX-License-Identifier: Apache-2.0
// See item.hpp.
#include "harness/system/item.hpp"

#include "harness/base/concat.hpp"
#include "harness/base/names.hpp"

namespace switchback {
namespace {

constexpr std::array<EnumName<Firmware>, kAllFirmwares.size()> kFirmwares = {{
    {Firmware::bios, "bios"},
    {Firmware::uefi, "uefi"},
}};

}  // namespace

std::string vm_name(const ItemSpec& item, std::size_t vm) {
  return item.vms.size() == 1 ? item.name : concat(item.name, "-", std::to_string(vm + 1));
}

std::vector<std::string> devices_of(const ItemSpec& item, std::size_t vm) {
  std::vector<std::string> devices;
  for (const DiskSpec& disk : item.disks)
    if (disk.vm == vm) devices.push_back(disk.device);
  return devices;
}

std::string_view name_of(Firmware firmware) {
  return lookup_name(kFirmwares, firmware);
}
std::optional<Firmware> firmware_named(std::string_view name) {
  return lookup_value(kFirmwares, name);
}

std::string test_vm_name(const std::string& vm) {
  return vm + "-test";
}

}  // namespace switchback
