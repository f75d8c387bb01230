// SPDX-License-Identifier: Apache-2.0
// When the calls of an item's jobs took time: what replication may be late for.
#pragma once

#include <algorithm>
#include <vector>

#include "harness/base/units.hpp"

namespace switchback {

class Delays {
 public:
  /// From when to when a call lasted; they come in the order of time and do not overlap.
  void add(Instant from, Instant to) {
    if (!calls_.empty() && calls_.back().to == from)
      calls_.back().to = to;
    else
      calls_.push_back({from, to});
  }
  /// How much of the time after this instant was spent in calls.
  [[nodiscard]] Duration since(Instant instant) const {
    Duration all{};
    for (auto call = calls_.rbegin(); call != calls_.rend() && call->to > instant; ++call)
      all += call->to - std::max(call->from, instant);
    return all;
  }

 private:
  struct Call {
    Instant from{};
    Instant to{};
  };
  std::vector<Call> calls_;
};

}  // namespace switchback
