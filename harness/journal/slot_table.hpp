// SPDX-License-Identifier: Apache-2.0
// Finds the position of a block in a list of blocks: a hash table that holds nothing but positions.
//
// Four bytes a place, and at least a quarter of the places free: a node-based table takes ten times
// as much, which is most of what a journal would be made of. Neighbouring blocks have neighbouring
// places, eight to each hash, so that a pass over an image meets few cache lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "harness/base/assert.hpp"
#include "harness/base/units.hpp"

namespace switchback {

class SlotTable {
 public:
  using Slot = std::uint32_t;
  static constexpr Slot kNone = std::numeric_limits<Slot>::max();

  /// The position of the block, or kNone. `blocks[slot]` must have `disk` and `block`, here and
  /// below, for every position that was added.
  template <class Blocks>
  [[nodiscard]] Slot find(const Blocks& blocks, DiskIndex disk, BlockNumber block) const {
    return places_.empty() ? kNone : places_[place_of(blocks, disk, block)];
  }

  /// Adds the next position: of a block that is not there yet, and is appended to `blocks` next.
  template <class Blocks>
  void add(const Blocks& blocks, DiskIndex disk, BlockNumber block) {
    SB_ASSERT(blocks.size() < kNone);
    if (4 * (blocks.size() + 1) > 3 * places_.size()) grow(blocks);
    places_[place_of(blocks, disk, block)] = static_cast<Slot>(blocks.size());
  }

  [[nodiscard]] Bytes memory_bytes() const { return places_.capacity() * sizeof(Slot); }

 private:
  static constexpr std::size_t kTogether = 8;

  /// The place that holds the block, or the free one where it belongs.
  template <class Blocks>
  [[nodiscard]] std::size_t place_of(const Blocks& blocks, DiskIndex disk,
                                     BlockNumber block) const {
    const std::uint64_t group = (block / kTogether) ^ (std::uint64_t{disk} << 48U);
    const std::uint64_t hash = group * 0x9e37'79b9'7f4a'7c15U;  // its highest bits are the best
    const std::size_t mask = places_.size() - 1;
    std::size_t place = (hash >> shift_) * kTogether + block % kTogether;
    for (; places_[place] != kNone; place = (place + 1) & mask)
      if (const auto& there = blocks[places_[place]]; there.block == block && there.disk == disk)
        break;
    return place;
  }

  template <class Blocks>
  void grow(const Blocks& blocks) {
    places_.assign(places_.empty() ? 2 * kTogether : 2 * places_.size(), kNone);
    --shift_;
    for (std::size_t slot = 0; slot < blocks.size(); ++slot)
      places_[place_of(blocks, blocks[slot].disk, blocks[slot].block)] = static_cast<Slot>(slot);
  }

  std::vector<Slot> places_;  ///< a power of two of them, or none
  unsigned shift_ = 64;       ///< leaves of a hash as many bits as number the groups of places
};

}  // namespace switchback
