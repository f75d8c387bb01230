// SPDX-License-Identifier: Apache-2.0
// Stamps: what a guest writes, so that every block tells which write it holds.
//
// Each 512-byte sector carries a header (magic, run, item, disk, block, sector, sequence number,
// header checksum) and a payload derived from them. So a block tells which write it holds, a torn
// block shows it, and a block of another run, item or disk can't pass for one's own.
#pragma once

#include <cstdint>
#include <span>

#include "harness/base/units.hpp"
#include "harness/journal/geometry.hpp"
#include "harness/journal/image.hpp"

namespace switchback {

/// Whose stamps: `run` and `item` are 64-bit hashes that the harness draws, `disk` the position of
/// the disk in the item.
struct StampOwner {
  std::uint64_t run = 0;
  std::uint64_t item = 0;
  std::uint32_t disk = 0;
  friend bool operator==(const StampOwner&, const StampOwner&) = default;
};

/// Fills `block_bytes` (of any length of at least one sector) with the stamp of write `seq`.
void write_stamp(std::span<std::byte> block_bytes, const StampOwner& owner, BlockNumber block,
                 WriteSeq seq);

/// Tells what the bytes of one block hold. Zero bytes throughout are the initial state.
Shown read_stamp(std::span<const std::byte> block_bytes, const StampOwner& owner,
                 BlockNumber block);

/// Feeds bytes of an image to `visit`, block by block: `bytes` start at a block boundary at
/// `first_block` and end at one (or at the end of the disk). Blocks in their initial state are
/// passed over.
void visit_stamps(std::span<const std::byte> bytes, BlockNumber first_block,
                  const DiskGeometry& geometry, const StampOwner& owner,
                  const std::function<void(BlockNumber, Shown)>& visit);

}  // namespace switchback
