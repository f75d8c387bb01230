// SPDX-License-Identifier: Apache-2.0
// Stamps: what is written is read back, and nothing else is taken for it.
#include "harness/journal/stamp.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "harness/journal/random_history.hpp"

namespace switchback {
namespace {

using Kind = Shown::Kind;
using Block = std::vector<std::byte>;

constexpr StampOwner kOwner{.run = 0x1111, .item = 0x2222, .disk = 3};
constexpr BlockNumber kBlock = 77;

Block stamped(std::size_t length, WriteSeq seq, const StampOwner& owner = kOwner,
              BlockNumber block = kBlock) {
  Block bytes(length);
  write_stamp(bytes, owner, block, seq);
  return bytes;
}

Shown read(const Block& bytes) {
  return read_stamp(bytes, kOwner, kBlock);
}

/// Takes the bytes from `begin` to `end` from another block of the same length.
void overwrite(Block& bytes, const Block& other, std::size_t begin, std::size_t end) {
  std::copy(other.begin() + static_cast<std::ptrdiff_t>(begin),
            other.begin() + static_cast<std::ptrdiff_t>(end),
            bytes.begin() + static_cast<std::ptrdiff_t>(begin));
}

TEST(Stamp, OfEveryLengthThatABlockCanHaveIsReadBack) {
  for (std::size_t length = kSectorBytes; length < kBlockBytes + kSectorBytes; ++length) {
    ASSERT_EQ(read(stamped(length, 9)), (Shown{Kind::write, 9})) << length;
    ASSERT_EQ(read(Block(length)), (Shown{Kind::initial, 0})) << length;
  }
}

TEST(Stamp, OfAnyOwnerBlockAndWriteIsReadBack) {
  check_over(2000, [] {
    const StampOwner owner{
        .run = any_word(), .item = any_word(), .disk = static_cast<std::uint32_t>(any_word())};
    const BlockNumber block = any_word();
    const WriteSeq seq = std::max<WriteSeq>(any_word(), 1);
    const Block bytes = stamped(between<std::size_t>(512, 9000), seq, owner, block);
    RC_ASSERT(read_stamp(bytes, owner, block) == (Shown{Kind::write, seq}));
  });
}

TEST(Stamp, WhoseRemainderHappensToBeZeroIsReadBack) {
  // One write in 256 has a zero as the only byte behind its last sector.
  constexpr std::size_t kLength = kBlockBytes + 1;
  int zeros = 0;
  for (WriteSeq seq = 1; seq <= 2000; ++seq) {
    const Block bytes = stamped(kLength, seq);
    if (bytes.back() != std::byte{}) continue;
    ++zeros;
    ASSERT_EQ(read(bytes), (Shown{Kind::write, seq}));
  }
  EXPECT_GT(zeros, 0);
}

TEST(Stamp, WithAnyByteChangedIsNoWriteAndNoInitialState) {
  for (const std::size_t length : {512U, 520U, 576U, 1000U, 4096U, 4097U, 4160U, 4607U}) {
    Block bytes = stamped(length, 9);
    for (std::size_t at = 0; at < length; ++at) {
      const std::byte sound = bytes[at];
      for (const unsigned flip : {0x01U, 0x80U, 0xffU}) {
        bytes[at] = sound ^ static_cast<std::byte>(flip);
        const Kind kind = read(bytes).kind;
        // A remainder without a header can't tell damage from the bytes of another write.
        const bool headless = length % 512 < 64 && at >= length / 512 * 512;
        ASSERT_EQ(kind, headless ? Kind::torn : Kind::corrupt) << length << " bytes, byte " << at;
      }
      bytes[at] = sound;
    }
  }
}

TEST(Stamp, OneByteInAnUntouchedBlockIsSeen) {
  check_over(2000, [] {
    Block bytes(between<std::size_t>(512, 4607));
    const auto at = between<std::size_t>(0, bytes.size() - 1);
    bytes[at] = static_cast<std::byte>(between(1, 255));
    const Kind kind = read(bytes).kind;
    RC_ASSERT(kind == Kind::corrupt || kind == Kind::torn);
  });
}

TEST(Stamp, OfTwoWritesIsTornAndShowsTheNewer) {
  Block bytes = stamped(4096, 5);
  overwrite(bytes, stamped(4096, 7), 1024, 1536);
  EXPECT_EQ(read(bytes), (Shown{Kind::torn, 7}));
}

TEST(Stamp, BesideUntouchedSectorsIsTorn) {
  Block bytes = stamped(4096, 5);
  overwrite(bytes, Block(4096), 3584, 4096);
  EXPECT_EQ(read(bytes), (Shown{Kind::torn, 5}));
}

TEST(Stamp, WhoseRemainderIsOfAnotherWriteIsTorn) {
  // From 8 bytes on; a shorter remainder may be the same for two writes by chance.
  for (std::size_t rest = 8; rest < kSectorBytes; ++rest) {
    const std::size_t length = 4096 + rest;
    for (const auto& [head, tail, newest] :
         {std::tuple{7U, 5U, 7U}, {5U, 7U, rest < 64 ? 5U : 7U}, {7U, 0U, 7U}}) {
      Block bytes = stamped(length, head);
      overwrite(bytes, tail == 0 ? Block(length) : stamped(length, tail), 4096, length);
      ASSERT_EQ(read(bytes), (Shown{Kind::torn, newest})) << rest << " bytes left over";
    }
    Block bytes(length);
    overwrite(bytes, stamped(length, 5), 4096, length);
    ASSERT_EQ(read(bytes).kind, Kind::torn) << rest << " bytes left over";
  }
}

TEST(Stamp, OfAnyMixtureOfWritesIsTornUnlessItIsOneWrite) {
  check_over(2000, [] {
    const auto length = between<std::size_t>(512, 4607);
    const std::size_t headed = length % 512 < 64 ? length / 512 * 512 : length;
    Block bytes(length);
    std::vector<WriteSeq> sectors;
    for (std::size_t at = 0; at < headed; at += 512) {
      // Few different writes, so that some blocks are whole.
      sectors.push_back(between<WriteSeq>(0, between<WriteSeq>(0, 3)));
      if (sectors.back() != 0)
        overwrite(bytes, stamped(length, sectors.back()), at, std::min(at + 512, headed));
    }
    const WriteSeq newest = *std::max_element(sectors.begin(), sectors.end());
    const bool whole = std::count(sectors.begin(), sectors.end(), newest) ==
                       static_cast<std::ptrdiff_t>(sectors.size());
    if (newest != 0) overwrite(bytes, stamped(length, newest), headed, length);
    const Kind expected = !whole ? Kind::torn : newest == 0 ? Kind::initial : Kind::write;
    RC_ASSERT(read(bytes) == (Shown{expected, newest}));
  });
}

TEST(Stamp, OfAnotherRunItemDiskOrBlockIsForeign) {
  for (const StampOwner& other : {StampOwner{.run = 1, .item = 0x2222, .disk = 3},
                                  StampOwner{.run = 0x1111, .item = 1, .disk = 3},
                                  StampOwner{.run = 0x1111, .item = 0x2222, .disk = 1}})
    EXPECT_EQ(read(stamped(4096, 5, other)).kind, Kind::foreign);
  EXPECT_EQ(read(stamped(4096, 5, kOwner, kBlock + 1)).kind, Kind::foreign);
}

TEST(Stamp, MovedWithinItsBlockIsCorrupt) {
  Block bytes = stamped(4096, 5);
  std::rotate(bytes.begin(), bytes.begin() + kSectorBytes, bytes.end());
  EXPECT_EQ(read(bytes).kind, Kind::corrupt);
}

TEST(Stamp, CorruptOutweighsForeignAndForeignOutweighsTorn) {
  Block bytes = stamped(4096, 5);
  overwrite(bytes, stamped(4096, 7), 512, 1024);
  overwrite(bytes, stamped(4096, 5, kOwner, kBlock + 1), 2048, 2560);
  EXPECT_EQ(read(bytes).kind, Kind::foreign);
  bytes[4000] ^= std::byte{1};
  EXPECT_EQ(read(bytes).kind, Kind::corrupt);
}

TEST(VisitStamps, ShowsEachWrittenBlockOfADiskOfAnySizeOnceInOrder) {
  check_over(500, [] {
    const DiskGeometry disk{.size_bytes = between<Bytes>(kSectorBytes, 100'000)};
    Block bytes(disk.size_bytes);
    std::vector<std::pair<BlockNumber, Shown>> expected;
    for (BlockNumber block = 0; block < disk.block_count(); ++block) {
      if (between(0, 1) == 0) continue;
      const WriteSeq seq = between<WriteSeq>(1, 1'000'000);
      write_stamp(std::span(bytes).subspan(disk.block_offset(block), disk.block_bytes(block)),
                  kOwner, block, seq);
      expected.emplace_back(block, Shown{Kind::write, seq});
    }
    std::vector<std::pair<BlockNumber, Shown>> seen;
    const auto visit = [&](BlockNumber block, Shown shown) { seen.emplace_back(block, shown); };
    // In two pieces, cut at a block.
    const BlockNumber cut = between<BlockNumber>(0, disk.block_count() - 1);
    const auto whole = std::span<const std::byte>(bytes);
    visit_stamps(whole.first(disk.block_offset(cut)), 0, disk, kOwner, visit);
    visit_stamps(whole.subspan(disk.block_offset(cut)), cut, disk, kOwner, visit);
    RC_ASSERT(seen == expected);
  });
}

}  // namespace
}  // namespace switchback
