// SPDX-License-Identifier: Apache-2.0
// Promise: an operation ends, and leaves the item where the lifecycle says: in the row's end state
// when done, where it was or where a failure row says when failed; and without a fault, or
// something that does not allow it, it does not fail.
//
// Source: the transition table (switchback lifecycle), each row with its own source. Codes LIVE,
// HONEST and COMMIT.
#include <fmt/format.h>

#include "properties/expected_failure.hpp"
#include "properties/properties.hpp"

namespace switchback {
namespace {

/// What a full failback had started at primary when it failed can't be taken back: no other
/// failback can begin, and none that could not begin be cancelled. That same failback goes on.
bool primary_was_started(const OperationEvidence& evidence) {
  const Operation asked = evidence.cancelled.value_or(evidence.operation);
  return begins_failback(asked) && evidence.model_before.primary == Role::inconsistent &&
         evidence.before.live.primary;
}

class LifecycleIsFollowed final : public Property {
 public:
  [[nodiscard]] std::string_view name() const override { return "lifecycle_is_followed"; }
  [[nodiscard]] std::string_view promise() const override {
    return "an operation ends, the item is then in the state that the lifecycle gives and its VM "
           "runs where that state says; without a fault no operation fails";
  }
  [[nodiscard]] std::string_view source() const override {
    return "the transition table, see docs/lifecycle.md";
  }
  [[nodiscard]] Verdict after_operation(const OperationEvidence& evidence) const override {
    if (evidence.endless)
      return Verdict::broken("does_not_end",
                             fmt::format("{}: its job has passed {} points and does not end",
                                         name_of(evidence.operation), *evidence.endless));
    if (evidence.row == nullptr || std::holds_alternative<Refused>(evidence.outcome))
      return Verdict::does_not_apply();
    const std::string_view what = name_of(evidence.operation);
    const bool done = std::holds_alternative<Done>(evidence.outcome);
    if (!done && !evidence.fault_in_force && !expected_failure(evidence) &&
        !primary_was_started(evidence))
      return Verdict::broken("failed_without_fault",
                             fmt::format("{} ended {} though nothing was broken: {}", what,
                                         name_of(evidence.outcome), reason_of(evidence.outcome)));
    if (std::holds_alternative<Indeterminate>(evidence.outcome)) return Verdict::does_not_apply();
    const ItemState& expected = done ? evidence.row->to : evidence.model_after;
    const ItemStatus& claimed = evidence.after.status;
    if (!compatible(claimed.state, expected))
      return Verdict::broken(
          "wrong_state",
          fmt::format("{} ended {}: expected {}, found {}", what, name_of(evidence.outcome),
                      describe(expected), describe(claimed.state)));
    if (claimed.allowed != (allowed_operations(expected) & evidence.capabilities.offered()))
      return Verdict::broken("wrong_allowed_operations",
                             fmt::format("after {} the system allows other operations than the "
                                         "state {} does",
                                         what, name_of(expected)));
    const bool has_points = !claimed.points.empty();
    if (has_points != (expected.points == Points::some))
      return Verdict::broken("wrong_points", fmt::format("after {} {} recovery points are listed",
                                                         what, claimed.points.size()));
    // What could not be put back is told: somebody has to look.
    if (!done && evidence.fault_in_force && claimed.health == Health::critical)
      return Verdict::holds();
    // A purge leaves the primary site as it is, also a VM that could not be brought back before.
    if (evidence.operation == Operation::purge) return Verdict::holds();
    const LiveCopies& live = evidence.after.live;
    // Nor is what stood there before the fault of an operation that failed.
    const LiveCopies& before = evidence.before.live;
    if (!done && live.primary == before.primary && live.recovery == before.recovery)
      return Verdict::holds();
    const bool primary_as_told =
        expected.primary == Role::superseded || live.primary == (expected.primary == Role::active);
    if (!primary_as_told || live.recovery != (expected.recovery == Role::active))
      return Verdict::broken(
          "vm_not_where_it_belongs",
          fmt::format("{} ended {}: in state {} the VM at primary {} and at recovery {}", what,
                      name_of(evidence.outcome), name_of(expected),
                      live.primary ? "runs" : "does not run",
                      live.recovery ? "runs" : "does not run"));
    return Verdict::holds();
  }
  [[nodiscard]] Verdict in_endless_wait(const EndlessWaitEvidence& evidence) const override {
    const auto left = std::chrono::duration_cast<std::chrono::seconds>(evidence.left);
    if (!evidence.latest)
      return Verdict::broken(
          "does_not_end",
          fmt::format("time stands still though no job is in progress: {} s are to go by",
                      left.count()));
    return Verdict::broken(
        "does_not_end",
        fmt::format(
            "{} jobs have started by themselves, the last of them {}, and {} s are still to "
            "go by",
            evidence.jobs, name_of(*evidence.latest), left.count()));
  }
};

}  // namespace

std::unique_ptr<const Property> lifecycle_is_followed() {
  return std::make_unique<LifecycleIsFollowed>();
}

}  // namespace switchback
