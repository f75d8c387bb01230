// SPDX-License-Identifier: Apache-2.0
// What the harness and the agent in a guest say to each other, over the virtio-serial port
// org.switchback.agent.0: one header for both sides.
//
// A frame is a header of kHeaderBytes and a payload of up to kLongestPayload bytes, little-endian:
//   magic "SBGA" (4 bytes), version (2), kind (2), length of the payload (4), zero (4), number (8),
//   checksum of all that and of the payload (8).
// The client numbers its requests; the answer bears the number of its request. One request is in
// progress at a time, with many writes in flight within it.
//
// A port is a stream that outlives its clients. So a client begins with fresh_start(): as many
// zeroes as the longest frame has, which complete whatever an earlier client left unfinished and
// are passed over; and it passes over answers that bear other numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.hpp"
#include "harness/base/units.hpp"

namespace switchback::guest {

inline constexpr const char* kAgentPort = "org.switchback.agent.0";
inline constexpr std::uint16_t kWireVersion = 1;
inline constexpr std::size_t kHeaderBytes = 32;
inline constexpr std::size_t kLongestPayload = 16384;

enum class Kind : std::uint16_t {
  hello = 1,      ///< no payload; answered by status
  write = 2,      ///< WriteRequest; answered by done or refused
  flush = 3,      ///< FlushRequest; answered by done or refused
  status = 4,     ///< Status
  done = 5,       ///< no payload: all that was asked for is on the disks, flushed
  refused = 6,    ///< why, in words
  qemu_agent = 7  ///< what becomes of QEMU's agent: one of kHangs, kGoesOn, kEnds; done or refused
};
inline constexpr std::string_view kHangs = "hangs";
inline constexpr std::string_view kGoesOn = "goes on";
inline constexpr std::string_view kEnds = "ends";

struct Frame {
  std::uint64_t number = 0;
  Kind kind{};
  std::vector<std::byte> payload;
  friend bool operator==(const Frame&, const Frame&) = default;
};

/// What a guest says of itself.
struct Status {
  std::string vm;       ///< what it was started as: vmid= on the kernel's command line
  std::string boot_id;  ///< of the kernel, another one at each boot
  std::uint64_t uptime_ms = 0;
  bool frozen = false;  ///< it holds its writes until it is thawed
  friend bool operator==(const Status&, const Status&) = default;
};

/// One block to be stamped.
struct BlockWrite {
  std::uint32_t disk = 0;   ///< position in the item, as the stamp has it
  std::uint32_t drive = 0;  ///< 0 of "vda", 1 of "vdb", ...
  BlockNumber block = 0;
  WriteSeq seq = 0;
  friend bool operator==(const BlockWrite&, const BlockWrite&) = default;
};

/// All in flight at once, then flushed on each drive that is written to. No block twice.
struct WriteRequest {
  std::uint64_t run = 0;   ///< of the stamps' owner
  std::uint64_t item = 0;  ///< the same
  std::vector<BlockWrite> writes;
  friend bool operator==(const WriteRequest&, const WriteRequest&) = default;
};
inline constexpr std::size_t kMostWrites = 512;  ///< of a request

struct FlushRequest {
  std::vector<std::uint32_t> drives;
  friend bool operator==(const FlushRequest&, const FlushRequest&) = default;
};

/// The bytes of a frame. Its payload has at most kLongestPayload bytes.
std::vector<std::byte> encode(const Frame& frame);
/// What a new client sends first.
std::vector<std::byte> fresh_start();

std::vector<std::byte> payload_of(const Status& status);
std::vector<std::byte> payload_of(const WriteRequest& request);
std::vector<std::byte> payload_of(const FlushRequest& request);
std::vector<std::byte> payload_of(std::string_view words);

/// A payload that is cut short, or longer than what it says, is a bad_input Error.
Result<Status> status_in(const std::vector<std::byte>& payload);
Result<WriteRequest> write_request_in(const std::vector<std::byte>& payload);
Result<FlushRequest> flush_request_in(const std::vector<std::byte>& payload);
std::string words_in(const std::vector<std::byte>& payload);

/// Takes a stream apart. Bytes that are no sound frame are passed over, up to the next one.
class FrameReader {
 public:
  void feed(std::span<const std::byte> bytes);
  /// The next whole frame; nothing until more is fed.
  std::optional<Frame> next();
  /// A sound frame of another version was passed over: harness and agent do not fit.
  [[nodiscard]] std::optional<std::uint16_t> other_version() const { return other_version_; }

 private:
  void pass_over_garbage();

  std::vector<std::byte> bytes_;
  std::size_t begin_ = 0;  ///< of what was not taken yet
  std::optional<std::uint16_t> other_version_;
};

}  // namespace switchback::guest
