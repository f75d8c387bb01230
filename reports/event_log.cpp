// SPDX-License-Identifier: Apache-2.0
// Lines are gathered in one buffer, so that an event costs no call of the operating system.
#include "reports/event_log.hpp"

#include <utility>

#include "reports/event_line.hpp"

namespace switchback {
namespace {

/// What must be on disk even if the process dies of what comes next.
bool must_be_seen(const Event& event) {
  if (const auto* ended = std::get_if<SequenceEnded>(&event)) return ended->verdict != "held";
  return std::holds_alternative<RunEnded>(event) || std::holds_alternative<RunStarted>(event);
}

}  // namespace

EventLog::EventLog(OutputFile file, std::size_t flush_lines)
    : file_(std::move(file)), flush_lines_(flush_lines) {}

Result<std::unique_ptr<EventLog>> EventLog::open(const std::filesystem::path& path,
                                                 std::size_t flush_lines) {
  auto file = OutputFile::create(path);
  if (!file) return tl::unexpected(file.error().within("event log"));
  return std::unique_ptr<EventLog>(new EventLog(std::move(*file), flush_lines));
}

EventLog::~EventLog() {
  if (!closed_) flush();
}

void EventLog::on(const Event& event) {
  if (!outcome_ || closed_) return;
  constexpr std::size_t kFlushBytes = std::size_t{256} << 10U;
  append_event_line(buffer_, event, next_number_++);
  ++buffered_lines_;
  if (buffered_lines_ >= flush_lines_ || buffer_.size() >= kFlushBytes || must_be_seen(event))
    flush();
}

void EventLog::flush() {
  if (outcome_) {
    outcome_ = file_.write({buffer_.data(), buffer_.size()});
    if (!outcome_) outcome_ = tl::unexpected(outcome_.error().within("event log"));
  }
  buffer_.clear();
  buffered_lines_ = 0;
}

Nothing EventLog::close() {
  if (closed_) return outcome_;
  flush();
  closed_ = true;
  if (Nothing closed = file_.close(); outcome_ && !closed)
    outcome_ = tl::unexpected(closed.error().within("event log"));
  return outcome_;
}

}  // namespace switchback
