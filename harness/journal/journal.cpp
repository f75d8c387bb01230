// SPDX-License-Identifier: Apache-2.0
// See journal.hpp.
#include "harness/journal/journal.hpp"

#include <algorithm>

#include "harness/base/assert.hpp"

namespace switchback {

Journal::Journal(std::vector<DiskGeometry> disks) {
  for (const DiskGeometry& geometry : disks) {
    SB_ASSERT(geometry.size_bytes >= kSectorBytes);
    disks_.push_back({.geometry = geometry, .unsafe = {}});
  }
  records_.emplace_back();  // the initial state is no write: sequence numbers begin after it
}

Journal Journal::fork(std::uint32_t branch, const std::vector<InitialBlock>& shown) const {
  SB_ASSERT(branch != 0 && branch != this->branch());
  std::vector<DiskGeometry> geometries;
  for (const Disk& disk : disks_)
    geometries.push_back(disk.geometry);
  Journal forked(std::move(geometries));
  forked.before_first_ = branch * kWritesOfABranch;
  forked.began_ = now_;
  forked.now_ = now_;
  forked.blocks_.reserve(shown.size());
  for (const InitialBlock& block : shown) {
    SB_ASSERT(block.disk < disks_.size() && block.shows != kInitialState);
    SB_ASSERT(block.block < disks_[block.disk].geometry.block_count());
    SB_ASSERT(branch_of(block.shows) != branch);
    SB_ASSERT(!forked.slot_of(block.disk, block.block));
    forked.slots_.add(forked.blocks_, block.disk, block.block);
    forked.blocks_.push_back({.disk = block.disk,
                              .block = block.block,
                              .first = 0,
                              .last = block.shows,
                              .initial = block.shows});
  }
  return forked;
}

Journal::Counted Journal::next_tick() {
  ++now_;
  SB_ASSERT(now_ - began_ < kNotYet);
  return static_cast<Counted>(now_ - began_);
}

WriteSeq Journal::issue(DiskIndex disk, BlockNumber block, Instant now) {
  SB_ASSERT(disk < disks_.size());
  SB_ASSERT(block < disks_[disk].geometry.block_count());
  SB_ASSERT(write_count() + 1 < kNotYet);
  const WriteSeq seq = before_first_ + records_.size();
  SlotTable::Slot slot = slots_.find(blocks_, disk, block);
  if (slot == SlotTable::kNone) {
    slot = static_cast<SlotTable::Slot>(blocks_.size());
    slots_.add(blocks_, disk, block);
    blocks_.push_back({.disk = disk, .block = block, .first = seq, .last = seq});
  } else {
    BlockHistory& history = blocks_[slot];
    if (history.first == 0) {
      history.first = seq;
    } else {
      Packed& before = records_[counted(history.last)];
      SB_ASSERT(!before.in_flight);
      before.next = counted(seq);
    }
    history.last = seq;
  }
  records_.push_back({.slot = slot, .issued = next_tick(), .issued_at = now});
  return seq;
}

void Journal::acknowledge(WriteSeq seq) {
  SB_ASSERT(has(seq) && records_[counted(seq)].in_flight);
  Packed& record = records_[counted(seq)];
  record.in_flight = false;
  record.acknowledged = next_tick();
  Disk& disk = disks_[blocks_[record.slot].disk];
  if (disk.geometry.volatile_cache)
    disk.unsafe.push_back(counted(seq));
  else
    record.safe = record.acknowledged;
}

void Journal::abandon(WriteSeq seq) {
  SB_ASSERT(has(seq) && records_[counted(seq)].in_flight);
  records_[counted(seq)].in_flight = false;
}

Tick Journal::issue_flush(DiskIndex disk) {
  SB_ASSERT(disk < disks_.size());
  return began_ + next_tick();
}

void Journal::complete_flush(DiskIndex disk, Tick issued) {
  SB_ASSERT(disk < disks_.size() && issued <= now_);
  const Counted completed = next_tick();
  std::vector<Counted>& unsafe = disks_[disk].unsafe;
  auto covered = unsafe.begin();
  for (; covered != unsafe.end() && tick(records_[*covered].acknowledged) < issued; ++covered)
    records_[*covered].safe = completed;
  unsafe.erase(unsafe.begin(), covered);
}

WriteRecord Journal::record(WriteSeq seq) const {
  SB_ASSERT(has(seq));
  const Packed& packed = records_[counted(seq)];
  const BlockHistory& block = blocks_[packed.slot];
  return {.disk = block.disk,
          .block = block.block,
          .issued = tick(packed.issued),
          .acknowledged = tick(packed.acknowledged),
          .safe = tick(packed.safe),
          .next = packed.next == 0 ? 0 : before_first_ + packed.next,
          .issued_at = packed.issued_at};
}

Bytes Journal::memory_bytes() const {
  Bytes bytes = sizeof *this + disks_.capacity() * sizeof(Disk) +
                records_.capacity() * sizeof(Packed) + blocks_.capacity() * sizeof(BlockHistory) +
                slots_.memory_bytes();
  for (const Disk& disk : disks_)
    bytes += disk.unsafe.capacity() * sizeof(Counted);
  return bytes;
}

std::optional<std::size_t> Journal::slot_of(DiskIndex disk, BlockNumber block) const {
  SB_ASSERT(disk < disks_.size());
  const SlotTable::Slot found = slots_.find(blocks_, disk, block);
  if (found == SlotTable::kNone) return std::nullopt;
  return found;
}

WriteSeq Journal::last_write(DiskIndex disk, BlockNumber block) const {
  const std::optional<std::size_t> slot = slot_of(disk, block);
  return slot ? blocks_[*slot].last : kInitialState;
}

std::vector<std::uint64_t> Journal::dirtied_grains(DiskIndex disk, Tick since, Bytes grain) const {
  SB_ASSERT(disk < disks_.size() && grain > 0);
  const DiskGeometry& geometry = disks_[disk].geometry;
  std::vector<std::uint64_t> grains;
  for (std::size_t n = write_count(); n > 0 && tick(records_[n].issued) > since; --n) {
    const BlockHistory& written = blocks_[records_[n].slot];
    if (written.disk != disk) continue;
    const Bytes begin = geometry.block_offset(written.block);
    const Bytes end = begin + geometry.block_bytes(written.block);
    for (std::uint64_t touched = begin / grain; touched * grain < end; ++touched)
      grains.push_back(touched);
  }
  std::sort(grains.begin(), grains.end());
  grains.erase(std::unique(grains.begin(), grains.end()), grains.end());
  return grains;
}

Bytes Journal::dirtied_bytes(DiskIndex disk, Tick since, Bytes grain) const {
  Bytes dirtied = 0;
  for (const std::uint64_t touched : dirtied_grains(disk, since, grain))
    dirtied += std::min(grain, geometry(disk).size_bytes - touched * grain);
  return dirtied;
}

}  // namespace switchback
