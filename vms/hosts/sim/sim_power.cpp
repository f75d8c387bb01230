// SPDX-License-Identifier: Apache-2.0
// See sim_power.hpp.
#include "vms/hosts/sim/sim_power.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <xxhash.h>

namespace switchback::sim {
namespace {

/// What lives in the hypervisor's process: the VM is started again without it. True if there was
/// any.
bool restart(SimSite& site, Vm& vm) {
  bool lost = vm.held() || vm.view != nullptr;
  const bool ran = vm.running;
  vm.power_off();
  if (!ran) return lost;
  for (const recovery::VmDisk& disk : vm.definition.disks) {
    Volume* const volume = site.volumes.find(disk.volume);
    if (volume == nullptr || volume->checkpoints().empty()) continue;
    lost = true;
    site.volumes.stop_all_tracking(*volume);
  }
  vm.running = true;
  return lost;
}

}  // namespace

std::uint64_t SimPower::below(std::uint64_t bound) {
  ++drawn_;
  return XXH3_64bits_withSeed(&drawn_, sizeof drawn_, seed_) % bound;
}

Survival SimPower::draw_survival(std::size_t writes) {
  constexpr std::array<std::string_view, 4> kPatterns = {"none", "all", "a prefix", "scattered"};
  Survival survival{.pattern = kPatterns[below(kPatterns.size())],
                    .kept = std::vector<bool>(writes, false),
                    .torn = std::nullopt};
  if (survival.pattern == "all") survival.kept.assign(writes, true);
  if (survival.pattern == "a prefix") {
    const std::size_t length = below(writes);
    std::fill_n(survival.kept.begin(), length, true);
    // The power went while the next one was being written.
    if (below(2) == 0) survival.torn = length;
  }
  if (survival.pattern == "scattered")
    for (std::size_t n = 0; n < writes; ++n)
      survival.kept[n] = below(2) == 0;
  return survival;
}

bool SimPower::lose_unflushed(SimSite& site) {
  std::vector<std::string> names;
  for (const auto& [name, volume] : site.volumes)
    if (!volume.unflushed().empty()) names.push_back(name);
  for (const std::string& name : names) {
    Volume& volume = *site.volumes.find(name);
    const Survival survival = draw_survival(volume.unflushed().size());
    site.volumes.lose_unflushed(volume, survival.kept, survival.torn);
    losses_ += fmt::format("{}{}: kept {} of {} ({}){}", losses_.empty() ? "" : "; ", name,
                           std::count(survival.kept.begin(), survival.kept.end(), true),
                           survival.kept.size(), survival.pattern, survival.torn ? ", 1 torn" : "");
  }
  return !names.empty();
}

Result<bool> SimPower::lose(Site at) {
  SimSite& site = at == Site::primary ? primary_ : recovery_;
  bool lost = lose_unflushed(site);
  std::vector<std::string> names;
  for (const auto& entry : site.vms)
    names.push_back(entry.first);
  for (const std::string& name : names)
    lost = restart(site, *site.vms.change(name)) || lost;
  ++site.power_cuts;
  return lost;
}

std::string SimPower::take_losses() {
  return std::exchange(losses_, {});
}

}  // namespace switchback::sim
