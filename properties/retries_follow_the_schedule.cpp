// SPDX-License-Identifier: Apache-2.0
// Promise: a round that failed is tried again, sooner at first, and at the latest every half hour.
//
// Source: Hyper-V to Azure architecture, "Retry logic": recoverable errors are retried after 1, 2,
// 4, 8 and 10 minutes and then every 30. Judged as bounds: never sooner than a minute or the copy
// frequency, never later than 30 minutes. Invariant 15.
#include <algorithm>

#include <fmt/format.h>

#include "properties/properties.hpp"

namespace switchback {
namespace {

class RetriesFollowTheSchedule final : public Property {
 public:
  [[nodiscard]] std::string_view name() const override { return "retries_follow_the_schedule"; }
  [[nodiscard]] std::string_view promise() const override {
    return "after a failed round the next try comes no sooner than 1 and no later than 30 minutes "
           "after it";
  }
  [[nodiscard]] std::string_view source() const override {
    return "Hyper-V to Azure architecture, 'Retry logic'";
  }
  [[nodiscard]] Verdict after_time(const TimeEvidence& evidence) const override {
    bool judged = false;
    for (std::size_t n = 1; n < evidence.rounds.size(); ++n) {
      if (evidence.rounds[n - 1].done) continue;
      judged = true;
      const Duration gap = evidence.rounds[n].at - evidence.rounds[n - 1].at;
      const Duration soonest =
          std::min<Duration>(std::chrono::minutes(1), evidence.item.policy.copy_frequency);
      if (gap < soonest || gap > std::chrono::minutes(30))
        return Verdict::broken(
            "off_schedule",
            fmt::format("a round failed and the next one began {} s after it",
                        std::chrono::duration_cast<std::chrono::seconds>(gap).count()));
    }
    return judged ? Verdict::holds() : Verdict::does_not_apply();
  }
};

}  // namespace

std::unique_ptr<const Property> retries_follow_the_schedule() {
  return std::make_unique<RetriesFollowTheSchedule>();
}

}  // namespace switchback
