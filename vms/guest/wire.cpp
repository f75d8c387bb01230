// SPDX-License-Identifier: Apache-2.0
// See wire.hpp.
#include "vms/guest/wire.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "harness/base/assert.hpp"

namespace switchback::guest {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::uint32_t kMagic = 0x4147'4253U;  // "SBGA" in memory

struct Header {
  std::uint32_t magic = kMagic;
  std::uint16_t version = kWireVersion;
  std::uint16_t kind = 0;
  std::uint32_t length = 0;
  std::uint32_t zero = 0;
  std::uint64_t number = 0;
  std::uint64_t checksum = 0;  ///< of all before it, and the payload
};
static_assert(sizeof(Header) == kHeaderBytes);
static_assert(2 * sizeof(std::uint64_t) + kMostWrites * sizeof(BlockWrite) <= kLongestPayload &&
              sizeof(BlockWrite) == 24);

std::uint64_t checksum_of(const Header& header, const std::byte* payload) {
  const XXH64_hash_t head = XXH3_64bits(&header, offsetof(Header, checksum));
  return XXH3_64bits_withSeed(payload, header.length, head);
}

/// Puts values one behind the other.
class Writer {
 public:
  template <class T>
  void put(T value) {
    const auto* const first = reinterpret_cast<const std::byte*>(&value);
    bytes_.insert(bytes_.end(), first, first + sizeof value);
  }
  void put_text(std::string_view text) {
    put(static_cast<std::uint32_t>(text.size()));
    const auto* const first = reinterpret_cast<const std::byte*>(text.data());
    bytes_.insert(bytes_.end(), first, first + text.size());
  }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

/// Takes them off again; once something is missing, all that follows is.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  template <class T>
  T take() {
    T value{};
    if (sound_ && bytes_.size() >= sizeof value) {
      std::memcpy(&value, bytes_.data(), sizeof value);
      bytes_ = bytes_.subspan(sizeof value);
    } else {
      sound_ = false;
    }
    return value;
  }
  std::string take_text() {
    const auto length = take<std::uint32_t>();
    if (!sound_ || length > bytes_.size()) {
      sound_ = false;
      return {};
    }
    std::string text(reinterpret_cast<const char*>(bytes_.data()), length);
    bytes_ = bytes_.subspan(length);
    return text;
  }
  [[nodiscard]] std::size_t left() const { return bytes_.size(); }
  [[nodiscard]] bool at_the_end() const { return sound_ && bytes_.empty(); }

 private:
  std::span<const std::byte> bytes_;
  bool sound_ = true;
};

tl::unexpected<Error> not_a(const char* what) {
  return bad_input(std::string("the payload of a frame is no ") + what,
                   "build the guest's image anew: vms/guest/build-image");
}

}  // namespace

std::vector<std::byte> encode(const Frame& frame) {
  SB_ASSERT(frame.payload.size() <= kLongestPayload);
  Header header;
  header.kind = static_cast<std::uint16_t>(frame.kind);
  header.length = static_cast<std::uint32_t>(frame.payload.size());
  header.number = frame.number;
  header.checksum = checksum_of(header, frame.payload.data());
  std::vector<std::byte> bytes(sizeof header + frame.payload.size());
  std::memcpy(bytes.data(), &header, sizeof header);
  std::copy(frame.payload.begin(), frame.payload.end(), bytes.begin() + sizeof header);
  return bytes;
}

std::vector<std::byte> fresh_start() {
  return std::vector<std::byte>(kHeaderBytes + kLongestPayload);
}

std::vector<std::byte> payload_of(const Status& status) {
  Writer writer;
  writer.put_text(status.vm);
  writer.put_text(status.boot_id);
  writer.put(status.uptime_ms);
  writer.put(static_cast<std::uint8_t>(status.frozen));
  return writer.take();
}

