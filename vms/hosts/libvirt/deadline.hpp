// SPDX-License-Identifier: Apache-2.0
// How long we are ready to wait for a real daemon, VM or connection.
#pragma once

#include <algorithm>
#include <chrono>

#include <poll.h>

#include "harness/base/units.hpp"

namespace switchback::libvirt {

/// An instant of the machine's own steady clock after which waiting is given up. It bounds waits
/// and decides nothing else.
class Deadline {
 public:
  static Deadline after(Duration patience) { return Deadline(Clock::now() + patience); }

  /// What is left, never negative.
  [[nodiscard]] Duration left() const {
    const auto now = Clock::now();
    return now >= at_ ? Duration::zero() : std::chrono::duration_cast<Duration>(at_ - now);
  }
  [[nodiscard]] bool passed() const { return left() == Duration::zero(); }
  /// What is left for poll(2): whole milliseconds, rounded up.
  [[nodiscard]] int left_ms() const {
    return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left()).count());
  }
  /// Lets a moment pass between two questions to something that can only be polled.
  void pause() const { ::poll(nullptr, 0, std::min(left_ms(), 3)); }

 private:
  using Clock = std::chrono::steady_clock;
  explicit Deadline(Clock::time_point at) : at_(at) {}
  Clock::time_point at_;
};

}  // namespace switchback::libvirt
