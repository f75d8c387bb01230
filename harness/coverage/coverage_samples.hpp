// SPDX-License-Identifier: Apache-2.0
// Ends of operations for tests of coverage.
#pragma once

#include <string>
#include <vector>

#include "harness/coverage/coverage.hpp"
#include "harness/events/event.hpp"
#include "harness/lifecycle/operation.hpp"

namespace switchback::samples {

inline constexpr std::uint64_t kSequence = 3;

inline std::vector<std::string> all_operation_names() {
  std::vector<std::string> names;
  for (const Operation operation : kAllOperations)
    names.emplace_back(name_of(operation));
  return names;
}

inline OperationEnded ended(std::string from, std::string operation, std::string outcome,
                            std::string to) {
  OperationEnded event;
  event.sequence = kSequence;
  event.operation = std::move(operation);
  event.state_before = std::move(from);
  event.outcome = std::move(outcome);
  event.state_after = std::move(to);
  return event;
}

inline OperationEnded done(std::string from, std::string operation, std::string to) {
  return ended(std::move(from), std::move(operation), "done", std::move(to));
}

/// What a cancel took the place of.
inline OperationEnded cancelled(const std::string& from, std::string operation) {
  OperationEnded event = ended(from, std::move(operation), "failed", from);
  event.reason = "cancelled";
  event.was_cancelled = true;
  return event;
}

inline OperationEnded cancel_of(std::string operation, std::string from, std::string to) {
  OperationEnded event = done(std::move(from), "cancel", std::move(to));
  event.cancelled = std::move(operation);
  return event;
}

/// Of those events and a system that has all operations.
inline CoverageTable coverage_of(const std::vector<OperationEnded>& events) {
  Coverage coverage;
  for (const OperationEnded& event : events)
    coverage.operation_ended(event);
  return coverage.table(all_operation_names());
}

}  // namespace switchback::samples
