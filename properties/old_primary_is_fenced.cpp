// SPDX-License-Identifier: Apache-2.0
// Promise: an old primary VM that an unplanned failover left behind is stopped once it can be
// reached again.
//
// Source: documentation leaves this to people ("Don't turn on on-premises VM during failback"); the
// promise is our reading, with Hyper-V Replica, which checks for a running primary before it fails
// over. A source that can't be reached runs on knowingly: judged from the moment the sites can
// talk. That nothing of it is sent or seen is for images_are_legal_cuts and
// stopped_replication_sends_nothing. Codes FENCE, SB and AUTH.
#include <fmt/format.h>

#include "properties/properties.hpp"

namespace switchback {
namespace {

class OldPrimaryIsFenced final : public Property {
 public:
  [[nodiscard]] std::string_view name() const override { return "old_primary_is_fenced"; }
  [[nodiscard]] std::string_view promise() const override {
    return "an old primary VM is stopped within two copy intervals after its site can be reached "
           "again";
  }
  [[nodiscard]] std::string_view source() const override {
    return "Hyper-V Replica, unplanned failover; tutorial of the failback: the on-premises VM "
           "stays off";
  }
  [[nodiscard]] Verdict after_operation(const OperationEvidence& evidence) const override {
    if (evidence.operation != Operation::fence_source ||
        !std::holds_alternative<Done>(evidence.outcome))
      return Verdict::does_not_apply();
    if (!evidence.after.live.primary) return Verdict::holds();
    return Verdict::broken("fenced_and_runs",
                           "the fence reports done, and the old primary VM runs");
  }

  [[nodiscard]] Verdict after_time(const TimeEvidence& evidence) const override {
    if (evidence.model.primary != Role::superseded ||
        evidence.model.replication == Replication::none)
      return Verdict::does_not_apply();
    const Duration undisturbed = evidence.after.now - evidence.undisturbed_since;
    if (evidence.disturbed || undisturbed <= 2 * evidence.item.policy.copy_frequency)
      return Verdict::does_not_apply();
    if (!evidence.after.live.primary) return Verdict::holds();
    return Verdict::broken(
        "old_primary_runs",
        fmt::format("the old primary VM still runs {} s after its site could be reached",
                    std::chrono::duration_cast<std::chrono::seconds>(undisturbed).count()));
  }
};

}  // namespace

std::unique_ptr<const Property> old_primary_is_fenced() {
  return std::make_unique<OldPrimaryIsFenced>();
}

}  // namespace switchback
