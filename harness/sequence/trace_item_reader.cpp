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

bool is_mac(std::string_view text) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  constexpr std::size_t kLength = 17;
  if (text.size() != kLength) return false;
  for (std::size_t n = 0; n < kLength; ++n)
    if (n % 3 == 2 ? text[n] != ':' : kHexDigits.find(text[n]) == std::string_view::npos)
      return false;
  return true;
}

Result<Nic> read_nic(const Json& element, const Place& place) {
  SB_ASSIGN(json, JsonObject::from(element, place));
  SB_TRY(json.only({"mac", "network", "address"}));
  SB_ASSIGN(mac, json.text("mac"));
  if (!is_mac(mac))
    return place.member("mac").wrong(fmt::format("{} is no MAC address", in_quotes(mac)),
                                     "write it like 52:54:00:00:00:01, in small letters");
  SB_ASSIGN(network, spelled(json, "network", "name of a network", kNetworkName));
  Nic nic{.mac = mac, .network = network, .address = {}};
  if (json.has("address")) {
    SB_ASSIGN(address, spelled(json, "address", "IP address", kNicAddress));
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
  SB_ASSIGN(encrypted, json.yes_or_no_or("encrypted", false));
  policy.encrypted = encrypted;
  return policy;
}

/// Every disk has a VM, every VM a disk, and boots from one of its own.
Nothing check_owners(const JsonObject& top, const ItemPlan& plan) {
  std::vector<std::size_t> disks(plan.vms.size());
  for (std::size_t n = 0; n < plan.disks.size(); ++n) {
    const std::size_t vm = plan.disks[n].vm;
    if (vm >= disks.size())
      return top.place().member("disks").element(n).member("vm").wrong(
          fmt::format("{} is no VM of this item, which has {}", vm, disks.size()),
          "number VMs from 0, and list each under \"vms\"");
    ++disks[vm];
  }
  for (std::size_t vm = 0; vm < disks.size(); ++vm) {
    const Place place = top.place().member("vms").element(vm);
    if (disks[vm] == 0) return place.wrong("has no disk", "give it one, or leave it out");
    if (plan.vms[vm].boot_disk >= disks[vm])
      return place.member("boot_disk")
          .wrong(fmt::format("{} is no disk of this VM, which has {}", plan.vms[vm].boot_disk,
                             disks[vm]),
                 "number its disks from 0");
  }
  return {};
}

}  // namespace

Result<ItemPlan> read_plan(const JsonObject& json) {
  ItemPlan plan;
  SB_ASSIGN(disks, read_disks(json));
  plan.disks = disks;
  if (json.has("vms")) {
    SB_ASSIGN(list, json.list("vms", {1, kTraceVmsMax}));
    plan.vms.clear();
    for (std::size_t n = 0; n < list->size(); ++n) {
      SB_ASSIGN(vm, read_vm((*list)[n], json.place().member("vms").element(n)));
      plan.vms.push_back(vm);
    }
  }
  SB_TRY(check_owners(json, plan));
  if (json.has("policy")) {
    SB_ASSIGN(object, json.object("policy"));
    SB_ASSIGN(policy, read_policy(object));
    plan.policy = policy;
  }
  return plan;
}

Result<std::vector<ItemPlan>> read_others(const JsonObject& top) {
  std::vector<ItemPlan> plans;
  if (!top.has("others")) return plans;
  SB_ASSIGN(list, top.list("others", {0, kTraceItemsMax - 1}));
  for (std::size_t n = 0; n < list->size(); ++n) {
    SB_ASSIGN(json, JsonObject::from((*list)[n], top.place().member("others").element(n)));
    SB_TRY(json.only({"disks", "vms", "policy"}));
    SB_ASSIGN(plan, read_plan(json));
    plans.push_back(std::move(plan));
  }
  return plans;
}

}  // namespace switchback
