// SPDX-License-Identifier: Apache-2.0
// What an image shows, block by block, however the image is stored.
#pragma once

#include <functional>

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

/// Reads one disk image. The simulated world serves it from memory, the real one decodes stamps
/// read over NBD. The reader owns its connection and closes it when destroyed.
class ImageReader {
 public:
  virtual ~ImageReader() = default;

  [[nodiscard]] virtual Bytes size_bytes() const = 0;

  /// Calls `visit` once for every block that is not in its initial state, in ascending order, so
  /// that a sparse image costs what is allocated.
  virtual Nothing visit_blocks(const std::function<void(BlockNumber, Shown)>& visit) = 0;
};

}  // namespace switchback
