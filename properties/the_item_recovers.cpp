// SPDX-License-Identifier: Apache-2.0
// Promise: once nothing is broken any more, the item comes back to protected and in sync by
// documented operations alone.
//
// Source: Hyper-V to Azure architecture: recoverable errors are retried, resynchronization repairs
// the rest; tutorial: after a cancel, disable and enable again. Codes LIVE, IDEM and STUCK;
// invariant 68.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "properties/properties.hpp"

namespace switchback {
namespace {

using std::chrono::duration_cast;
using std::chrono::minutes;

class TheItemRecovers final : public Property {
 public:
  [[nodiscard]] std::string_view name() const override { return "the_item_recovers"; }
  [[nodiscard]] std::string_view promise() const override {
    return "when faults have cleared, documented operations bring the item back to protected and "
           "in sync, in the time of the longest retry and six rounds";
  }
  [[nodiscard]] std::string_view source() const override {
    return "Hyper-V to Azure architecture, replication errors and resynchronization";
  }
  [[nodiscard]] Verdict at_end(const EndEvidence& evidence) const override {
    if (!evidence.faults) return Verdict::does_not_apply();
    if (evidence.recovered && evidence.took > evidence.recovers_within)
      return Verdict::broken(
          "recovers_late",
          fmt::format("it took {} until the item was protected and in sync again, more than {}",
                      duration_cast<minutes>(evidence.took),
                      duration_cast<minutes>(evidence.recovers_within)));
    if (evidence.recovered) return Verdict::holds();
    // A purge left the VM off, where it could not be started: no operation is meant to start it.
    if (evidence.model == initial_state() && !evidence.after.live.primary)
      return Verdict::does_not_apply();
    return Verdict::broken("does_not_recover",
                           fmt::format("nothing is broken any more, and the item in state {} does "
                                       "not come back: {}",
                                       name_of(evidence.model), evidence.trouble));
  }
};

}  // namespace

std::unique_ptr<const Property> the_item_recovers() {
  return std::make_unique<TheItemRecovers>();
}

}  // namespace switchback
