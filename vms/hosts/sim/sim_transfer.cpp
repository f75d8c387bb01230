// SPDX-License-Identifier: Apache-2.0
// See sim_transfer.hpp.
#include "vms/hosts/sim/sim_transfer.hpp"

#include <cstring>

#include <fmt/format.h>

#include "vms/hosts/sim/sim_digest.hpp"

namespace switchback::sim {

Result<SimView::Disk> SimView::find_disk(const std::string& device) {
  SB_ASSIGN(vm, site_.find_vm(vm_));
  if (!vm->view || vm->view->id != id_)
    return environment_error(fmt::format("the view of VM {} is gone", vm_), "open another one");
  const auto disk = vm->view->disks.find(device);
  if (disk == vm->view->disks.end())
    return not_found(fmt::format("the view of VM {} has no disk {}", vm_, device),
                     "name a disk that the VM had when the view was opened");
  SB_ASSIGN(volume, site_.find_volume(disk->second.volume));
  return Disk{.viewed = disk->second, .volume = *volume};
}

Result<std::vector<recovery::Extent>> SimView::extents(const std::string& device) {
  SB_ASSIGN(disk, find_disk(device));
  return disk.viewed.extents;
}

Nothing SimView::read(const std::string& device, recovery::Extent extent,
                      std::vector<std::byte>& into) {
  SB_ASSIGN(disk, find_disk(device));
  const auto [first, end] = blocks_of(extent, disk.volume.geometry());
  into.resize((end - first) * sizeof(WriteSeq));
  for (BlockNumber block = first; block != end; ++block) {
    const auto kept = disk.viewed.preserved.find(block);
    const WriteSeq seq =
        kept != disk.viewed.preserved.end() ? kept->second : disk.volume.show(block);
    std::memcpy(into.data() + (block - first) * sizeof seq, &seq, sizeof seq);
  }
  return {};
}

Result<std::vector<recovery::ChunkDigest>> SimView::digests(const std::string& device,
                                                            Bytes chunk_bytes) {
  SB_ASSIGN(disk, find_disk(device));
  if (disk.viewed.preserved.empty()) return digests_of(*disk.volume.shown(), chunk_bytes);
  return digests_of(laid_over(*disk.volume.shown(), disk.viewed.preserved), chunk_bytes);
}

Nothing SimReplica::connected() const {
  if (opened_ == site_.power_cuts) return {};
  return environment_error(
      fmt::format("the connection to volume {} broke when the {} site lost its power", volume_,
                  name_of(site_.site())),
      "open it again, and write all that was not flushed once more");
}

Nothing SimReplica::write(recovery::Extent extent, const std::vector<std::byte>& bytes) {
  SB_TRY(connected());
  SB_ASSIGN(volume, site_.find_volume(volume_));
  SB_TRY(link_.carry(site_.site(), extent.length + kMessageBytes));
  const auto [first, end] = blocks_of(extent, volume->geometry());
  if (bytes.size() != (end - first) * sizeof(WriteSeq))
    return environment_error(
        fmt::format("extent at {} does not fit volume {}", extent.offset, volume_),
        "source and replica must have the same size");
  for (BlockNumber block = first; block != end; ++block) {
    WriteSeq seq = 0;
    std::memcpy(&seq, bytes.data() + (block - first) * sizeof seq, sizeof seq);
    // Zeroes over nothing stay nothing, as with a sparse image.
    if (seq == kInitialState && volume->show(block) == kInitialState) continue;
    site_.volumes.write_cached(*volume, block, seq);
  }
  return {};
}

Nothing SimReplica::flush() {
  SB_TRY(connected());
  SB_TRY(link_.carry(site_.site(), kMessageBytes));
  SB_ASSIGN(volume, site_.find_volume(volume_));
  Volumes::flush(*volume);
  return {};
}

}  // namespace switchback::sim
