// SPDX-License-Identifier: Apache-2.0
// The harness's own record of every guest write of a consistency group, outside the replicated
// disks: what, where, issued when, acknowledged when, safe when.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "harness/base/units.hpp"
#include "harness/journal/geometry.hpp"
#include "harness/journal/slot_table.hpp"

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

/// The history of a block that was written at least once, or was not empty when its branch of
/// history began.
struct BlockHistory {
  DiskIndex disk = 0;
  BlockNumber block = 0;
  WriteSeq first = 0;    ///< 0: not written in this branch
  WriteSeq last = 0;     ///< `initial` where it was not written in this branch
  WriteSeq initial = 0;  ///< what it showed when the branch began; of another branch, or 0: empty
};

/// What a block showed when a branch of history began.
struct InitialBlock {
  DiskIndex disk = 0;
  BlockNumber block = 0;
  WriteSeq shows = 0;
};

/// Branches of history, numbered from 0, share no sequence numbers: so many belong to each.
inline constexpr WriteSeq kWritesOfABranch = WriteSeq{1} << 40;
/// The branch that a write belongs to. The initial state belongs to all of them.
constexpr std::uint32_t branch_of(WriteSeq seq) {
  return static_cast<std::uint32_t>(seq / kWritesOfABranch);
}

/// The record of one branch of history. Not safe to share between threads. A branch holds less than
/// 2^32 writes, blocks and ticks, which is far beyond the memory of a machine.
class Journal {
 public:
  /// The disks of the group, in order; DiskIndex is the position in this list. Branch 0.
  explicit Journal(std::vector<DiskGeometry> disks);

  /// A branch of history that begins with what a copy of the disks shows, of which nothing but the
  /// blocks that are not empty need be given, each once. Its ticks go on where this journal's are
  /// now, its sequence numbers begin anew, far from those of any other branch. `branch` must be a
  /// number that no other branch of these disks has, and not 0.
  [[nodiscard]] Journal fork(std::uint32_t branch, const std::vector<InitialBlock>& shown) const;
  [[nodiscard]] std::uint32_t branch() const { return branch_of(before_first_); }

  /// A write goes out at time `now`. The harness keeps one write in flight per block: the one
  /// before it must be acknowledged or abandoned. Returns its sequence number: in branch 0 from 1.
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
  /// Whether this branch issued a write of that number.
  [[nodiscard]] bool has(WriteSeq seq) const {
    return seq > before_first_ && seq - before_first_ <= write_count();
  }
  /// Of a write that it has().
  [[nodiscard]] WriteRecord record(WriteSeq seq) const;

  /// Every block that was not empty when the branch began, as they were given, then every other
  /// block ever written, in the order of its first write: deterministic.
  [[nodiscard]] const std::vector<BlockHistory>& blocks() const { return blocks_; }
  /// Position in blocks(), if the block is there.
  [[nodiscard]] std::optional<std::size_t> slot_of(DiskIndex disk, BlockNumber block) const;
  /// The newest write to the block; if none, what it showed when the branch began, 0 for nothing.
  [[nodiscard]] WriteSeq last_write(DiskIndex disk, BlockNumber block) const;

  /// The parts of `disk`, `grain` bytes long each and numbered from 0, that writes issued after
  /// `since` touched; ascending, each once.
  [[nodiscard]] std::vector<std::uint64_t> dirtied_grains(DiskIndex disk, Tick since,
                                                          Bytes grain) const;
  /// Their bytes; the last one of a disk may be a short one.
  [[nodiscard]] Bytes dirtied_bytes(DiskIndex disk, Tick since, Bytes grain) const;

  /// What it takes up, all in all.
  [[nodiscard]] Bytes memory_bytes() const;

 private:
  /// Ticks, counted from the beginning of the branch; numbers of writes, from that of its first.
  using Counted = std::uint32_t;
  static constexpr Counted kNotYet = std::numeric_limits<Counted>::max();

  /// A WriteRecord, packed: there are millions of them.
  struct Packed {
    SlotTable::Slot slot = 0;  ///< of its block
    Counted next = 0;
    Counted issued = 0;
    Counted acknowledged = kNotYet;
    Counted safe = kNotYet;
    bool in_flight = true;  ///< neither acknowledged nor abandoned
    Instant issued_at{};
  };
  static_assert(sizeof(Packed) == 32);

  struct Disk {
    DiskGeometry geometry;
    std::vector<Counted> unsafe;  ///< acknowledged but not yet safe, in order of acknowledgement
  };

  [[nodiscard]] Counted counted(WriteSeq seq) const {
    return static_cast<Counted>(seq - before_first_);
  }
  [[nodiscard]] Tick tick(Counted since_begin) const {
    return since_begin == kNotYet ? kNever : began_ + since_begin;
  }
  Counted next_tick();

  std::vector<Disk> disks_;
  WriteSeq before_first_ = 0;    ///< the number before that of the first write
  std::vector<Packed> records_;  ///< write before_first_ + n at n; the one at 0 is no write
  std::vector<BlockHistory> blocks_;
  SlotTable slots_;  ///< of blocks_
  Tick began_ = 0;
  Tick now_ = 0;
};

}  // namespace switchback
