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
      const TimeEvidence::Round& failed = evidence.rounds[n - 1];
      const Instant next = evidence.rounds[n].began;
      const Duration soonest =
          std::min<Duration>(std::chrono::minutes(1), evidence.item.policy.copy_frequency);
      if (next - failed.began < soonest || next - failed.ended > std::chrono::minutes(30))
        return Verdict::broken(
            "off_schedule",
            fmt::format("a round that began at {} s failed at {} s, and the next one began at {} s",
                        seconds(failed.began), seconds(failed.ended), seconds(next)));
    }
    return judged ? Verdict::holds() : Verdict::does_not_apply();
  }

 private:
  static std::int64_t seconds(Instant instant) {
    return std::chrono::duration_cast<std::chrono::seconds>(instant).count();
  }
};

}  // namespace

std::unique_ptr<const Property> retries_follow_the_schedule() {
  return std::make_unique<RetriesFollowTheSchedule>();
}

}  // namespace switchback
