// SPDX-License-Identifier: Apache-2.0
// Which kinds of faults were injected where, and which of them had an effect: stage by kind, held
// against all the stages and kinds that a system has.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "harness/coverage/coverage.hpp"
#include "harness/events/event.hpp"

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

/// What a run was told to break, and what came of it, by place.
class FaultCoverage {
 public:
  void injected(const FaultInjected& event) {
    ++places_[{event.kind, event.operation, event.stage}].injected;
  }
  void took_effect(const FaultTookEffect& event) {
    ++places_[{event.kind, event.operation, event.stage}].effects;
  }
  [[nodiscard]] const std::map<FaultPlace, FaultTally>& places() const { return places_; }

 private:
  std::map<FaultPlace, FaultTally> places_;
};

struct FaultTable {
  std::map<FaultPlace, FaultTally> places;  ///< all that was seen
  Goals<FaultPlace> injected;               ///< every kind, in every stage
  Goals<std::string> effects;               ///< every kind, wherever
};

/// Held against what a run says that its system has.
FaultTable fault_table(const RunStarted& run, std::map<FaultPlace, FaultTally> seen);

}  // namespace switchback
