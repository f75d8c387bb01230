// SPDX-License-Identifier: Apache-2.0
// For the tests: a disk image that is a list of what its blocks show.
#pragma once

#include <map>
#include <utility>

#include "harness/journal/image.hpp"

namespace switchback {

class FakeImage final : public ImageReader {
 public:
  FakeImage(Bytes size_bytes, std::map<BlockNumber, Shown> blocks)
      : size_bytes_(size_bytes), blocks_(std::move(blocks)) {}

  [[nodiscard]] Bytes size_bytes() const override { return size_bytes_; }
  Nothing visit_blocks(const std::function<void(BlockNumber, Shown)>& visit) override {
    for (const auto& [block, shown] : blocks_)
      if (shown.kind != Shown::Kind::initial) visit(block, shown);
    return {};
  }

 private:
  Bytes size_bytes_;
  std::map<BlockNumber, Shown> blocks_;
};

}  // namespace switchback
