// SPDX-License-Identifier: Apache-2.0
// For the tests of shrinking: something to shrink, and a way to answer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/sequence/draw.hpp"
#include "harness/sequence/step.hpp"

namespace switchback {

/// What a candidate is answered with: the position of the violating step.
using Found = std::optional<std::size_t>;

/// Writes with counts from 1 to 49 on one disk.
inline Sequence draw_writes(std::size_t length, std::uint64_t seed) {
  Draw draw{rc::Random(seed)};
  Sequence sequence{.seed = seed, .disks = {{"vda", 1 << 20}}, .steps = {}};
  for (std::size_t n = 0; n < length; ++n)
    sequence.steps.push_back(
        {WriteStep{0, draw.below(200), static_cast<std::uint32_t>(draw.between(1, 49))},
         std::nullopt});
  return sequence;
}

inline Step ask(Operation operation) {
  return {OperateStep{.operation = operation}, std::nullopt};
}

/// Each step as people read it.
inline std::vector<std::string> words(const Sequence& sequence) {
  std::vector<std::string> all;
  for (const Step& step : sequence.steps)
    all.push_back(describe(step));
  return all;
}

/// For promises that look at a sequence as a whole.
inline Found last_step_if(bool violated, const Sequence& sequence) {
  if (!violated) return std::nullopt;
  return sequence.steps.size() - 1;
}

}  // namespace switchback
