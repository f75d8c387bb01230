// SPDX-License-Identifier: Apache-2.0
// How a disk of any size is cut into blocks.
#pragma once

#include "harness/base/units.hpp"

namespace switchback {

/// A disk as the journal sees it. Sizes need not be multiples of anything: the last block takes
/// what is left over, and a remainder shorter than a sector belongs to the block before it, so
/// every block has at least one whole sector (and with it a whole stamp header).
struct DiskGeometry {
  Bytes size_bytes = 0;         ///< at least kSectorBytes
  bool volatile_cache = false;  ///< acknowledged writes are safe only after a flush

  [[nodiscard]] BlockNumber block_count() const {
    const BlockNumber whole = size_bytes / kBlockBytes;
    return whole + (size_bytes % kBlockBytes >= kSectorBytes || whole == 0 ? 1 : 0);
  }
  [[nodiscard]] Bytes block_offset(BlockNumber block) const { return block * kBlockBytes; }
  [[nodiscard]] Bytes block_bytes(BlockNumber block) const {
    return block + 1 == block_count() ? size_bytes - block_offset(block) : kBlockBytes;
  }
};

}  // namespace switchback
