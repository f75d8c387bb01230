// SPDX-License-Identifier: Apache-2.0
// The clock is asked for every event when few come, for every 256th when many do.
#include "reports/progress.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "reports/text.hpp"

namespace switchback {
namespace {

constexpr double kSecondsBetween = 0.1;
constexpr std::uint32_t kMostSkipped = 256;

/// The first `width` columns.
std::string cut(const std::string& text, std::size_t width) {
  std::size_t end = text.size();
  while (columns({text.data(), end}) > width)
    --end;
  return text.substr(0, end);
}

}  // namespace

ProgressLine::ProgressLine(std::ostream& out, ProgressStyle style, std::function<double()> seconds)
    : out_(out), style_(style), seconds_(std::move(seconds)) {}

ProgressLine::~ProgressLine() {
  clear();
}

void ProgressLine::on(const Event& event) {
  if (silent()) return;
  count(event);
  if (std::holds_alternative<RunEnded>(event)) {
    clear();
    return;
  }
  if (events_to_skip_ > 0 && --events_to_skip_ > 0) return;
  const double now = seconds_();
  if (last_drawn_ >= 0 && now - last_drawn_ < kSecondsBetween) {
    skip_ = std::min(skip_ * 2, kMostSkipped);
    events_to_skip_ = skip_;
    return;
  }
  skip_ = 1;
  events_to_skip_ = 0;
  draw(now);
}

void ProgressLine::count(const Event& event) {
  if (std::holds_alternative<StepStarted>(event)) ++steps_;
  if (std::holds_alternative<ViolationFound>(event)) ++violations_;
  if (const auto* operation = std::get_if<OperationEnded>(&event)) {
    last_operation_ = operation->operation;
    wire_bytes_ += operation->wire_bytes;
  }
  if (const auto* ended = std::get_if<SequenceEnded>(&event)) {
    ++sequences_;
    loops_ += ended->loops;
    if (ended->verdict == "error") ++errors_;
  }
}

void ProgressLine::draw(double seconds) {
  last_drawn_ = seconds;
  drawn_ = true;
  const std::string verdict =
      violations_ > 0 ? counted(violations_, "violation") : std::string("held so far");
  const std::string errors =
      errors_ > 0 ? fmt::format(", {}", counted(errors_, "error")) : std::string();
  std::string rest = fmt::format("{}  {}  {}, {}, {}, {} sent", errors, human_seconds(seconds),
                                 counted(sequences_, "sequence"), counted(steps_, "step"),
                                 counted(loops_, "loop"), human_bytes(wire_bytes_));
  if (!last_operation_.empty()) rest += fmt::format("  {}", printable_line(last_operation_));
  // The last column stays free: some terminals go to the next line when it is written to.
  const std::size_t width = std::max<std::size_t>(style_.width, 2) - 1;
  const std::string shown = cut(verdict, width);
  const std::string tail = cut(rest, width - columns(shown));
  if (style_.no_colour)
    out_ << "\r\x1b[K" << shown << tail;
  else
    out_ << "\r\x1b[K\x1b[" << (violations_ > 0 ? "31" : "32") << 'm' << shown << "\x1b[0m" << tail;
  out_ << std::flush;
}

void ProgressLine::clear() {
  if (!drawn_) return;
  out_ << "\r\x1b[K" << std::flush;
  drawn_ = false;
}

}  // namespace switchback
