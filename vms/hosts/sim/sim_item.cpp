// SPDX-License-Identifier: Apache-2.0
// See sim_item.hpp.
#include "vms/hosts/sim/sim_item.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include <fmt/format.h>

#include "harness/base/concat.hpp"

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
  if (!is_named_after(vm, item.name)) return std::nullopt;
  if (item.vms.size() == 1) return Owner{.vm = 0, .test = is_test(vm)};
  // "<item>-<number>", as vm_name() counts them, and perhaps "-..." after it.
  const char* const begin = vm.data() + std::min(item.name.size() + 1, vm.size());
  const char* const end = vm.data() + vm.size();
  std::size_t number = 0;
  const auto [after, failed] = std::from_chars(begin, end, number);
  const bool counted = failed == std::errc{} && *begin != '0' && number <= item.vms.size();
  if (!counted || (after != end && *after != '-')) return std::nullopt;
  return Owner{.vm = number - 1, .test = is_test(vm)};
}

bool belongs_to(const std::string& name, const ItemName& item) {
  return is_named_after(name, item);
}

std::string initial_volume(const ItemSpec& item, std::size_t disk) {
  const DiskSpec& spec = item.disks.at(disk);
  return concat(vm_name(item, spec.vm), "-", spec.device);
}

Result<const Vm*> find_copy(const SimSite& site, const ItemSpec& item, Owner which) {
  const std::string original = vm_name(item, which.vm);
  const Vm* found = nullptr;
  visit_objects_of(original, site.vms, [&](const std::string& name, const Vm& vm) {
    if (is_test(name) == which.test && (found == nullptr || (vm.running && !found->running)))
      found = &vm;
  });
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
