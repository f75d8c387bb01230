// SPDX-License-Identifier: Apache-2.0
// What an image shows, block by block, however the image is stored.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "harness/base/result.hpp"
#include "harness/base/units.hpp"

namespace switchback {

/// What one block of an image turned out to hold.
struct Shown {
  enum class Kind : std::uint8_t {
    initial,  ///< never written: all zero bytes
    write,    ///< the whole of guest write `seq`
    torn,     ///< sectors of different writes, or a write beside untouched sectors
    corrupt,  ///< bytes that no guest wrote
    foreign,  ///< a sound stamp of another run, item, disk or block
  };
  Kind kind = Kind::initial;
  WriteSeq seq = kInitialState;  ///< for `write`; the newest seen for `torn`

  friend bool operator==(const Shown&, const Shown&) = default;
};

/// What an image shows, by block, ascending. A block that is not there is in its initial state;
/// some that are there may be as well.
using ShownBlocks = std::vector<std::pair<BlockNumber, Shown>>;

/// Reads one disk image. The simulated world serves it from memory, the real one decodes stamps
/// read over NBD. The reader owns its connection and closes it when destroyed.
class ImageReader {
 public:
  virtual ~ImageReader() = default;

  [[nodiscard]] virtual Bytes size_bytes() const = 0;

  /// Calls `visit` once for every block that is not in its initial state, in ascending order, so
  /// that a sparse image costs what is allocated.
  virtual Nothing visit_blocks(const std::function<void(BlockNumber, Shown)>& visit) = 0;

  /// All that it shows, as it is now.
  virtual Result<std::shared_ptr<const ShownBlocks>> read_all() {
    ShownBlocks blocks;
    if (Nothing read = visit_blocks(
            [&](BlockNumber block, Shown shown) { blocks.emplace_back(block, shown); });
        !read)
      return tl::unexpected(read.error());
    return std::make_shared<const ShownBlocks>(std::move(blocks));
  }

  /// A number that stands for what it shows, size and all: in one world, equal numbers mean equal
  /// content. The simulated disks keep one by themselves, whoever writes to them; real disks have
  /// none, and have to be read. Never what the system under test says.
  [[nodiscard]] virtual std::optional<std::uint64_t> content() const { return std::nullopt; }
};

}  // namespace switchback