std::vector<std::byte> payload_of(const WriteRequest& request) {
  SB_ASSERT(request.writes.size() <= kMostWrites);
  Writer writer;
  writer.put(request.run);
  writer.put(request.item);
  for (const BlockWrite& write : request.writes) {
    writer.put(write.disk);
    writer.put(write.drive);
    writer.put(write.block);
    writer.put(write.seq);
  }
  return writer.take();
}

std::vector<std::byte> payload_of(const FlushRequest& request) {
  Writer writer;
  for (const std::uint32_t drive : request.drives)
    writer.put(drive);
  return writer.take();
}

std::vector<std::byte> payload_of(std::string_view words) {
  const std::string_view kept = words.substr(0, kLongestPayload);
  const auto* const first = reinterpret_cast<const std::byte*>(kept.data());
  return {first, first + kept.size()};
}

Result<Status> status_in(const std::vector<std::byte>& payload) {
  Reader reader(payload);
  Status status;
  status.vm = reader.take_text();
  status.boot_id = reader.take_text();
  status.uptime_ms = reader.take<std::uint64_t>();
  const auto frozen = reader.take<std::uint8_t>();
  status.frozen = frozen == 1;
  if (!reader.at_the_end() || frozen > 1) return not_a("status");
  return status;
}

Result<WriteRequest> write_request_in(const std::vector<std::byte>& payload) {
  Reader reader(payload);
  WriteRequest request;
  request.run = reader.take<std::uint64_t>();
  request.item = reader.take<std::uint64_t>();
  while (reader.left() > 0 && request.writes.size() < kMostWrites) {
    BlockWrite write;
    write.disk = reader.take<std::uint32_t>();
    write.drive = reader.take<std::uint32_t>();
    write.block = reader.take<std::uint64_t>();
    write.seq = reader.take<std::uint64_t>();
    request.writes.push_back(write);
    if (write.seq == kInitialState) return not_a("list of writes");
  }
  if (!reader.at_the_end()) return not_a("list of writes");
  return request;
}

Result<FlushRequest> flush_request_in(const std::vector<std::byte>& payload) {
  Reader reader(payload);
  FlushRequest request;
  while (reader.left() >= sizeof(std::uint32_t))
    request.drives.push_back(reader.take<std::uint32_t>());
  if (!reader.at_the_end()) return not_a("list of drives");
  return request;
}

std::string words_in(const std::vector<std::byte>& payload) {
  return {reinterpret_cast<const char*>(payload.data()), payload.size()};
}

void FrameReader::feed(std::span<const std::byte> bytes) {
  bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(begin_));
  begin_ = 0;
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

void FrameReader::pass_over_garbage() {
  std::array<std::byte, sizeof kMagic> magic;
  std::memcpy(magic.data(), &kMagic, magic.size());
  const auto from = bytes_.begin() + static_cast<std::ptrdiff_t>(begin_);
  auto found = std::search(from, bytes_.end(), magic.begin(), magic.end());
  // The beginning of a magic may be all that has come yet.
  if (found == bytes_.end())
    found = bytes_.end() - std::min<std::ptrdiff_t>(bytes_.end() - from, magic.size() - 1);
  begin_ = static_cast<std::size_t>(found - bytes_.begin());
}

std::optional<Frame> FrameReader::next() {
  for (;;) {
    pass_over_garbage();
    Header header;
    if (bytes_.size() - begin_ < sizeof header) return std::nullopt;
    std::memcpy(&header, bytes_.data() + begin_, sizeof header);
    const bool sensible = header.zero == 0 && header.length <= kLongestPayload;
    if (sensible && bytes_.size() - begin_ < sizeof header + header.length) return std::nullopt;
    const std::byte* const payload = bytes_.data() + begin_ + sizeof header;
    if (!sensible || header.checksum != checksum_of(header, payload)) {
      ++begin_;  // a magic by chance, or what is left of a torn frame
      continue;
    }
    begin_ += sizeof header + header.length;
    if (header.version == kWireVersion)
      return Frame{.number = header.number,
                   .kind = static_cast<Kind>(header.kind),
                   .payload = {payload, payload + header.length}};
    other_version_ = header.version;
  }
}

}  // namespace switchback::guest
