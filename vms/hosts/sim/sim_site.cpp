// SPDX-License-Identifier: Apache-2.0
// See sim_site.hpp.
#include "vms/hosts/sim/sim_site.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "harness/base/assert.hpp"

namespace switchback::sim {

Result<Volume*> SimSite::find_volume(std::string_view name) {
  if (Volume* const found = volumes.find(name)) return found;
  return not_found(fmt::format("no volume {} on the {} site", name, name_of(site_)),
                   "create it first");
}

Result<const Vm*> SimSite::find_vm(const std::string& name) const {
  if (const Vm* const found = vms.find(name)) return found;
  return not_found(fmt::format("no VM {} on the {} site", name, name_of(site_)), "define it first");
}

Result<Vm*> SimSite::change_vm(const std::string& name) {
  SB_TRY(find_vm(name));
  return vms.change(name);
}

Nothing SimSite::unlock(const std::string& name) {
  SB_ASSIGN(top, find_volume(name));
  for (const Volume* layer = top;;) {
    if (layer->lock()) {
      const KeyDigest* const key = keys.find(layer->lock()->key);
      if (key == nullptr)
        return environment_error(fmt::format("volume {} is encrypted and the {} site has no key {}",
                                             name, name_of(site_), layer->lock()->key),
                                 "give the key again");
      if (*key != layer->lock()->digest)
        return environment_error(fmt::format("key {} of the {} site does not open volume {}",
                                             layer->lock()->key, name_of(site_), name),
                                 "give the key that the volume was made with");
    }
    if (!layer->backing()) return {};
    if (layer->below() == nullptr) SB_TRY(find_volume(*layer->backing()));
    layer = layer->below();
  }
}

void SimSite::write(const Vm& vm, std::size_t disk, BlockNumber block, WriteSeq seq) {
  const recovery::VmDisk& at = vm.definition.disks.at(disk);
  Volume* const volume = volumes.find(at.volume);
  SB_ASSERT(volume != nullptr);
  if (vm.view)
    for (auto& [device, viewed] : vm.view->disks)
      if (viewed.volume == at.volume) viewed.preserved.try_emplace(block, volume->show(block));
  volumes.write(*volume, block, seq);
}

std::vector<recovery::Extent> extents_of(const std::set<BlockNumber>& grains, Bytes grain_bytes,
                                         const DiskGeometry& geometry, Bytes max_bytes) {
  std::vector<recovery::Extent> extents;
  for (const BlockNumber grain : grains) {
    const Bytes offset = grain * grain_bytes;
    if (offset >= geometry.size_bytes) continue;  // the tail block reaches into no grain of its own
    const Bytes length = std::min(grain_bytes, geometry.size_bytes - offset);
    const bool joins = !extents.empty() &&
                       extents.back().offset + extents.back().length == offset &&
                       extents.back().length + length <= max_bytes;
    if (joins)
      extents.back().length += length;
    else
      extents.push_back({offset, length});
  }
  return extents;
}

std::pair<BlockNumber, BlockNumber> blocks_of(recovery::Extent extent,
                                              const DiskGeometry& geometry) {
  const BlockNumber first = extent.offset / kBlockBytes;
  const BlockNumber end = (extent.offset + extent.length + kBlockBytes - 1) / kBlockBytes;
  return {first, std::min(end, geometry.block_count())};
}

}  // namespace switchback::sim
