// SPDX-License-Identifier: Apache-2.0
// See sim_item.hpp.
#include "vms/hosts/sim/sim_item.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace switchback::sim {
namespace {

/// `base` itself, or `base` with a hyphen and something after it.
bool is_named_after(std::string_view name, std::string_view base) {
  return name.starts_with(base) && (name.size() == base.size() || name[base.size()] == '-');
}

bool is_test(std::string_view name) {
  return name.ends_with("-test");
}

}  // namespace

std::optional<Owner> owner_of(const ItemSpec& item, const std::string& vm) {
  for (std::size_t n = 0; n < item.vms.size(); ++n)
    if (is_named_after(vm, vm_name(item, n))) return Owner{.vm = n, .test = is_test(vm)};
  return std::nullopt;
}

bool belongs_to(const std::string& name, const ItemName& item) {
  return is_named_after(name, item);
}

std::string initial_volume(const ItemSpec& item, std::size_t disk) {
  const DiskSpec& spec = item.disks.at(disk);
  return fmt::format("{}-{}", vm_name(item, spec.vm), spec.device);
}

Result<Vm*> find_copy(SimSite& site, const ItemSpec& item, Owner which) {
  const std::string original = vm_name(item, which.vm);
  Vm* found = nullptr;
  for (auto at = site.vms.lower_bound(original);
       at != site.vms.end() && at->first.starts_with(original); ++at) {
    const auto& [name, vm] = *at;
    if (!is_named_after(name, original) || is_test(name) != which.test) continue;
    if (found == nullptr || (vm.running && !found->running)) found = &at->second;
  }
  if (found == nullptr)
    return not_found(fmt::format("no {}VM {} on the {} site", which.test ? "test " : "", original,
                                 name_of(site.site())),
                     "define it first");
  return found;
}

Result<std::size_t> position_of(const Vm& vm, const ItemSpec& item, std::size_t disk) {
  if (disk >= item.disks.size())
    return bad_input(fmt::format("item {} has no disk number {}", item.name, disk),
                     fmt::format("it has {}", item.disks.size()));
  const std::vector<recovery::VmDisk>& disks = vm.definition.disks;
  const std::string volume = initial_volume(item, disk);
  auto found = std::find_if(disks.begin(), disks.end(),
                            [&](const recovery::VmDisk& at) { return at.volume == volume; });
  const std::string& device = item.disks[disk].device;
  if (found == disks.end())
    found = std::find_if(disks.begin(), disks.end(),
                         [&](const recovery::VmDisk& at) { return at.device == device; });
  if (found == disks.end())
    return not_found(fmt::format("VM {} has no disk {}", vm.definition.name, device),
                     "give it its disk back");
  return static_cast<std::size_t>(found - disks.begin());
}

}  // namespace switchback::sim
