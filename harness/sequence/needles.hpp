// SPDX-License-Identifier: Apache-2.0
// For tests of how soon something is drawn and how well it is shrunk: systems that break where a
// few things come together, each with the shortest sequence that does it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "harness/sequence/step.hpp"

namespace switchback {

struct Needle {
  std::string name;
  /// The position of the step at which the system breaks.
  std::function<std::optional<std::size_t>(const Sequence&)> breaks;
  std::vector<std::string>
      shortest;           ///< steps in words of the smallest sequence there is, in any order
  std::size_t disks = 1;  ///< that this has
  std::size_t vms = 1;
  // Means over kNeedleSeeds seeds may not be more than these: a third over what they were.
  double sequences_to_find = 0;   ///< drawn with all profiles, the last one included
  double commands_to_shrink = 0;  ///< steps run, in all candidates
};

inline constexpr std::uint64_t kNeedleSeeds = 40;

/// For test reports.
inline void PrintTo(const Needle& needle, std::ostream* out) {
  *out << needle.name;
}

/// Of systems that have everything, see options_for_whole_system().
std::vector<Needle> all_needles();

}  // namespace switchback
