// SPDX-License-Identifier: Apache-2.0
// Which kinds of faults were injected where, and which of them had an effect: stage by kind, held
// against all the stages and kinds that a system has.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "harness/events/event.hpp"
#include "reports/coverage.hpp"

namespace switchback {

/// A kind of fault in a stage of an operation's job; outside any job both are empty.
struct FaultPlace {
  std::string kind;
  std::string operation;
  std::string stage;
  friend auto operator<=>(const FaultPlace&, const FaultPlace&) = default;
};

struct FaultTally {
  std::uint64_t injected = 0;
  /// Times that a call went otherwise than it would have: also of a fault that was injected
  /// elsewhere and lasted.
  std::uint64_t effects = 0;
};

struct FaultTable {
  std::map<FaultPlace, FaultTally> places;  ///< all that was seen
  Goals<FaultPlace> injected;               ///< every kind, in every stage
  Goals<std::string> effects;               ///< every kind, wherever
};

/// Held against what a run says that its system has.
FaultTable fault_table(const RunStarted& run, std::map<FaultPlace, FaultTally> seen);

}  // namespace switchback
