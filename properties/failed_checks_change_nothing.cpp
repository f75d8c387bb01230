// SPDX-License-Identifier: Apache-2.0
// Promise: an operation whose prerequisites are not met fails, and changes nothing.
//
// Source: support matrix, "Prerequisites check fails if unsupported"; invariant 1: "it fails in the
// prerequisites step and 0 data bytes are sent"; 26 and 45 for failbacks. Code HONEST.
#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "properties/expected_failure.hpp"
#include "properties/properties.hpp"

namespace switchback {
namespace {

class FailedChecksChangeNothing final : public Property {
 public:
  [[nodiscard]] std::string_view name() const override { return "failed_checks_change_nothing"; }
  [[nodiscard]] std::string_view promise() const override {
    return "what can not succeed for what was asked for fails in its checks: no data, no object, "
           "no VM changes";
  }
  [[nodiscard]] std::string_view source() const override {
    return "Hyper-V support matrix, 'Azure VM requirements': prerequisites check";
  }
  [[nodiscard]] Verdict after_operation(const OperationEvidence& evidence) const override {
    if (evidence.row == nullptr || evidence.fault_in_force ||
        std::holds_alternative<Refused>(evidence.outcome))
      return Verdict::does_not_apply();
    const std::optional<std::string_view> why = expected_failure(evidence);
    // Half of a disk may have changed and a round be done all the same: the bound is a rough one.
    if (!why || evidence.operation == Operation::delta_replication)
      return Verdict::does_not_apply();
    // A cancel that could not stop an old primary VM, told as critical, is made up for first; the
    // checks then find it stopped.
    if (begins_failback(evidence.operation) && evidence.model_before.primary == Role::superseded &&
        evidence.before.status.health == Health::critical)
      return Verdict::does_not_apply();
    const std::string what = fmt::format("{} ({})", name_of(evidence.operation), *why);
    if (std::holds_alternative<Done>(evidence.outcome))
      return Verdict::broken("done_all_the_same", what + " reports done");
    if (evidence.wire_bytes > 0)
      return Verdict::broken("sent_data", fmt::format("{} failed after it had put {} bytes on the "
                                                      "wire",
                                                      what, evidence.wire_bytes));
    if (added_or_lost(evidence))
      return Verdict::broken("objects_changed", fmt::format("{} failed, but {} objects became {}",
                                                            what, evidence.before.census.size(),
                                                            evidence.after.census.size()));
    if (evidence.before.status.state != evidence.after.status.state)
      return Verdict::broken("state_changed", what + " failed, but the state went from " +
                                                  describe(evidence.before.status.state) + " to " +
                                                  describe(evidence.after.status.state));
    return Verdict::holds();
  }

 private:
  /// What a purge left behind at primary, tracking and views, may be tidied up by whatever comes
  /// next.
  static bool added_or_lost(const OperationEvidence& evidence) {
    const auto counts = [](const CensusEntry& entry) {
      return entry.site != Site::primary || (entry.kind != "checkpoint" && entry.kind != "export");
    };
    std::vector<CensusEntry> before;
    std::vector<CensusEntry> after;
    std::copy_if(evidence.before.census.begin(), evidence.before.census.end(),
                 std::back_inserter(before), counts);
    std::copy_if(evidence.after.census.begin(), evidence.after.census.end(),
                 std::back_inserter(after), counts);
    return before != after;
  }
};

}  // namespace

std::unique_ptr<const Property> failed_checks_change_nothing() {
  return std::make_unique<FailedChecksChangeNothing>();
}

}  // namespace switchback
