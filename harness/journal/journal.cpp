// SPDX-License-Identifier: Apache-2.0
// See journal.hpp.
#include "harness/journal/journal.hpp"

#include <algorithm>
#include <unordered_set>

#include "harness/base/assert.hpp"

namespace switchback {

Journal::Journal(std::vector<DiskGeometry> disks) {
  for (const DiskGeometry& geometry : disks) {
    SB_ASSERT(geometry.size_bytes >= kSectorBytes);
    disks_.push_back({.geometry = geometry, .slots = {}, .unsafe = {}});
  }
  records_.emplace_back();  // the initial state: sequence numbers begin at 1
}

WriteSeq Journal::issue(DiskIndex disk, BlockNumber block, Instant now) {
  SB_ASSERT(disk < disks_.size());
  SB_ASSERT(block < disks_[disk].geometry.block_count());
  const WriteSeq seq = records_.size();
  const auto [slot, first] = disks_[disk].slots.try_emplace(block, blocks_.size());
  if (first) {
    blocks_.push_back({.disk = disk, .block = block, .first = seq, .last = seq});
  } else {
    BlockHistory& history = blocks_[slot->second];
    SB_ASSERT(!in_flight_.contains(history.last));
    records_[history.last].next = seq;
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
  WriteRecord& record = records_[seq];
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
  while (!unsafe.empty() && records_[unsafe.front()].acknowledged < issued) {
    records_[unsafe.front()].safe = now_;
    unsafe.pop_front();
  }
}

const WriteRecord& Journal::record(WriteSeq seq) const {
  SB_ASSERT(seq >= 1 && seq < records_.size());
  return records_[seq];
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

Bytes Journal::dirtied_bytes(DiskIndex disk, Tick since, Bytes grain) const {
  SB_ASSERT(disk < disks_.size() && grain > 0);
  const DiskGeometry& geometry = disks_[disk].geometry;
  std::unordered_set<Bytes> grains;  // a set only: nothing depends on its order
  Bytes dirtied = 0;
  for (WriteSeq seq = write_count(); seq > 0 && records_[seq].issued > since; --seq) {
    const WriteRecord& record = records_[seq];
    if (record.disk != disk) continue;
    const Bytes begin = geometry.block_offset(record.block);
    const Bytes end = begin + geometry.block_bytes(record.block);
    for (Bytes n = begin / grain; n * grain < end; ++n)
      if (grains.insert(n).second) dirtied += std::min(grain, geometry.size_bytes - n * grain);
  }
  return dirtied;
}

}  // namespace switchback
