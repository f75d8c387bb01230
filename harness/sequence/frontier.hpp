// SPDX-License-Identifier: Apache-2.0
// What a campaign has hardly come to so far: sequences are drawn towards it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "harness/lifecycle/operation.hpp"
#include "harness/lifecycle/state.hpp"
#include "harness/system/fault.hpp"

namespace switchback {

/// How what is asked for has hardly ever ended.
enum class RareEnd : std::uint8_t {
  done,       ///< the row was hardly ever gone through
  refused,    ///< it was hardly ever refused there
  failed,     ///< a documented failure that hardly ever came to pass
  cancelled,  ///< its job was hardly ever cancelled
};

/// An operation asked for in a state.
struct RareAsk {
  ItemState state;
  Operation operation{};
  RareEnd end{};
  friend bool operator==(const RareAsk&, const RareAsk&) = default;
};

/// A kind of fault that hardly ever had an effect in a stage of an operation's job.
struct RareAim {
  Operation operation{};
  std::string stage;
  FaultKind kind{};
  friend bool operator==(const RareAim&, const RareAim&) = default;
};

/// The calls that a stage has been seen to make.
struct StageCalls {
  std::vector<std::string> names;  ///< each once, in the order of their letters
  std::uint32_t count = 0;         ///< at most, in one job

  /// A call of that name, the `calls`-th of its stage.
  void add(const std::string& name, std::uint32_t calls) {
    const auto place = std::lower_bound(names.begin(), names.end(), name);
    if (place == names.end() || *place != name) names.insert(place, name);
    count = std::max(count, calls);
  }
  friend bool operator==(const StageCalls&, const StageCalls&) = default;
};

/// By operation and stage.
using CallsByStage = std::map<std::pair<Operation, std::string>, StageCalls>;

/// Only a preference: what is drawn with it can be drawn without it as well.
struct Frontier {
  std::vector<RareAsk> asks;
  std::vector<RareAim> aims;
  CallsByStage calls;  ///< of stages that are not in it nothing is known

  [[nodiscard]] const StageCalls* calls_of(Operation operation, const std::string& stage) const {
    const auto known = calls.find({operation, stage});
    return known == calls.end() ? nullptr : &known->second;
  }
};

}  // namespace switchback
