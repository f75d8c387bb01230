// SPDX-License-Identifier: Apache-2.0
// What the sequences of a campaign have been through, and what of it is rare.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "harness/coverage/coverage.hpp"
#include "harness/coverage/fault_coverage.hpp"
#include "harness/events/event.hpp"
#include "harness/sequence/frontier.hpp"
#include "harness/system/capabilities.hpp"

namespace switchback {

class Explored {
 public:
  explicit Explored(const Capabilities& capabilities);

  /// What a sequence went through; `calls` may be empty.
  void add(std::uint64_t sequence, const std::vector<Event>& events, const CallsByStage& calls);

  /// What is rare by now. What has been asked for in vain often enough is left to chance from then
  /// on: not everything is possible, and what is not would take the place of the rest for ever.
  Frontier next_frontier();

 private:
  void add_asks(Frontier& frontier);
  void add_aims(Frontier& frontier);
  template <class... Words>
  bool is_worth_it(std::uint64_t times, Words... words);

  Capabilities capabilities_;
  std::vector<std::string> operations_;
  Coverage coverage_;
  FaultCoverage faults_;
  CallsByStage calls_;
  /// How many frontiers have named it, by what it is in words.
  std::map<std::string, unsigned> named_;
};

}  // namespace switchback
