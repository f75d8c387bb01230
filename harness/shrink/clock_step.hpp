// SPDX-License-Identifier: Apache-2.0
// How far a fault steps the clock, as a number that can be lowered. Its direction stays.
#pragma once

#include <cstdint>

#include "harness/sequence/step.hpp"

namespace switchback {

/// In seconds.
inline std::uint64_t magnitude_of(const FaultStep& fault) {
  const auto seconds = fault.clock_step.count();
  return static_cast<std::uint64_t>(seconds < 0 ? -seconds : seconds);
}

inline void set_magnitude(FaultStep& fault, std::uint64_t seconds) {
  const bool back = fault.clock_step.count() < 0;
  const std::chrono::seconds forward{static_cast<std::int64_t>(seconds)};
  fault.clock_step = back ? -forward : forward;
}

}  // namespace switchback
