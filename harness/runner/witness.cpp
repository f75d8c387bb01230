// SPDX-License-Identifier: Apache-2.0
// See witness.hpp.
#include "harness/runner/witness.hpp"

#include <algorithm>
#include <iterator>

namespace switchback {

namespace {

/// Most items have nothing of others: their census is shared as it is.
void set_census(Snapshot& snapshot, Shared<std::vector<CensusEntry>> census) {
  const std::vector<CensusEntry>& all = census;
  std::copy_if(all.begin(), all.end(), std::back_inserter(snapshot.others), is_of_others);
  if (snapshot.others.empty()) {
    snapshot.census = std::move(census);
    return;
  }
  std::vector<CensusEntry> own = all;
  std::erase_if(own, is_of_others);
  snapshot.census = std::move(own);
}

}  // namespace

Result<Snapshot> take_snapshot(World& world, const ItemName& item, Instant now) {
  Snapshot snapshot;
  SB_ASSIGN(status, world.system->status(item));
  SB_ASSIGN(census, world.laboratory->census(item));
  SB_ASSIGN(live, world.laboratory->live_copies(item));
  SB_ASSIGN(vms, world.laboratory->vms(item));
  snapshot.status = std::move(status);
  set_census(snapshot, std::move(census));
  snapshot.live = live;
  snapshot.vms = std::move(vms);
  snapshot.wire = world.laboratory->wire();
  snapshot.now = now;
  return snapshot;
}

std::vector<Hardware> hardware_at(const std::vector<SeenVm>& vms, Site site, std::size_t item_vms) {
  std::vector<Hardware> hardware;
  for (std::size_t n = 0; n < item_vms; ++n) {
    const auto vm = std::find_if(vms.begin(), vms.end(), [&](const SeenVm& seen) {
      return seen.site == site && !seen.test && seen.vm == n;
    });
    if (vm == vms.end()) return {};
    hardware.push_back(vm->hardware);
  }
  return hardware;
}

const SeenVm* find_vm(const std::vector<SeenVm>& vms, Site site, bool test, std::size_t vm) {
  const auto found = std::find_if(vms.begin(), vms.end(), [&](const SeenVm& seen) {
    return seen.site == site && seen.test == test && seen.vm == vm;
  });
  return found == vms.end() ? nullptr : &*found;
}

std::size_t running_at(const std::vector<SeenVm>& vms, Site site, bool test) {
  return static_cast<std::size_t>(std::count_if(vms.begin(), vms.end(), [&](const SeenVm& vm) {
    return vm.site == site && vm.test == test && vm.running;
  }));
}

std::vector<std::string> incarnations_at_recovery(const std::vector<SeenVm>& vms, bool test,
                                                  std::size_t item_vms) {
  std::vector<std::string> incarnations;
  for (std::size_t n = 0; n < item_vms; ++n) {
    const auto vm = std::find_if(vms.begin(), vms.end(), [&](const SeenVm& seen) {
      return seen.site == Site::recovery && seen.test == test && seen.vm == n && seen.running;
    });
    if (vm == vms.end()) return {};
    incarnations.push_back(vm->incarnation);
  }
  return incarnations;
}

}  // namespace switchback
