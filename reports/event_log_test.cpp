// SPDX-License-Identifier: Apache-2.0
// The log as a file: complete, the same each time, in time, and honest about trouble.
#include "reports/event_log.hpp"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "reports/event_line.hpp"
#include "reports/event_samples.hpp"
#include "reports/scratch_folder.hpp"

namespace switchback {
namespace {

using samples::content;
using samples::ScratchFolder;

std::size_t lines_in(const std::filesystem::path& path) {
  const std::string text = content(path);
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(EventLog, HoldsEachEventOnceNumberedFromZero) {
  const ScratchFolder folder;
  auto log = EventLog::open(folder / "run.ndjson");
  ASSERT_TRUE(log);
  fmt::memory_buffer expected;
  for (std::uint64_t i = 0; i < 5000; ++i) {
    const Event event = StepStarted{.sequence = i / 10, .step = i % 10, .json = "{}"};
    (*log)->on(event);
    append_event_line(expected, event, i);
  }
  ASSERT_TRUE((*log)->close());
  EXPECT_EQ(content(folder / "run.ndjson"), fmt::to_string(expected));
}

TEST(EventLog, IsTheSameBytesHoweverOftenItIsFlushed) {
  const ScratchFolder folder;
  for (const std::size_t flush_lines : {std::size_t{1}, std::size_t{3}, EventLog::kFlushLines}) {
    auto log = EventLog::open(folder / std::to_string(flush_lines), flush_lines);
    ASSERT_TRUE(log);
    for (const Event& event : samples::one_of_each())
      (*log)->on(event);
    ASSERT_TRUE((*log)->close());
  }
  const std::string first = content(folder / "1");
  EXPECT_FALSE(first.empty());
  EXPECT_EQ(first, content(folder / "3"));
  EXPECT_EQ(first, content(folder / std::to_string(EventLog::kFlushLines)));
}

TEST(EventLog, IsOnDiskWhenASequenceWasViolatedOrTheRunEnded) {
  const ScratchFolder folder;
  const std::filesystem::path path = folder / "run.ndjson";
  auto log = EventLog::open(path);
  ASSERT_TRUE(log);
  (*log)->on(SequenceStarted{});
  (*log)->on(samples::sequence_ended("held"));
  EXPECT_EQ(lines_in(path), 0U);
  (*log)->on(samples::sequence_ended("violated"));
  EXPECT_EQ(lines_in(path), 3U);
  (*log)->on(samples::operation("enable"));
  EXPECT_EQ(lines_in(path), 3U);
  (*log)->on(RunEnded{.stopped_by = "time", .error = ""});
  EXPECT_EQ(lines_in(path), 5U);
}

TEST(EventLog, IsOnDiskAfterEachEventIfAskedTo) {
  const ScratchFolder folder;
  auto log = EventLog::open(folder / "run.ndjson", 1);
  ASSERT_TRUE(log);
  (*log)->on(SequenceStarted{});
  EXPECT_EQ(lines_in(folder / "run.ndjson"), 1U);
}

TEST(EventLog, WritesWhatIsLeftWhenItIsForgotten) {
  const ScratchFolder folder;
  {
    auto log = EventLog::open(folder / "run.ndjson");
    ASSERT_TRUE(log);
    (*log)->on(SequenceStarted{});
  }
  EXPECT_EQ(lines_in(folder / "run.ndjson"), 1U);
}

TEST(EventLog, ReplacesAnOlderLog) {
  const ScratchFolder folder;
  for (int i = 0; i < 2; ++i) {
    auto log = EventLog::open(folder / "run.ndjson");
    ASSERT_TRUE(log);
    (*log)->on(SequenceStarted{});
    ASSERT_TRUE((*log)->close());
  }
  EXPECT_EQ(lines_in(folder / "run.ndjson"), 1U);
}

TEST(EventLog, NamesAPathThatCannotBeWritten) {
  const ScratchFolder folder;
  const std::string below_a_file = folder / "run.ndjson" / "x";
  ASSERT_TRUE(write_whole_file(folder / "run.ndjson", ""));
  for (const std::string& path :
       {std::string("/proc/x/y.log"), std::string("/"), below_a_file, std::string("")}) {
    auto log = EventLog::open(path);
    ASSERT_FALSE(log) << path;
    EXPECT_EQ(log.error().kind, ErrorKind::bad_input);
    EXPECT_EQ(log.error().message.find("event log: "), 0U) << log.error().message;
    EXPECT_NE(log.error().message.find(path), std::string::npos) << log.error().message;
    EXPECT_FALSE(log.error().remedy.empty());
  }
}

TEST(EventLog, RemembersAFullDiskUntilItIsClosed) {
  auto log = EventLog::open("/dev/full", 1);
  ASSERT_TRUE(log);
  (*log)->on(SequenceStarted{});
  (*log)->on(SequenceStarted{});
  for (int i = 0; i < 2; ++i) {
    const Nothing closed = (*log)->close();
    ASSERT_FALSE(closed);
    EXPECT_EQ(closed.error().kind, ErrorKind::environment);
    EXPECT_NE(closed.error().message.find("/dev/full"), std::string::npos);
  }
}

}  // namespace
}  // namespace switchback
