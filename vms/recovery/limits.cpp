// SPDX-License-Identifier: Apache-2.0
// See limits.hpp.
#include "vms/recovery/limits.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace switchback::recovery {
namespace {

bool letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool well_formed(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && letter_or_digit(name.front()) &&
         letter_or_digit(name.back()) && std::all_of(name.begin(), name.end(), [](char c) {
           return c == '-' || letter_or_digit(c);
         });
}

Nothing check_name(const std::string& name) {
  if (well_formed(name)) return {};
  return bad_input(fmt::format("'{}' can't be the name of a VM at recovery", name),
                   fmt::format("use 1 to {} letters, digits and hyphens, no hyphen first or last",
                               kLongestName));
}

Nothing check_vm_disks(const ItemSpec& item, std::size_t vm) {
  std::size_t count = 0;
  for (const DiskSpec& disk : item.disks) {
    if (disk.vm != vm) continue;
    const bool boots = count++ == item.vms[vm].boot_disk;
    const Bytes most = boots ? kLargestBootDisk : kLargestDataDisk;
    if (disk.size_bytes > most)
      return bad_input(
          fmt::format("disk {} of VM {} has {} bytes, a {} disk may have {}", disk.device,
                      vm_name(item, vm), disk.size_bytes, boots ? "boot" : "data", most),
          "make the disk smaller, or leave it out");
  }
  if (count >= 1 && count <= kMostDisks) return {};
  return bad_input(fmt::format("VM {} has {} disks", vm_name(item, vm), count),
                   fmt::format("protect VMs with 1 to {} disks", kMostDisks));
}

Nothing check_policy(const ItemSpec& item) {
  const Policy& policy = item.policy;
  const auto refuse = [&](std::string what, std::string remedy) {
    return bad_input(fmt::format("the policy of item {}: {}", item.name, what), std::move(remedy));
  };
  if (policy.copy_frequency != Duration{} &&
      std::find(kCopyFrequencies.begin(), kCopyFrequencies.end(), policy.copy_frequency) ==
          kCopyFrequencies.end())
    return refuse("a copy frequency that does not exist", "choose 30, 300 or 900 seconds");
  if (policy.retention.count() < 0 || policy.retention > kLongestRetention)
    return refuse(fmt::format("points kept for {} hours", policy.retention.count()),
                  fmt::format("choose 0 to {} hours", kLongestRetention.count()));
  if (policy.most_points < 1 || policy.most_points > kMostPoints)
    return refuse(fmt::format("at most {} points", policy.most_points),
                  fmt::format("choose 1 to {} points", kMostPoints));
  if (policy.app_consistent.count() < 0 || policy.app_consistent > kRarestAppConsistent)
    return refuse(
        fmt::format("an app-consistent point every {} hours", policy.app_consistent.count()),
        fmt::format("choose 0 (none) to {} hours", kRarestAppConsistent.count()));
  return {};
}

}  // namespace

Nothing check_limits(const ItemSpec& item) {
  if (item.vms.empty())
    return bad_input(fmt::format("item {} has no VMs", item.name), "name one at least");
  for (const DiskSpec& disk : item.disks)
    if (disk.vm >= item.vms.size())
      return bad_input(fmt::format("disk {} of item {} belongs to VM number {}, of {}", disk.device,
                                   item.name, disk.vm + 1, item.vms.size()),
                       "name its VM too");
  for (std::size_t vm = 0; vm < item.vms.size(); ++vm) {
    SB_TRY(check_name(vm_name(item, vm)));
    SB_TRY(check_vm_disks(item, vm));
  }
  return check_policy(item);
}

Nothing check_limits(const ItemSpec& item, const TargetSettings& settings) {
  if (settings.name_suffix)
    for (std::size_t vm = 0; vm < item.vms.size(); ++vm)
      SB_TRY(check_name(fmt::format("{}-{}", vm_name(item, vm), *settings.name_suffix)));
  if (settings.cpus && *settings.cpus == 0)
    return bad_input(fmt::format("a VM of item {} with no CPU", item.name), "give it one at least");
  if (settings.memory_bytes && *settings.memory_bytes == 0)
    return bad_input(fmt::format("a VM of item {} without memory", item.name), "give it some");
  if (settings.network && settings.network->empty())
    return bad_input(fmt::format("item {}: a network without a name", item.name), "name it");
  return {};
}

Nothing check_log_size(const DiskSpec& disk, Bytes changed) {
  if (changed <= kSmallLog || changed * 100 <= disk.size_bytes * kLargestLogPercent) return {};
  return environment_error(
      fmt::format("{} of {} bytes of disk {} changed since the last round, more than {} %", changed,
                  disk.size_bytes, disk.device, kLargestLogPercent),
      "resynchronize");
}

}  // namespace switchback::recovery
