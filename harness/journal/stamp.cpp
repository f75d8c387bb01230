// SPDX-License-Identifier: Apache-2.0
// See stamp.hpp.
#include "harness/journal/stamp.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <optional>

// Called for every sector: a call into the library takes as long as the sum itself.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "harness/base/assert.hpp"

namespace switchback {
namespace {

constexpr std::uint64_t kMagic = 0x4b43'4142'4854'4357U;  // "WCTHBACK" in memory

/// What a sector begins with. Fixed widths, no padding, little-endian as all supported hosts are.
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
static_assert(sizeof(Header) == 56 && std::endian::native == std::endian::little);

/// The shortest piece that carries a header, and some payload to hold it against. What is left over
/// at the end of a disk may be shorter.
constexpr std::size_t kShortestHeaded = sizeof(Header) + sizeof(std::uint64_t);

using Sector = std::array<std::byte, kSectorBytes>;
using Piece = std::span<const std::byte>;

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

constexpr std::size_t kPayloadWords = (kSectorBytes - sizeof(Header)) / sizeof(std::uint64_t);
constexpr std::uint64_t kOdd = 0x9e37'79b9'7f4a'7c15U;

/// A payload is a run of multiples of an odd constant, begun at that of the checksum, so it differs
/// from sector to sector and from write to write. Taken from its first word, the rest is the same
/// for all: this. So to verify one takes a subtraction and a comparison a word, which a compiler
/// makes vector code of; no word has to be made first.
constexpr auto kSteps = [] {
  std::array<std::uint64_t, kPayloadWords> steps{};
  for (std::size_t n = 0; n < steps.size(); ++n)
    steps[n] = n * kOdd;
  return steps;
}();

using Payload = std::span<std::byte, kPayloadWords * sizeof(std::uint64_t)>;

void fill_payload(Payload into, const Header& header) {
  std::array<std::uint64_t, kPayloadWords> words;
  for (std::size_t n = 0; n < words.size(); ++n)
    words[n] = header.checksum * kOdd + kSteps[n];
  std::memcpy(into.data(), words.data(), sizeof words);
}

/// Whether the payload of a whole sector is what fill_payload() makes. Inlined into functions that
/// a compiler makes code of for different processors.
[[gnu::always_inline]] inline bool follows(const std::byte* payload, std::uint64_t begin) {
  const auto word = [payload](std::size_t n) {
    std::uint64_t loaded;
    std::memcpy(&loaded, payload + n * sizeof loaded, sizeof loaded);
    return loaded;
  };
  static_assert(kPayloadWords % 8 == 1, "the loop is a whole number of vectors");
  std::uint64_t differing = word(0) ^ begin;
  for (std::size_t n = 1; n < kPayloadWords; ++n)
    differing |= (word(n) - kSteps[n]) ^ begin;
  return differing == 0;
}

#ifdef __x86_64__
[[gnu::target("avx2")]] bool follows_by_avx2(const std::byte* payload, std::uint64_t begin) {
  return follows(payload, begin);
}
const bool kHasAvx2 = __builtin_cpu_supports("avx2") != 0;
#endif

bool payload_follows(const std::byte* payload, const Header& header) {
  const std::uint64_t begin = header.checksum * kOdd;
#ifdef __x86_64__
  if (kHasAvx2) return follows_by_avx2(payload, begin);
#endif
  return follows(payload, begin);
}

/// What a piece of `length` bytes holds is the beginning of this. A piece too short for a header is
/// all payload: the first bytes of a header are the same for every write, and would hide a tear.
Sector sector_of(const Header& header, std::size_t length) {
  Sector sector;
  std::memcpy(sector.data(), &header, sizeof header);
  const Payload payload = std::span(sector).subspan<sizeof(Header)>();
  fill_payload(payload, header);
  if (length < kShortestHeaded) std::memmove(sector.data(), payload.data(), length);
  return sector;
}

bool all_zero(Piece bytes) {
  static constexpr Sector kZeros{};
  return std::memcmp(bytes.data(), kZeros.data(), bytes.size()) == 0;
}

/// Whether all behind a sound header is what a stamp has there.
bool rest_follows(Piece bytes, const Header& header) {
  if (bytes.size() == kSectorBytes) return payload_follows(bytes.data() + sizeof header, header);
  const Sector expected = sector_of(header, bytes.size());
  return std::memcmp(bytes.data(), expected.data(), bytes.size()) == 0;
}

/// What a piece with a header holds, before the pieces of a block are held against each other.
Shown read_headed(Piece bytes, const Header& own) {
  Header header;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.magic != kMagic)
    return all_zero(bytes) ? Shown{} : Shown{.kind = Shown::Kind::corrupt, .seq = 0};
  if (header.checksum != header.sum() || !rest_follows(bytes, header))
    return {Shown::Kind::corrupt, 0};
  if (header.run != own.run || header.item != own.item || header.disk != own.disk ||
      header.block != own.block)
    return {Shown::Kind::foreign, 0};
  if (header.sector != own.sector) return {Shown::Kind::corrupt, 0};  // moved within its block
  return {Shown::Kind::write, header.seq};
}

/// What a piece too short for a header holds, beside sectors that show `sectors`. Its bytes can't
/// name a write, so all that does not go with the sectors counts as torn. They come first: the few
/// bytes that a write has there may all happen to be zero.
Shown read_headless(Piece bytes, const Header& own, Shown sectors) {
  if (sectors.kind == Shown::Kind::write) {
    const Header header =
        header_of({own.run, own.item, own.disk}, own.block, own.sector, sectors.seq);
    if (std::memcmp(bytes.data(), sector_of(header, bytes.size()).data(), bytes.size()) == 0)
      return sectors;
  }
  return all_zero(bytes) ? Shown{} : Shown{.kind = Shown::Kind::torn, .seq = sectors.seq};
}

/// Two pieces of one block: the worse of them, and torn if they are of different writes.
Shown joined(Shown left, Shown right) {
  if (left == right) return left;
  for (const Shown::Kind kind : {Shown::Kind::corrupt, Shown::Kind::foreign})
    if (left.kind == kind || right.kind == kind) return {kind, 0};
  return {Shown::Kind::torn, std::max(left.seq, right.seq)};
}

}  // namespace

void write_stamp(std::span<std::byte> bytes, const StampOwner& owner, BlockNumber block,
                 WriteSeq seq) {
  SB_ASSERT(bytes.size() >= kSectorBytes && seq != kInitialState);
  std::uint32_t number = 0;
  for (std::size_t offset = 0; offset < bytes.size(); offset += kSectorBytes) {
    const std::size_t length = std::min<std::size_t>(kSectorBytes, bytes.size() - offset);
    const Sector sector = sector_of(header_of(owner, block, number++, seq), length);
    std::memcpy(bytes.data() + offset, sector.data(), length);
  }
}

Shown read_stamp(std::span<const std::byte> bytes, const StampOwner& owner, BlockNumber block) {
  SB_ASSERT(bytes.size() >= kSectorBytes);
  Header own{.run = owner.run, .item = owner.item, .disk = owner.disk, .block = block};
  std::optional<Shown> shown;
  for (std::size_t offset = 0; offset < bytes.size(); offset += kSectorBytes, ++own.sector) {
    const Piece piece =
        bytes.subspan(offset, std::min<std::size_t>(kSectorBytes, bytes.size() - offset));
    const Shown held = piece.size() >= kShortestHeaded ? read_headed(piece, own)
                                                       : read_headless(piece, own, *shown);
    shown = shown ? joined(*shown, held) : held;
  }
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
