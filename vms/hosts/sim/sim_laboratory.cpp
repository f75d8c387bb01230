// SPDX-License-Identifier: Apache-2.0
// See sim_laboratory.hpp.
#include "vms/hosts/sim/sim_laboratory.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace switchback::sim {
namespace {

/// Reads what the site holds now; the site must outlive it.
class SimImage final : public ImageReader {
 public:
  SimImage(const SimSite& site, const Volume& volume) : site_(site), volume_(volume) {}
  [[nodiscard]] Bytes size_bytes() const override { return volume_.geometry.size_bytes; }
  Nothing visit_blocks(const std::function<void(BlockNumber, Shown)>& visit) override {
    for (const auto& [block, seq] : site_.show_all(volume_))
      if (seq != kInitialState) visit(block, Shown{Shown::Kind::write, seq});
    return {};
  }

 private:
  const SimSite& site_;
  const Volume& volume_;
};

bool belongs_to(const std::string& name, const ItemName& item) {
  return name == item || name.starts_with(item + "-");
}

}  // namespace

Nothing SimLaboratory::create_item(const ItemSpec& item) {
  recovery::VmDefinition vm{.name = item.name, .disks = {}};
  for (const DiskSpec& disk : item.disks) {
    const std::string volume = fmt::format("{}-{}", item.name, disk.device);
    SB_TRY(primary_host_.create_volume(
        {.name = volume, .size_bytes = disk.size_bytes, .backing = std::nullopt}));
    vm.disks.push_back({disk.device, volume});
  }
  SB_TRY(primary_host_.ensure_vm(vm));
  return primary_host_.start_vm(item.name, std::nullopt);
}

Nothing SimLaboratory::remove_item(const ItemName& item) {
  for (SimSite* site : {&primary_, &recovery_}) {
    std::erase_if(site->vms, [&](const auto& vm) { return belongs_to(vm.first, item); });
    std::erase_if(site->volumes,
                  [&](const auto& volume) { return belongs_to(volume.first, item); });
  }
  return {};
}

Result<Vm*> SimLaboratory::running_vm(const ItemName& item, Site at) {
  SB_ASSIGN(vm, site(at).find_vm(item));
  if (!vm->running)
    return environment_error(fmt::format("VM {} does not run at {}", item, name_of(at)),
                             "a guest writes only while it runs");
  return vm;
}

Nothing SimLaboratory::write(const ItemName& item, Site at, const std::vector<GuestWrite>& writes) {
  SB_ASSIGN(vm, running_vm(item, at));
  for (const GuestWrite& write : writes) {
    if (write.disk >= vm->definition.disks.size())
      return environment_error(fmt::format("VM {} has no disk number {}", item, write.disk), "");
    SB_ASSIGN(volume, site(at).find_volume(vm->definition.disks[write.disk].volume));
    if (write.block >= volume->geometry.block_count())
      return environment_error(
          fmt::format("disk {} of VM {} has no block {}", write.disk, item, write.block), "");
    site(at).write(*vm, write.disk, write.block, write.seq);
  }
  return {};
}

Nothing SimLaboratory::flush(const ItemName& item, Site at) {
  SB_TRY(running_vm(item, at));
  return {};
}

Result<std::unique_ptr<ImageReader>> SimLaboratory::open_disk(const ItemName& item, Site at,
                                                              std::size_t disk) {
  SB_ASSIGN(vm, site(at).find_vm(item));
  if (disk >= vm->definition.disks.size())
    return environment_error(fmt::format("VM {} has no disk number {}", item, disk), "");
  SB_ASSIGN(volume, site(at).find_volume(vm->definition.disks[disk].volume));
  return std::make_unique<SimImage>(site(at), *volume);
}

Result<std::unique_ptr<ImageReader>> SimLaboratory::open_located(const ItemName&, std::size_t,
                                                                 const DiskLocator& locator) {
  for (SimSite* site : {&primary_, &recovery_}) {
    const std::string prefix = fmt::format("sim:{}/", name_of(site->site()));
    if (!locator.starts_with(prefix)) continue;
    SB_ASSIGN(volume, site->find_volume(locator.substr(prefix.size())));
    return std::make_unique<SimImage>(*site, *volume);
  }
  return environment_error(fmt::format("'{}' locates no simulated disk", locator), "");
}

Result<LiveCopies> SimLaboratory::live_copies(const ItemName& item) {
  const auto runs = [&](const SimSite& site) {
    const auto found = site.vms.find(item);
    return found != site.vms.end() && found->second.running;
  };
  return LiveCopies{.primary = runs(primary_), .recovery = runs(recovery_)};
}

Result<std::vector<CensusEntry>> SimLaboratory::census(const ItemName& item) {
  std::vector<CensusEntry> found;
  for (const SimSite* site : {&primary_, &recovery_}) {
    for (const auto& [name, vm] : site->vms) {
      if (!belongs_to(name, item)) continue;
      found.push_back({site->site(), "vm", name});
      if (vm.view) found.push_back({site->site(), "export", name});
    }
    for (const auto& [name, volume] : site->volumes) {
      if (!belongs_to(name, item)) continue;
      found.push_back({site->site(), "volume", name});
      for (const auto& [checkpoint, grains] : volume.checkpoints)
        found.push_back({site->site(), "checkpoint", name + "/" + checkpoint});
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace switchback::sim
