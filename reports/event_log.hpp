// SPDX-License-Identifier: Apache-2.0
// The event log: every event as a line of JSON in a file. docs/event-log.md has the schema.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "harness/base/result.hpp"
#include "harness/events/event.hpp"
#include "reports/output_file.hpp"

namespace switchback {

/// The same events give the same file, byte for byte.
///
/// Lines are written to the file every `flush_lines` events, when a sequence has ended violated or
/// in error, and when the run has ended. With 1, each event is in the file before what it announces
/// happens: right for real VMs, which are slow, and too dear for the simulated world.
class EventLog final : public EventSink {
 public:
  static constexpr std::size_t kFlushLines = 1024;

  /// Makes the file, or empties it. Trouble with the path is bad_input and names it.
  static Result<std::unique_ptr<EventLog>> open(const std::filesystem::path& path,
                                                std::size_t flush_lines = kFlushLines);
  /// Writes what is left; an error is lost, so call close() first.
  ~EventLog() override;

  /// After a failed write nothing more is written; close() tells.
  void on(const Event& event) override;

  /// Writes what is left and closes the file. Gives the first error since it was opened.
  Nothing close();

 private:
  EventLog(OutputFile file, std::size_t flush_lines);
  void flush();

  OutputFile file_;
  std::size_t flush_lines_;
  fmt::memory_buffer buffer_;
  std::size_t buffered_lines_ = 0;
  std::uint64_t next_number_ = 0;
  Nothing outcome_;
  bool closed_ = false;
};

}  // namespace switchback
