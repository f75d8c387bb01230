// SPDX-License-Identifier: Apache-2.0
// Which extents two lists of checksums differ in.
#include "vms/recovery/comparison.hpp"

#include <map>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace switchback::recovery {
namespace {

using Disk = std::map<std::uint64_t, std::uint64_t>;  ///< chunk -> content, zeroes left out

std::vector<ChunkDigest> digests(const Disk& disk) {
  std::vector<ChunkDigest> list;
  for (const auto& [chunk, content] : disk)
    list.push_back({chunk, {content, content + 1}});
  return list;
}

Disk any_disk(std::uint64_t chunks) {
  Disk disk;
  for (std::uint64_t chunk = 0; chunk < chunks; ++chunk)
    if (const auto content = *rc::gen::inRange<std::uint64_t>(0, 4); content > 0)
      disk[chunk] = content;
  return disk;
}

RC_GTEST_PROP(Comparison, CoversTheChunksThatDifferAndOnlyThose, ()) {
  constexpr Bytes kChunk = 65536;
  const Bytes disk_bytes = *rc::gen::inRange<Bytes>(1, 40 * kChunk);
  const std::uint64_t chunks = (disk_bytes + kChunk - 1) / kChunk;
  const Disk ours = any_disk(chunks);
  const Disk theirs = any_disk(chunks);
  const auto extents = differing_extents(digests(ours), digests(theirs), kChunk, disk_bytes);

  std::vector<bool> covered(chunks, false);
  Bytes end = 0;
  for (const Extent& extent : extents) {
    RC_ASSERT(extent.length > 0U);
    RC_ASSERT(extent.length <= Bytes{1} << 20);
    RC_ASSERT(extent.offset >= end);
    end = extent.offset + extent.length;
    RC_ASSERT(end <= disk_bytes);
    RC_ASSERT(extent.offset % kChunk == 0U);
    RC_ASSERT(end % kChunk == 0U || end == disk_bytes);
    for (Bytes at = extent.offset; at < end; at += kChunk)
      covered[at / kChunk] = true;
  }
  for (std::uint64_t chunk = 0; chunk < chunks; ++chunk) {
    const auto in = [chunk](const Disk& disk) {
      const auto found = disk.find(chunk);
      return found == disk.end() ? 0 : found->second;
    };
    RC_ASSERT(covered[chunk] == (in(ours) != in(theirs)));
  }
}

TEST(Comparison, IgnoresChunksBeyondTheEndOfTheDisk) {
  EXPECT_TRUE(differing_extents({{7, {1, 2}}}, {}, 512, 7 * 512).empty());
  EXPECT_EQ(differing_extents({{7, {1, 2}}}, {}, 512, 7 * 512 + 1),
            (std::vector<Extent>{{7 * 512, 1}}));
}

}  // namespace
}  // namespace switchback::recovery
