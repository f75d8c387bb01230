// SPDX-License-Identifier: Apache-2.0
// A label means the instant at which the stepped clock showed it, and no other.
#include "harness/runner/clock_steps.hpp"

#include <utility>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace switchback {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;

TEST(ClockSteps, ALabelMeansItselfWhileNothingWasStepped) {
  ClockSteps steps;
  steps.reached(minutes(5));
  EXPECT_FALSE(steps.any());
  EXPECT_EQ(steps.shown_at(minutes(5)), minutes(5));
  EXPECT_EQ(steps.shown_at(minutes(4)), std::nullopt) << "nothing was read then";
}

TEST(ClockSteps, StepsAddUpUntilTheClockIsPutRight) {
  ClockSteps steps;
  EXPECT_EQ(steps.step(Instant{}, hours(1)), hours(1) + microseconds(1));
  EXPECT_EQ(steps.step(Instant{}, -hours(3)), -hours(3) + microseconds(1));
  EXPECT_EQ(steps.shown_at(hours(1) + microseconds(1)), Instant{});
  EXPECT_EQ(steps.shown_at(-hours(2) + microseconds(2)), Instant{});
  steps.put_right(Instant{});
  steps.reached(hours(5));
  EXPECT_EQ(steps.shown_at(hours(5)), hours(5));
  EXPECT_EQ(steps.shown_at(hours(3) + microseconds(2)), std::nullopt) << "it was right by then";
  EXPECT_EQ(steps.step(hours(5), minutes(1)), minutes(1) + microseconds(3));
}

TEST(ClockSteps, TellsWhatBearsATimeThatWasNeverShown) {
  ClockSteps steps;
  const Duration ahead = steps.step(Instant{}, -minutes(5));
  steps.reached(minutes(5));
  ItemStatus status;
  status.last_synchronized = minutes(5) + ahead;
  status.points =
      std::vector<RecoveryPoint>{{.id = "p1", .cut = Instant{}, .app_consistent = false},
                                 {.id = "p2", .cut = minutes(5), .app_consistent = false}};
  EXPECT_EQ(steps.translate(status), std::vector<std::string>{"recovery point p2"});
  EXPECT_EQ(status.last_synchronized, minutes(5));
  EXPECT_EQ(status.points[0].cut, Instant{});
  EXPECT_EQ(status.points[1].cut, minutes(5)) << "as it was told";
}

// Steps and waits are whole minutes, so that without more they would add up to the same label again
// and again.
RC_GTEST_PROP(ClockSteps, EveryLabelIsShownOnceAndFound, ()) {
  ClockSteps steps;
  Instant now{};
  Duration ahead{};
  std::vector<std::pair<Instant, Instant>> shown = {{now, now}};  // label, instant
  for (int left = *rc::gen::inRange(1, 40); left > 0; --left) {
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        ahead += steps.step(now, minutes(*rc::gen::inRange(-10, 11)));
        break;
      case 1:
        steps.put_right(now);
        ahead = {};
        break;
      default:
        now += minutes(*rc::gen::inRange(1, 10));
        steps.reached(now);
    }
    shown.emplace_back(now + ahead, now);
  }
  for (const auto& [label, instant] : shown)
    RC_ASSERT(steps.shown_at(label) == instant);
  RC_ASSERT(!steps.shown_at(now + ahead + std::chrono::nanoseconds(1)));
}

}  // namespace
}  // namespace switchback
