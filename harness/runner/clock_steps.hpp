// SPDX-License-Identifier: Apache-2.0
// How the system's wall clock was stepped, and so which instant a label of it means.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/units.hpp"
#include "harness/system/dr_system.hpp"

namespace switchback {

/// The harness's own time is the world's: whatever the system labels is taken for the instant at
/// which its wall clock showed that label. That is all that a step excuses: order, ages and
/// schedules are judged by those instants, as if there had been no step.
class ClockSteps {
 public:
  /// The clock is stepped at this instant. The step to make: the one asked for, and so many
  /// microseconds more that each label is shown but once in the sequence, however steps and waits
  /// add up.
  Duration step(Instant now, Duration asked);
  /// The clock is put right at this instant.
  void put_right(Instant now);
  /// Time has gone by to this instant: it is one at which the system can have read its clock.
  void reached(Instant now) { instants_.push_back(now); }
  [[nodiscard]] bool any() const { return periods_.size() > 1; }

  /// The instant, of those reached, at which the clock showed this; nothing if it never did. What
  /// it showed before and after a step at one instant both count.
  [[nodiscard]] std::optional<Instant> shown_at(Instant label) const;
  /// Puts the instants in place of the labels. What was never shown keeps its label, and is told:
  /// "the data sent", "recovery point p3".
  std::vector<std::string> translate(ItemStatus& status) const;

 private:
  struct Period {
    Instant from{};
    Duration ahead{};  ///< of the world's time
  };

  std::vector<Instant> instants_ = {Instant{}};  ///< in order
  std::vector<Period> periods_ = {{.from = Instant::min(), .ahead = {}}};
  Duration asked_{};        ///< all since it was put right
  std::int64_t steps_ = 0;  ///< ever
};

}  // namespace switchback
