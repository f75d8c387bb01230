// SPDX-License-Identifier: Apache-2.0
// See clock_steps.hpp.
#include "harness/runner/clock_steps.hpp"

#include <algorithm>

namespace switchback {

Duration ClockSteps::step(Instant now, Duration asked) {
  const Duration before = periods_.back().ahead;
  asked_ += asked;
  const Duration ahead = asked_ + std::chrono::microseconds(++steps_);
  periods_.push_back({now, ahead});
  return ahead - before;
}

void ClockSteps::put_right(Instant now) {
  if (periods_.back().ahead == Duration::zero()) return;
  asked_ = {};
  periods_.push_back({now, {}});
}

std::optional<Instant> ClockSteps::shown_at(Instant label) const {
  Instant to = instants_.back();
  for (auto period = periods_.rbegin(); period != periods_.rend(); ++period) {
    const Instant instant = label - period->ahead;
    if (period->from <= instant && instant <= to &&
        std::binary_search(instants_.begin(), instants_.end(), instant))
      return instant;
    to = period->from;
  }
  return std::nullopt;
}

std::vector<std::string> ClockSteps::translate(ItemStatus& status) const {
  std::vector<std::string> never_shown;
  const auto put = [&](Instant& label, const std::string& whose) {
    if (const std::optional<Instant> instant = shown_at(label))
      label = *instant;
    else
      never_shown.push_back(whose);
  };
  put(status.last_synchronized, "the data sent");
  status.points.change([&](std::vector<RecoveryPoint>& points) {
    for (RecoveryPoint& point : points)
      put(point.cut, "recovery point " + point.id);
  });
  return never_shown;
}

}  // namespace switchback
