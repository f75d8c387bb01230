// SPDX-License-Identifier: Apache-2.0
// See sim_laboratory.hpp.
#include "vms/hosts/sim/sim_laboratory.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "harness/base/concat.hpp"
#include "vms/hosts/sim/sim_edits.hpp"
#include "vms/hosts/sim/sim_moves.hpp"

namespace switchback::sim {
namespace {

/// Reads what the volume shows now; its site must outlive it.
class SimImage final : public ImageReader {
 public:
  explicit SimImage(const Volume& volume) : volume_(volume) {}
  [[nodiscard]] Bytes size_bytes() const override { return volume_.geometry().size_bytes; }
  Nothing visit_blocks(const std::function<void(BlockNumber, Shown)>& visit) override {
    for (const auto& [block, shown] : *volume_.shown())
      if (shown.kind != Shown::Kind::initial) visit(block, shown);
    return {};
  }
  Result<std::shared_ptr<const ShownBlocks>> read_all() override { return volume_.shown(); }
  [[nodiscard]] std::optional<std::uint64_t> content() const override { return volume_.content(); }

 private:
  const Volume& volume_;
};

/// Who writes to a disk: the guest of its VM, that of a test failover's, or whoever needs neither.
enum class Writer : std::uint8_t { guest, test_guest, other };

/// Where a write to a disk of the item goes.
struct Target {
  const Vm* vm = nullptr;
  std::size_t position = 0;
  Volume* volume = nullptr;
  BlockNumber blocks = 0;  ///< of the disk as the item has it: an edit may have made it larger
};

Result<Target> find_disk(SimSite& site, const ItemSpec& item, std::size_t disk, bool test) {
  if (disk >= item.disks.size())
    return bad_input(fmt::format("item {} has no disk number {}", item.name, disk),
                     fmt::format("it has {}", item.disks.size()));
  const DiskSpec& spec = item.disks[disk];
  SB_ASSIGN(vm, find_copy(site, item, {.vm = spec.vm, .test = test}));
  SB_ASSIGN(position, position_of(*vm, item, disk));
  SB_ASSIGN(volume, site.find_volume(vm->definition.disks[position].volume));
  const auto blocks_of_size = [](Bytes bytes) {
    return DiskGeometry{.size_bytes = bytes, .volatile_cache = false}.block_count();
  };
  return Target{
      .vm = vm,
      .position = position,
      .volume = volume,
      .blocks = std::min(blocks_of_size(spec.size_bytes), volume->geometry().block_count())};
}

Nothing check_guest_can_write(const SimSite& site, const Vm& vm) {
  const std::string& name = vm.definition.name;
  if (!vm.running)
    return environment_error(fmt::format("VM {} does not run at {}", name, name_of(site.site())),
                             "a guest writes only while it runs");
  if (vm.held())
    return environment_error(fmt::format("VM {} at {} is {}", name, name_of(site.site()),
                                         vm.frozen ? "frozen" : "suspended"),
                             "a guest that is held writes nothing: wait until it is let go");
  return {};
}

/// All of them, or none and an Error.
Nothing write_all(SimSite& site, const ItemSpec& item, Writer writer,
                  const std::vector<GuestWrite>& writes) {
  std::map<std::size_t, Target> targets;
  for (const GuestWrite& write : writes) {
    auto target = targets.find(write.disk);
    if (target == targets.end()) {
      SB_ASSIGN(found, find_disk(site, item, write.disk, writer == Writer::test_guest));
      if (writer != Writer::other) SB_TRY(check_guest_can_write(site, *found.vm));
      target = targets.emplace(write.disk, found).first;
    }
    if (write.block >= target->second.blocks)
      return bad_input(
          fmt::format("disk {} of item {} has no block {}", write.disk, item.name, write.block),
          fmt::format("it has {}", target->second.blocks));
  }
  for (const GuestWrite& write : writes) {
    const Target& target = targets.find(write.disk)->second;
    const WriteSeq shows = write.trim ? trimmed_by(write.seq) : write.seq;
    if (writer == Writer::other)
      site.volumes.write_untracked(*target.volume, write.block, shows);
    else
      site.write(*target.vm, target.position, write.block, shows);
  }
  return {};
}

Result<std::unique_ptr<ImageReader>> open_image(SimSite& site, const ItemSpec& item,
                                                std::size_t disk, bool test) {
  SB_ASSIGN(found, find_disk(site, item, disk, test));
  return std::make_unique<SimImage>(*found.volume);
}

/// Where a VM is plugged in.
std::set<std::string> networks_of(const Vm& vm) {
  if (!vm.definition.isolated_network.empty()) return {vm.definition.isolated_network};
  std::set<std::string> networks;
  for (const Nic& nic : vm.definition.hardware.nics)
    networks.insert(nic.network);
  return networks;
}

}  // namespace

Result<const ItemSpec*> SimLaboratory::find_item(const ItemName& item) const {
  const auto found = items_.find(item);
  if (found == items_.end())
    return bad_input(fmt::format("the laboratory made no item {}", item), "create it first");
  return &found->second.spec;
}

Result<SimLaboratory::KnownItem*> SimLaboratory::find_known(const ItemName& item) {
  if (last_found_ != nullptr && last_found_->spec.name == item) return last_found_;
  const auto found = items_.find(item);
  if (found != items_.end()) return last_found_ = &found->second;
  return tl::unexpected(find_item(item).error());
}

std::uint64_t SimLaboratory::KnownItem::changes() const {
  std::uint64_t all = changes_of_vms();
  for (const std::uint64_t* const changes : other_changes)
    all += *changes;
  return all;
}

Nothing SimLaboratory::create_item(const ItemSpec& item) {
  const std::string& name = item.name;
  items_[name] = {
      .spec = item,
      .sight = {},
      .vm_changes = {&primary_.vms.changes_of(name), &recovery_.vms.changes_of(name)},
      .other_changes = {&primary_.volumes.changes_of(name), &recovery_.volumes.changes_of(name),
                        &primary_.keys.changes_of(name), &recovery_.keys.changes_of(name)}};
  for (std::size_t n = 0; n < item.vms.size(); ++n) {
    recovery::VmDefinition vm{.name = vm_name(item, n), .disks = {}, .hardware = item.vms[n]};
    for (std::size_t disk = 0; disk < item.disks.size(); ++disk) {
      if (item.disks[disk].vm != n) continue;
      const std::string volume = initial_volume(item, disk);
      SB_TRY(primary_host_.create_volume(
          {.name = volume, .size_bytes = item.disks[disk].size_bytes, .backing = std::nullopt}));
      vm.disks.push_back({item.disks[disk].device, volume});
    }
    SB_TRY(primary_host_.ensure_vm(vm));
    SB_TRY(primary_host_.start_vm(vm.name, std::nullopt));
  }
  return {};
}

Nothing SimLaboratory::remove_item(const ItemName& item) {
  const auto is_its = [&](const auto& entry) { return belongs_to(entry.first, item); };
  for (SimSite* site : {&primary_, &recovery_}) {
    site->vms.remove_all(is_its);
    site->volumes.remove_all(is_its);
    site->keys.remove_all(is_its);
  }
  items_.erase(item);
  last_found_ = nullptr;
  return {};
}

// ---- the guests' hands

Nothing SimLaboratory::write(const ItemName& name, Site at, const std::vector<GuestWrite>& writes) {
  SB_ASSIGN(item, find_item(name));
  return write_all(site(at), *item, Writer::guest, writes);
}

Nothing SimLaboratory::write_test(const ItemName& name, const std::vector<GuestWrite>& writes) {
  SB_ASSIGN(item, find_item(name));
  return write_all(recovery_, *item, Writer::test_guest, writes);
}

Nothing SimLaboratory::write_behind(const ItemName& name, const std::vector<GuestWrite>& writes) {
  SB_ASSIGN(item, find_item(name));
  return write_all(primary_, *item, Writer::other, writes);
}

Nothing SimLaboratory::flush(const ItemName& name, Site at) {
  SB_ASSIGN(item, find_item(name));
  for (std::size_t n = 0; n < item->vms.size(); ++n) {
    SB_ASSIGN(vm, find_copy(site(at), *item, {.vm = n, .test = false}));
    if (!vm->running)
      return environment_error(
          fmt::format("VM {} does not run at {}", vm->definition.name, name_of(at)),
          "a guest flushes only while it runs");
    for (const recovery::VmDisk& disk : vm->definition.disks)
      if (Volume* const volume = site(at).volumes.find(disk.volume)) Volumes::flush(*volume);
  }
  return {};
}

// ---- images

Result<std::unique_ptr<ImageReader>> SimLaboratory::open_disk(const ItemName& name, Site at,
                                                              std::size_t disk) {
  SB_ASSIGN(item, find_item(name));
  return open_image(site(at), *item, disk, false);
}

Result<std::unique_ptr<ImageReader>> SimLaboratory::open_test_disk(const ItemName& name,
                                                                   std::size_t disk) {
  SB_ASSIGN(item, find_item(name));
  return open_image(recovery_, *item, disk, true);
}

Result<const Volume*> SimLaboratory::find_located(const DiskLocator& locator) {
  for (SimSite* site : {&primary_, &recovery_}) {
    const std::string_view prefix = locator_prefix(site->site());
    if (!locator.starts_with(prefix)) continue;
    SB_ASSIGN(volume, site->find_volume(std::string_view(locator).substr(prefix.size())));
    return volume;
  }
  return environment_error(fmt::format("'{}' locates no simulated disk", locator), "");
}

Result<std::unique_ptr<ImageReader>> SimLaboratory::open_located(const ItemName&, std::size_t,
                                                                 const DiskLocator& locator) {
  SB_ASSIGN(volume, find_located(locator));
  return std::make_unique<SimImage>(*volume);
}

std::optional<std::uint64_t> SimLaboratory::content_at(const DiskLocator& locator) {
  const Result<const Volume*> volume = find_located(locator);
  return volume ? std::optional((*volume)->content()) : std::nullopt;
}

// ---- VMs

Result<LiveCopies> SimLaboratory::live_copies(const ItemName& name) {
  SB_ASSIGN(item, find_known(name));
  Sight& sight = item->sight;
  const std::uint64_t now = item->changes_of_vms();
  if (sight.live_at == now) return sight.live;
  const auto any_runs = [&, &spec = item->spec](const SimSite& site) {
    bool any = false;
    visit_objects_of(name, site.vms, [&](const std::string& vm_name, const Vm& vm) {
      if (!vm.running || any) return;
      const std::optional<Owner> owner = owner_of(spec, vm_name);
      any = owner && !owner->test;
    });
    return any;
  };
  sight.live = {.primary = any_runs(primary_), .recovery = any_runs(recovery_)};
  sight.live_at = now;
  return sight.live;
}

Result<Shared<std::vector<SeenVm>>> SimLaboratory::vms(const ItemName& name) {
  SB_ASSIGN(item, find_known(name));
  Sight& sight = item->sight;
  // Whether a test VM is alone on its network is a matter of all other VMs as well.
  const auto now = [&] {
    const std::uint64_t others = primary_.vms.changes() + recovery_.vms.changes();
    return item->changes() + (sight.in_a_box ? others : 0);
  };
  if (sight.vms_at == now()) return sight.vms;
  sight.in_a_box = false;
  std::vector<SeenVm> seen;
  for (const SimSite* site : {&primary_, &recovery_})
    visit_objects_of(name, site->vms, [&](const std::string& vm_name, const Vm& vm) {
      if (const std::optional<Owner> owner = owner_of(item->spec, vm_name))
        seen.push_back(see(*site, item->spec, vm, *owner));
      sight.in_a_box = sight.in_a_box || !vm.definition.isolated_network.empty();
    });
  sight.vms = std::move(seen);
  sight.vms_at = now();
  return sight.vms;
}

SeenVm SimLaboratory::see(const SimSite& site, const ItemSpec& item, const Vm& vm, Owner owner) {
  SeenVm seen{.site = site.site(),
              .name = vm.definition.name,
              .vm = owner.vm,
              .test = owner.test,
              .running = vm.running,
              .hold = Hold::none,
              .isolated = is_isolated(item, vm),
              .incarnation = std::to_string(vm.incarnation),
              .hardware = vm.definition.hardware,
              .disks = {}};
  if (vm.suspended) seen.hold = Hold::suspended;
  if (vm.frozen) seen.hold = Hold::frozen;
  for (const recovery::VmDisk& disk : vm.definition.disks) {
    const Volume* const volume = site.volumes.find(disk.volume);
    const Bytes size = volume == nullptr ? 0 : volume->geometry().size_bytes;
    seen.disks.push_back({.device = disk.device, .size_bytes = size, .vm = owner.vm});
  }
  return seen;
}

bool SimLaboratory::is_isolated(const ItemSpec& item, const Vm& vm) const {
  if (vm.definition.isolated_network.empty()) return false;
  const std::string& network = vm.definition.isolated_network;
  for (const Nic& nic : vm.definition.hardware.nics)
    if (nic.network == network) return false;
  for (const SimSite* site : {&primary_, &recovery_}) {
    for (const auto& [name, other] : site->vms) {
      const std::optional<Owner> owner = owner_of(item, name);
      if (&other == &vm || (owner && owner->test)) continue;
      if (networks_of(other).contains(network)) return false;
    }
  }
  return true;
}

std::vector<Edit> SimLaboratory::edits() const {
  return {kAllEdits.begin(), kAllEdits.end()};
}

Nothing SimLaboratory::edit(const ItemName& name, Edit edit) {
  SB_ASSIGN(item, find_item(name));
  if (edit != Edit::foreign_checkpoint) return edit_vm(primary_, *item, edit);
  SB_ASSIGN(live, live_copies(name));
  const std::string checkpoint = concat(kOthersMark, std::to_string(++foreign_checkpoints_));
  if (live.primary) SB_TRY(make_foreign_checkpoint(primary_, *item, checkpoint));
  if (live.recovery) SB_TRY(make_foreign_checkpoint(recovery_, *item, checkpoint));
  return {};
}

Nothing SimLaboratory::move_disk(const ItemName& from, const ItemName& to) {
  SB_ASSIGN(source, find_item(from));
  SB_ASSIGN(target, find_item(to));
  return sim::move_disk(primary_, *source, *target);
}

Result<std::unique_ptr<ImageReader>> SimLaboratory::open_moved_disk(const ItemName& from) {
  SB_ASSIGN(item, find_item(from));
  SB_ASSIGN(volume, moved_volume(primary_, *item));
  return std::make_unique<SimImage>(*volume);
}

Result<Shared<std::vector<CensusEntry>>> SimLaboratory::census(const ItemName& name) {
  const auto known = items_.find(name);
  if (known == items_.end()) return count(name);
  Sight& sight = known->second.sight;
  const std::uint64_t now = known->second.changes();
  if (sight.census_at != now) {
    sight.census = count(name);
    sight.census_at = now;
  }
  return sight.census;
}

/// Site by site and kind by kind in their order. Objects come by name; only the names of
/// checkpoints are made here, of two, and may come otherwise.
std::vector<CensusEntry> SimLaboratory::count(const ItemName& item) const {
  std::vector<CensusEntry> found;
  found.reserve(32);
  for (const SimSite* site : {&primary_, &recovery_}) {
    const auto all = [&](std::string_view kind, const auto& objects, const auto& names_of) {
      visit_objects_of(item, objects, [&](const std::string& name, const auto& object) {
        names_of(name, object, [&](std::string counted) {
          found.push_back({site->site(), kind, std::move(counted)});
        });
      });
    };
    const std::size_t first = found.size();
    const auto itself = [](const std::string& name, const auto&, const auto& add) { add(name); };
    all("checkpoint", site->volumes,
        [](const std::string& name, const Volume& volume, const auto& add) {
          for (const auto& [checkpoint, grains] : volume.checkpoints())
            add(concat(name, "/", checkpoint));
        });
    std::sort(found.begin() + static_cast<std::ptrdiff_t>(first), found.end());
    all("export", site->vms, [](const std::string& name, const Vm& vm, const auto& add) {
      if (vm.view != nullptr) add(name);
    });
    all("key", site->keys, itself);
    all("vm", site->vms, itself);
    all("volume", site->volumes, itself);
  }
  return found;
}

}  // namespace switchback::sim
