// SPDX-License-Identifier: Apache-2.0
// See journal.hpp.
#include "harness/journal/journal.hpp"

#include <algorithm>

#include "harness/base/assert.hpp"

namespace switchback {

Journal::Journal(std::vector<DiskGeometry> disks) {
  for (const DiskGeometry& geometry : disks) {
    SB_ASSERT(geometry.size_bytes >= kSectorBytes);
    disks_.push_back({.geometry = geometry, .slots = {}, .unsafe = {}});
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
  forked.now_ = now_;
  for (const InitialBlock& block : shown) {
    SB_ASSERT(block.disk < disks_.size() && block.shows != kInitialState);
    SB_ASSERT(block.block < disks_[block.disk].geometry.block_count());
    SB_ASSERT(branch_of(block.shows) != branch);
    const bool added =
        forked.disks_[block.disk].slots.try_emplace(block.block, forked.blocks_.size()).second;
    SB_ASSERT(added);
    forked.blocks_.push_back({.disk = block.disk,
                              .block = block.block,
                              .first = 0,
                              .last = block.shows,
                              .initial = block.shows});
  }
  return forked;
}

WriteSeq Journal::issue(DiskIndex disk, BlockNumber block, Instant now) {
  SB_ASSERT(disk < disks_.size());
  SB_ASSERT(block < disks_[disk].geometry.block_count());
  SB_ASSERT(write_count() + 1 < kWritesOfABranch);
  const WriteSeq seq = before_first_ + records_.size();
  const auto [slot, first] = disks_[disk].slots.try_emplace(block, blocks_.size());
  if (first) {
    blocks_.push_back({.disk = disk, .block = block, .first = seq, .last = seq});
  } else {
    BlockHistory& history = blocks_[slot->second];
    SB_ASSERT(!in_flight_.contains(history.last));
    if (history.first == 0)
      history.first = seq;
    else
      at(history.last).next = seq;
    history.last = seq;
  }
  in_flight_.insert(seq);
  WriteRecord record;
  record.disk = disk;
  record.block = block;
  record.issued = ++now_;
  record.issued_at = now;
  records_.push_back(record);
  return seq;
}

void Journal::acknowledge(WriteSeq seq) {
  SB_ASSERT(in_flight_.erase(seq) == 1);
  WriteRecord& record = at(seq);
  record.acknowledged = ++now_;
  Disk& disk = disks_[record.disk];
  if (disk.geometry.volatile_cache)
    disk.unsafe.push_back(seq);
  else
    record.safe = record.acknowledged;
}

void Journal::abandon(WriteSeq seq) {
  SB_ASSERT(in_flight_.erase(seq) == 1);
}

Tick Journal::issue_flush(DiskIndex disk) {
  SB_ASSERT(disk < disks_.size());
  return ++now_;
}

void Journal::complete_flush(DiskIndex disk, Tick issued) {
  SB_ASSERT(disk < disks_.size() && issued <= now_);
  ++now_;
  std::deque<WriteSeq>& unsafe = disks_[disk].unsafe;
  while (!unsafe.empty() && at(unsafe.front()).acknowledged < issued) {
    at(unsafe.front()).safe = now_;
    unsafe.pop_front();
  }
}

const WriteRecord& Journal::record(WriteSeq seq) const {
  SB_ASSERT(has(seq));
  return records_[seq - before_first_];
}

std::optional<std::size_t> Journal::slot_of(DiskIndex disk, BlockNumber block) const {
  SB_ASSERT(disk < disks_.size());
  const auto found = disks_[disk].slots.find(block);
  if (found == disks_[disk].slots.end()) return std::nullopt;
  return found->second;
}

WriteSeq Journal::last_write(DiskIndex disk, BlockNumber block) const {
  const std::optional<std::size_t> slot = slot_of(disk, block);
  return slot ? blocks_[*slot].last : kInitialState;
}

std::vector<std::uint64_t> Journal::dirtied_grains(DiskIndex disk, Tick since, Bytes grain) const {
  SB_ASSERT(disk < disks_.size() && grain > 0);
  const DiskGeometry& geometry = disks_[disk].geometry;
  std::vector<std::uint64_t> grains;
  for (std::size_t n = write_count(); n > 0 && records_[n].issued > since; --n) {
    const WriteRecord& record = records_[n];
    if (record.disk != disk) continue;
    const Bytes begin = geometry.block_offset(record.block);
    const Bytes end = begin + geometry.block_bytes(record.block);
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
