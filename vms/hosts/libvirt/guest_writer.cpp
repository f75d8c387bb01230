// SPDX-License-Identifier: Apache-2.0
// See guest_writer.hpp.
#include "vms/hosts/libvirt/guest_writer.hpp"

#include <set>
#include <utility>

#include <fmt/format.h>

namespace switchback::libvirt {
namespace {

/// Writes that go out together: no block twice.
class Wave {
 public:
  explicit Wave(const std::vector<NbdDisk*>& disks) : disks_(disks), writes_(disks.size()) {}

  [[nodiscard]] bool holds(const GuestWrite& write) const {
    return blocks_.contains({write.disk, write.block});
  }

  void add(const GuestWrite& write, StampOwner owner) {
    const DiskGeometry geometry{.size_bytes = disks_[write.disk]->size_bytes(),
                                .volatile_cache = false};
    owner.disk = static_cast<std::uint32_t>(write.disk);
    std::vector<std::byte>& bytes = stamps_.emplace_back(geometry.block_bytes(write.block));
    write_stamp(bytes, owner, write.block, write.seq);
    writes_[write.disk].push_back({.offset = geometry.block_offset(write.block), .from = bytes});
    blocks_.insert({write.disk, write.block});
  }

  Nothing send() {
    for (std::size_t disk = 0; disk < disks_.size(); ++disk) {
      if (writes_[disk].empty()) continue;  // a disk that is not open may be among them
      SB_TRY(disks_[disk]->write(writes_[disk]));
      writes_[disk].clear();
    }
    blocks_.clear();
    stamps_.clear();
    return {};
  }

 private:
  const std::vector<NbdDisk*>& disks_;
  std::vector<std::vector<NbdWrite>> writes_;   ///< by disk
  std::vector<std::vector<std::byte>> stamps_;  ///< moved, never copied: their bytes stay in place
  std::set<std::pair<std::size_t, BlockNumber>> blocks_;
};

}  // namespace

Nothing write_stamps(const std::vector<NbdDisk*>& disks, StampOwner owner,
                     const std::vector<GuestWrite>& writes) {
  Wave wave(disks);
  for (const GuestWrite& write : writes) {
    if (write.disk >= disks.size() || disks[write.disk] == nullptr)
      return bad_input(fmt::format("a write to disk {} of {}", write.disk, disks.size()),
                       "write to a disk that the VM has");
    const DiskGeometry geometry{.size_bytes = disks[write.disk]->size_bytes(),
                                .volatile_cache = false};
    if (write.block >= geometry.block_count())
      return bad_input(fmt::format("a write to block {} of disk {}, which has {}", write.block,
                                   write.disk, geometry.block_count()),
                       "write to a block that the disk has");
    if (wave.holds(write)) SB_TRY(wave.send());
    wave.add(write, owner);
  }
  SB_TRY(wave.send());
  for (NbdDisk* disk : disks)
    if (disk != nullptr) SB_TRY(disk->flush());
  return {};
}

}  // namespace switchback::libvirt
