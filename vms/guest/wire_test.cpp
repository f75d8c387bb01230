// SPDX-License-Identifier: Apache-2.0
// Frames between harness and agent, as properties: what goes in comes out, whatever is in between.
#include "vms/guest/wire.hpp"

#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace switchback::guest {
namespace {

using Bytes = std::vector<std::byte>;

rc::Gen<Bytes> any_bytes(std::size_t most) {
  return rc::gen::mapcat(rc::gen::inRange<std::size_t>(0, most + 1), [](std::size_t count) {
    return rc::gen::container<Bytes>(
        count, rc::gen::map(rc::gen::inRange(0, 256), [](int n) { return std::byte(n); }));
  });
}

rc::Gen<Frame> any_frame() {
  return rc::gen::build<Frame>(
      rc::gen::set(&Frame::number, rc::gen::arbitrary<std::uint64_t>()),
      rc::gen::set(&Frame::kind,
                   rc::gen::element(Kind::hello, Kind::write, Kind::status, Kind::refused)),
      rc::gen::set(&Frame::payload, any_bytes(200)));
}

void append(Bytes& to, const Bytes& bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

std::vector<Frame> all_in(FrameReader& reader) {
  std::vector<Frame> frames;
  while (std::optional<Frame> frame = reader.next())
    frames.push_back(std::move(*frame));
  return frames;
}

RC_GTEST_PROP(Wire, FramesComeOutAsTheyWentInHoweverTheStreamIsCut, ()) {
  const auto frames = *rc::gen::container<std::vector<Frame>>(any_frame());
  Bytes stream;
  for (const Frame& frame : frames)
    append(stream, encode(frame));
  FrameReader reader;
  std::vector<Frame> found;
  for (std::size_t at = 0; at < stream.size();) {
    const auto piece = std::min(*rc::gen::inRange<std::size_t>(1, 300), stream.size() - at);
    reader.feed(std::span(stream).subspan(at, piece));
    for (Frame& frame : all_in(reader))
      found.push_back(std::move(frame));
    at += piece;
  }
  RC_ASSERT(found == frames);
}

RC_GTEST_PROP(Wire, AFreshStartEndsWhateverAnEarlierClientLeft, ()) {
  FrameReader reader;
  reader.feed(*any_bytes(100));
  const Bytes left = encode(*any_frame());
  reader.feed(std::span(left).first(*rc::gen::inRange<std::size_t>(0, left.size())));
  reader.feed(fresh_start());
  const Frame frame = *any_frame();
  reader.feed(encode(frame));
  RC_ASSERT(all_in(reader) == std::vector{frame});
}

RC_GTEST_PROP(Wire, AFrameWithAChangedByteIsPassedOverAndTheNextOneIsFound, ()) {
  Bytes changed = encode(*any_frame());
  const auto at = *rc::gen::inRange<std::size_t>(0, changed.size());
  changed[at] ^= std::byte(*rc::gen::inRange(1, 256));
  FrameReader reader;
  reader.feed(changed);
  RC_ASSERT(all_in(reader).empty());
  reader.feed(fresh_start());  // its length may be what was changed
  const Frame next = *any_frame();
  reader.feed(encode(next));
  RC_ASSERT(all_in(reader) == std::vector{next});
}

RC_GTEST_PROP(Wire, StatusComesOutAsItWentInAndOnlyWhole, ()) {
  const Status status{.vm = *rc::gen::arbitrary<std::string>(),
                      .boot_id = *rc::gen::arbitrary<std::string>(),
                      .uptime_ms = *rc::gen::arbitrary<std::uint64_t>(),
                      .frozen = *rc::gen::arbitrary<bool>()};
  Bytes payload = payload_of(status);
  RC_ASSERT(status_in(payload).value() == status);
  Bytes longer = payload;
  longer.push_back(std::byte{0});
  RC_ASSERT(!status_in(longer));
  payload.resize(*rc::gen::inRange<std::size_t>(0, payload.size()));
  RC_ASSERT(!status_in(payload));
}

rc::Gen<BlockWrite> any_write() {
  return rc::gen::build<BlockWrite>(
      rc::gen::set(&BlockWrite::disk), rc::gen::set(&BlockWrite::drive),
      rc::gen::set(&BlockWrite::block),
      rc::gen::set(&BlockWrite::seq, rc::gen::inRange<WriteSeq>(1, 1U << 30U)));
}

RC_GTEST_PROP(Wire, RequestsComeOutAsTheyWentInAndOnlyWhole, ()) {
  const WriteRequest request{.run = *rc::gen::arbitrary<std::uint64_t>(),
                             .item = *rc::gen::arbitrary<std::uint64_t>(),
                             .writes = *rc::gen::container<std::vector<BlockWrite>>(any_write())};
  Bytes payload = payload_of(request);
  RC_ASSERT(write_request_in(payload).value() == request);
  payload.resize(payload.size() - *rc::gen::inRange<std::size_t>(1, sizeof(std::uint64_t)));
  RC_ASSERT(!write_request_in(payload));

  const FlushRequest flush{.drives = *rc::gen::arbitrary<std::vector<std::uint32_t>>()};
  payload = payload_of(flush);
  RC_ASSERT(flush_request_in(payload).value() == flush);
  payload.push_back(std::byte{1});
  RC_ASSERT(!flush_request_in(payload));
}

TEST(Wire, ALongestRequestIsOneFrameAndALongerOneIsRefused) {
  WriteRequest request{.run = 1, .item = 2, .writes = {}};
  for (WriteSeq seq = 1; seq <= kMostWrites; ++seq)
    request.writes.push_back({.disk = 0, .drive = 1, .block = seq, .seq = seq});
  Bytes payload = payload_of(request);
  FrameReader reader;
  reader.feed(encode({.number = 1, .kind = Kind::write, .payload = payload}));
  const auto frame = reader.next();
  ASSERT_TRUE(frame);
  EXPECT_EQ(write_request_in(frame->payload).value(), request);
  append(payload, Bytes(payload.end() - sizeof(BlockWrite), payload.end()));
  EXPECT_FALSE(write_request_in(payload)) << "of more writes than are allowed";
}

TEST(Wire, AWriteOfTheInitialStateIsRefused) {
  const WriteRequest request{.run = 1, .item = 2, .writes = {{0, 0, 7, kInitialState}}};
  EXPECT_FALSE(write_request_in(payload_of(request)));
}

}  // namespace
}  // namespace switchback::guest
