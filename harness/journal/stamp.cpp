// SPDX-License-Identifier: Apache-2.0
// See stamp.hpp.
#include "harness/journal/stamp.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include <xxhash.h>

#include "harness/base/assert.hpp"

namespace switchback {
namespace {

constexpr std::uint64_t kMagic = 0x4b43'4142'4854'4357U;  // "WCTHBACK" in memory

/// What every sector begins with. Fixed-width, little-endian as on all hosts that are supported.
struct Header {
  std::uint64_t magic = kMagic;
  std::uint64_t run = 0;
  std::uint64_t item = 0;
  std::uint32_t disk = 0;
  std::uint32_t sector = 0;
  std::uint64_t block = 0;
  std::uint64_t seq = 0;
  std::uint64_t checksum = 0;  ///< of all before it

  [[nodiscard]] std::uint64_t sum() const { return XXH3_64bits(this, offsetof(Header, checksum)); }
};
static_assert(sizeof(Header) == 56 && sizeof(Header) < kSectorBytes);

Header header_of(const StampOwner& owner, BlockNumber block, std::uint32_t sector, WriteSeq seq) {
  Header header;
  header.run = owner.run;
  header.item = owner.item;
  header.disk = owner.disk;
  header.sector = sector;
  header.block = block;
  header.seq = seq;
  header.checksum = header.sum();
  return header;
}

/// A whole sector: the header, and words that differ from sector to sector and write to write.
void fill_sector(std::array<std::byte, kSectorBytes>& sector, const Header& header) {
  std::memcpy(sector.data(), &header, sizeof header);
  constexpr std::size_t kWords = (kSectorBytes - sizeof header) / sizeof(std::uint64_t);
  std::array<std::uint64_t, kWords> words;
  for (std::size_t n = 0; n < kWords; ++n)
    words[n] = (header.checksum + n) * 0x9e37'79b9'7f4a'7c15U;
  std::memcpy(sector.data() + sizeof header, words.data(), sizeof words);
}

bool all_zero(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

/// What one sector holds, before the sectors of a block are held against each other.
Shown read_sector(std::span<const std::byte> bytes, const StampOwner& owner, BlockNumber block,
                  std::uint32_t sector) {
  if (all_zero(bytes)) return {};
  Header header;
  std::memcpy(&header, bytes.data(), sizeof header);
  std::array<std::byte, kSectorBytes> expected;
  if (header.magic != kMagic || header.checksum != header.sum()) return {Shown::Kind::corrupt, 0};
  fill_sector(expected, header);
  if (std::memcmp(bytes.data(), expected.data(), kSectorBytes) != 0)
    return {Shown::Kind::corrupt, 0};
  const Header own = header_of(owner, block, sector, header.seq);
  if (own.checksum != header.checksum) return {Shown::Kind::foreign, 0};
  return {Shown::Kind::write, header.seq};
}

/// Two sectors of one block: the worse of them, and torn if they are of different writes.
Shown joined(Shown left, Shown right) {
  for (const Shown::Kind kind : {Shown::Kind::corrupt, Shown::Kind::foreign})
    if (left.kind == kind || right.kind == kind) return {kind, 0};
  if (left == right) return left;
  return {Shown::Kind::torn, std::max(left.seq, right.seq)};
}

}  // namespace

void write_stamp(std::span<std::byte> bytes, const StampOwner& owner, BlockNumber block,
                 WriteSeq seq) {
  SB_ASSERT(bytes.size() >= kSectorBytes);
  std::array<std::byte, kSectorBytes> sector;
  std::uint32_t number = 0;
  for (std::size_t offset = 0; offset < bytes.size(); offset += kSectorBytes) {
    fill_sector(sector, header_of(owner, block, number++, seq));
    std::memcpy(bytes.data() + offset, sector.data(),
                std::min<std::size_t>(kSectorBytes, bytes.size() - offset));
  }
}

Shown read_stamp(std::span<const std::byte> bytes, const StampOwner& owner, BlockNumber block) {
  SB_ASSERT(bytes.size() >= kSectorBytes);
  std::optional<Shown> shown;
  std::uint32_t number = 0;
  std::size_t offset = 0;
  for (; offset + kSectorBytes <= bytes.size(); offset += kSectorBytes) {
    const Shown sector = read_sector(bytes.subspan(offset, kSectorBytes), owner, block, number++);
    shown = shown ? joined(*shown, sector) : sector;
  }
  if (offset == bytes.size()) return *shown;
  // A remainder shorter than a sector may be too short for a header: it must be the beginning of
  // what the whole sectors before it announce.
  const std::span<const std::byte> rest = bytes.subspan(offset);
  if (shown->kind == Shown::Kind::write) {
    std::array<std::byte, kSectorBytes> expected;
    fill_sector(expected, header_of(owner, block, number, shown->seq));
    if (std::memcmp(rest.data(), expected.data(), rest.size()) == 0) return *shown;
    return {Shown::Kind::torn, shown->seq};
  }
  if (shown->kind == Shown::Kind::initial && !all_zero(rest)) return {Shown::Kind::torn, 0};
  return *shown;
}

void visit_stamps(std::span<const std::byte> bytes, BlockNumber first_block,
                  const DiskGeometry& geometry, const StampOwner& owner,
                  const std::function<void(BlockNumber, Shown)>& visit) {
  BlockNumber block = first_block;
  for (std::size_t offset = 0; offset < bytes.size(); ++block) {
    const std::size_t length = geometry.block_bytes(block);
    SB_ASSERT(offset + length <= bytes.size());
    const Shown shown = read_stamp(bytes.subspan(offset, length), owner, block);
    if (shown.kind != Shown::Kind::initial) visit(block, shown);
    offset += length;
  }
}

}  // namespace switchback
