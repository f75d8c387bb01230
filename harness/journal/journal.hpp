// SPDX-License-Identifier: Apache-2.0
// The harness's own record of every guest write of a consistency group, outside the replicated
// disks: what, where, issued when, acknowledged when, safe when.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "harness/base/units.hpp"
#include "harness/journal/geometry.hpp"

namespace switchback {

/// One write of one block. Trims and zeroes are writes like any other.
struct WriteRecord {
  DiskIndex disk = 0;
  BlockNumber block = 0;
  Tick issued = 0;
  Tick acknowledged = kNever;
  /// When the write became safe: its acknowledgement, or, on a disk with a volatile cache, the
  /// completion of the first flush issued after that. kNever until then.
  Tick safe = kNever;
  WriteSeq next = 0;  ///< the next write to the same block, 0 if there is none yet
  Instant issued_at{};
};

/// The history of a block that was written at least once.
struct BlockHistory {
  DiskIndex disk = 0;
  BlockNumber block = 0;
  WriteSeq first = 0;
  WriteSeq last = 0;
};

/// The record. Not safe to share between threads.
class Journal {
 public:
  /// The disks of the group, in order; DiskIndex is the position in this list.
  explicit Journal(std::vector<DiskGeometry> disks);

  /// A write goes out at time `now`. The harness keeps one write in flight per block: the one
  /// before it must be acknowledged or abandoned. Returns its sequence number, from 1.
  WriteSeq issue(DiskIndex disk, BlockNumber block, Instant now = {});
  void acknowledge(WriteSeq seq);
  /// Nobody will ever answer for it: the guest died, or the write failed. It may or may not show.
  void abandon(WriteSeq seq);

  /// A flush of one disk goes out; the token is for complete_flush(). Several may be in flight.
  Tick issue_flush(DiskIndex disk);
  void complete_flush(DiskIndex disk, Tick issued);

  /// The tick of the newest event; 0 before the first.
  [[nodiscard]] Tick now() const { return now_; }

  [[nodiscard]] std::size_t disk_count() const { return disks_.size(); }
  [[nodiscard]] const DiskGeometry& geometry(DiskIndex disk) const { return disks_[disk].geometry; }
  [[nodiscard]] WriteSeq write_count() const { return records_.size() - 1; }
  /// `seq` from 1 to write_count().
  [[nodiscard]] const WriteRecord& record(WriteSeq seq) const;

  /// Every block ever written, in the order of its first write: deterministic.
  [[nodiscard]] const std::vector<BlockHistory>& blocks() const { return blocks_; }
  /// Position in blocks(), if the block was ever written.
  [[nodiscard]] std::optional<std::size_t> slot_of(DiskIndex disk, BlockNumber block) const;
  /// The newest write to the block, 0 if none.
  [[nodiscard]] WriteSeq last_write(DiskIndex disk, BlockNumber block) const;

  /// Bytes of `disk` that writes issued after `since` touched, each write rounded out to whole
  /// `grain`s (clipped at the end of the disk), each grain counted once.
  [[nodiscard]] Bytes dirtied_bytes(DiskIndex disk, Tick since, Bytes grain) const;

 private:
  struct Disk {
    DiskGeometry geometry;
    std::unordered_map<BlockNumber, std::size_t> slots;
    std::deque<WriteSeq> unsafe;  ///< acknowledged but not yet safe, in order of acknowledgement
  };

  std::vector<Disk> disks_;
  std::vector<WriteRecord> records_;
  std::vector<BlockHistory> blocks_;
  std::unordered_set<WriteSeq> in_flight_;  ///< issued, neither acknowledged nor abandoned
  Tick now_ = 0;
};

}  // namespace switchback
