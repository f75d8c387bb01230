// SPDX-License-Identifier: Apache-2.0
// Which VMs and disks of a simulated site are an item's. By name, as the laboratory that made them
// named them; copies by the rule of docs and interfaces: <name of the VM>-<suffix>, and -test for
// those of a test failover.
#pragma once

#include <optional>
#include <string>

#include "harness/system/item.hpp"
#include "vms/hosts/sim/sim_site.hpp"

namespace switchback::sim {

/// Whose a VM is.
struct Owner {
  std::size_t vm = 0;  ///< which of the item's VMs it is, or is a copy of
  bool test = false;
};
std::optional<Owner> owner_of(const ItemSpec& item, const std::string& vm);

/// True for everything that is made for the item: VMs, volumes, keys.
bool belongs_to(const std::string& name, const ItemName& item);

/// Calls `visit(name, object)` for those of the site's objects that are made for the item, by name.
template <class ByName, class Visit>
void visit_objects_of(const ItemName& item, const ByName& objects, const Visit& visit) {
  const auto own = objects.lower_bound(item);
  if (own != objects.end() && own->first == item) visit(own->first, own->second);
  const std::string prefix = item + "-";
  for (auto at = objects.lower_bound(prefix); at != objects.end() && at->first.starts_with(prefix);
       ++at)
    visit(at->first, at->second);
}

/// The volume that the laboratory makes for a disk of the item.
std::string initial_volume(const ItemSpec& item, std::size_t disk);

/// The site's copy of a VM of the item; of several the one that runs. An Error if there is none.
Result<const Vm*> find_copy(const SimSite& site, const ItemSpec& item, Owner which);

/// The position at which the VM has a disk of the item. It is the disk on its initial volume,
/// wherever that is plugged in: a guest knows its file systems by what is on them. A copy, which
/// has other volumes, has it under its device name.
Result<std::size_t> position_of(const Vm& vm, const ItemSpec& item, std::size_t disk);

}  // namespace switchback::sim
