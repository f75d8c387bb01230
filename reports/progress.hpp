// SPDX-License-Identifier: Apache-2.0
// The line on a terminal that says how a run is getting on.
#pragma once

#include <cstdint>
#include <functional>
#include <ostream>
#include <string>

#include "harness/events/event.hpp"

namespace switchback {

/// What the caller found out about the terminal.
struct ProgressStyle {
  bool terminal = false;   ///< isatty() of the stream: without one nothing is ever written
  bool no_colour = false;  ///< NO_COLOR is set
  bool dumb = false;       ///< TERM=dumb: a line can't be written over, so nothing is written
  std::size_t width = 80;  ///< columns
};

/// One line, written over itself about ten times a second, and gone when the run has ended.
class ProgressLine final : public EventSink {
 public:
  /// `out` is the terminal, usually std::cerr, and outlives this. `seconds` says how long the run
  /// has taken; it is asked seldom when events come fast.
  ProgressLine(std::ostream& out, ProgressStyle style, std::function<double()> seconds);
  ~ProgressLine() override;
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void on(const Event& event) override;
  [[nodiscard]] bool reads_steps() const override { return false; }
  /// Takes the line off the terminal, for whoever wants to write there. The next event may bring it
  /// back.
  void clear();

 private:
  void count(const Event& event);
  void draw(double seconds);
  [[nodiscard]] bool silent() const { return !style_.terminal || style_.dumb; }

  std::ostream& out_;
  ProgressStyle style_;
  std::function<double()> seconds_;
  std::uint64_t sequences_ = 0;
  std::uint64_t steps_ = 0;
  std::uint64_t loops_ = 0;
  std::uint64_t violations_ = 0;
  std::uint64_t errors_ = 0;
  Bytes wire_bytes_ = 0;
  std::string last_operation_;
  bool drawn_ = false;
  double last_drawn_ = -1;
  std::uint32_t events_to_skip_ = 0;
  std::uint32_t skip_ = 1;
};

}  // namespace switchback
