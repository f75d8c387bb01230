// SPDX-License-Identifier: Apache-2.0
// Draws small choices from an rc::Random.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

#include <rapidcheck/Random.h>

#include "harness/base/assert.hpp"

namespace switchback {

class Draw {
 public:
  explicit Draw(const rc::Random& random) : random_(random) {}

  std::uint64_t number() { return random_.next(); }
  /// From 0 to `end` - 1. The modulo's bias is below 2^-20 for all ends used here.
  std::uint64_t below(std::uint64_t end) {
    SB_ASSERT(end > 0);
    return random_.next() % end;
  }
  std::uint64_t between(std::uint64_t first, std::uint64_t last) {
    return first + below(last - first + 1);
  }
  bool percent(unsigned chance) { return below(100) < chance; }

  template <class T>
  const T& one_of(const std::vector<T>& choices) {
    return choices[below(choices.size())];
  }
  /// The position of a weight, in proportion to it. At least one must be above 0.
  std::size_t weighted(std::initializer_list<unsigned> weights) {
    return weighted(std::vector<unsigned>(weights));
  }
  std::size_t weighted(const std::vector<unsigned>& weights) {
    std::uint64_t sum = 0;
    for (const unsigned weight : weights)
      sum += weight;
    std::uint64_t drawn = below(sum);
    for (std::size_t n = 0; n < weights.size(); ++n) {
      if (drawn < weights[n]) return n;
      drawn -= weights[n];
    }
    SB_ASSERT(false && "the weights add up");
  }

 private:
  rc::Random random_;
};

}  // namespace switchback
