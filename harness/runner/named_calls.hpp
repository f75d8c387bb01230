// SPDX-License-Identifier: Apache-2.0
// Counts the calls of each name that a stage makes: a step may be aimed at one of them.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "harness/sequence/step.hpp"
#include "harness/system/dr_system.hpp"

namespace switchback {

/// Has to be shown every point of a job, in their order. Stages begin at call 0, again after their
/// controller was killed.
class NamedCalls {
 public:
  void pass(const JobPoint& point) {
    if (point.call == 0 || point.stage != stage_) {
      stage_ = point.stage;
      made_.clear();
    } else if (point.call == call_) {
      return;  // the job still stands there
    }
    call_ = point.call;
    ++made_[point.call_name];
  }
  /// Whether the point shown last is that moment.
  [[nodiscard]] bool is_at(const Moment& moment, const JobPoint& point) const {
    if (moment.stage != point.stage) return false;
    if (moment.name.empty()) return moment.call == point.call;
    return moment.name == point.call_name && made_.at(point.call_name) == moment.call + 1U;
  }

 private:
  std::string stage_;
  unsigned call_ = 0;
  std::map<std::string, std::uint64_t> made_;  ///< by name, in this stage
};

}  // namespace switchback
