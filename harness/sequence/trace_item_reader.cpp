// SPDX-License-Identifier: Apache-2.0
// Reads what a trace is about: disks, VMs, policy. Strict, as trace_reader.cpp.
#include <set>

#include "harness/sequence/trace_limits.hpp"
#include "harness/sequence/trace_words.hpp"

namespace switchback {
namespace {

using Json = nlohmann::json;

Result<DiskSpec> read_disk(const Json& element, const Place& place) {
  SB_ASSIGN(json, JsonObject::from(element, place));
  SB_TRY(json.only({"device", "size_bytes", "vm"}));
  SB_ASSIGN(device, plain_word(json, "device", kDeviceLengthMax));
  SB_ASSIGN(size_bytes, json.number("size_bytes", {kDiskBytesMin, kDiskBytesMax}));
  SB_ASSIGN(vm, json.number_or("vm", {0, kTraceVmsMax - 1}, 0));
  return DiskSpec{device, size_bytes, vm};
}

Result<std::vector<DiskSpec>> read_disks(const JsonObject& top) {
  SB_ASSIGN(list, top.list("disks", {1, kTraceDisksMax}));
  std::vector<DiskSpec> disks;
  std::set<std::pair<std::size_t, std::string>> devices;
  for (std::size_t n = 0; n < list->size(); ++n) {
    const Place place = top.place().member("disks").element(n);
    SB_ASSIGN(disk, read_disk((*list)[n], place));
    if (!devices.emplace(disk.vm, disk.device).second)
      return place.member("device").wrong(fmt::format("'{}' is there twice", disk.device),
                                          "give every disk of a VM a device of its own");
    disks.push_back(disk);
  }
  return disks;
}

Result<Nic> read_nic(const Json& element, const Place& place) {
  SB_ASSIGN(json, JsonObject::from(element, place));
  SB_TRY(json.only({"mac", "network", "address"}));
  SB_ASSIGN(mac, json.text("mac"));
  SB_ASSIGN(network, json.text("network"));
  Nic nic{.mac = mac, .network = network, .address = {}};
  if (json.has("address")) {
    SB_ASSIGN(address, json.text("address"));
    nic.address = address;
  }
  return nic;
}

Result<Hardware> read_vm(const Json& element, const Place& place) {
  SB_ASSIGN(json, JsonObject::from(element, place));
  SB_TRY(json.only({"cpus", "memory_bytes", "firmware", "boot_disk", "nics"}));
  Hardware vm;
  SB_ASSIGN(cpus, json.number_or("cpus", {1, kCpusMax}, vm.cpus));
  vm.cpus = static_cast<unsigned>(cpus);
  SB_ASSIGN(memory, json.number_or("memory_bytes", {1, kMemoryBytesMax}, vm.memory_bytes));
  vm.memory_bytes = memory;
  if (json.has("firmware")) {
    SB_ASSIGN(firmware, one_of(json, "firmware", "firmware", kAllFirmwares));
    vm.firmware = firmware;
  }
  SB_ASSIGN(boot, json.number_or("boot_disk", {0, kTraceDisksMax - 1}, vm.boot_disk));
  vm.boot_disk = boot;
  if (json.has("nics")) {
    SB_ASSIGN(list, json.list("nics", {0, kNicsMax}));
    for (std::size_t n = 0; n < list->size(); ++n) {
      SB_ASSIGN(nic, read_nic((*list)[n], place.member("nics").element(n)));
      vm.nics.push_back(nic);
    }
  }
  return vm;
}

Result<Policy> read_policy(const JsonObject& json) {
  SB_TRY(json.only({"copy_frequency_seconds", "retention_hours", "most_points",
                    "app_consistent_hours", "encrypted"}));
  Policy policy;
  SB_ASSIGN(seconds, json.number_or("copy_frequency_seconds", {1, kSecondsMax}, 300));
  policy.copy_frequency = std::chrono::seconds(seconds);
  SB_ASSIGN(retention, json.number_or("retention_hours", {0, kHoursMax}, 2));
  policy.retention = std::chrono::hours(retention);
  SB_ASSIGN(points, json.number_or("most_points", {1, kPointsMax}, policy.most_points));
  policy.most_points = static_cast<unsigned>(points);
  SB_ASSIGN(hours, json.number_or("app_consistent_hours", {0, kHoursMax}, 0));
  policy.app_consistent = std::chrono::hours(hours);
  if (json.has("encrypted")) {
    SB_ASSIGN(encrypted, json.yes_or_no("encrypted"));
    policy.encrypted = encrypted;
  }
  return policy;
}

}  // namespace

Nothing read_item(const JsonObject& top, Sequence& sequence) {
  SB_ASSIGN(disks, read_disks(top));
  sequence.disks = disks;
  if (top.has("vms")) {
    SB_ASSIGN(list, top.list("vms", {1, kTraceVmsMax}));
    sequence.vms.clear();
    for (std::size_t n = 0; n < list->size(); ++n) {
      SB_ASSIGN(vm, read_vm((*list)[n], top.place().member("vms").element(n)));
      sequence.vms.push_back(vm);
    }
  }
  for (std::size_t n = 0; n < sequence.disks.size(); ++n)
    if (sequence.disks[n].vm >= sequence.vms.size())
      return top.place().member("disks").element(n).member("vm").wrong(
          fmt::format("{} is no VM of this trace, which has {}", sequence.disks[n].vm,
                      sequence.vms.size()),
          "number VMs from 0, and list each under \"vms\"");
  if (top.has("policy")) {
    SB_ASSIGN(object, top.object("policy"));
    SB_ASSIGN(policy, read_policy(object));
    sequence.policy = policy;
  }
  return {};
}

}  // namespace switchback
