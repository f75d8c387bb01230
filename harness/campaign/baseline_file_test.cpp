// SPDX-License-Identifier: Apache-2.0
// What a baseline may hold, and when an entry ends.
#include "harness/campaign/baseline_file.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace switchback {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr std::chrono::year_month_day kToday = 2026y / 11 / 30;

std::string entry(const std::string& until,
                  const std::string& property = "planned_switch_loses_nothing") {
  return fmt::format(
      R"({{"property": "{}", "kind": "lost_write", "until": "{}", "reason": "issue 12"}})",
      property, until);
}

std::string baseline_of(const std::string& findings) {
  return fmt::format(R"({{"baseline": 1, "findings": [{}]}})", findings);
}

Result<std::vector<BaselineEntry>> read(const std::string& text) {
  return baseline_from_json(text, "known.json", kToday);
}

std::string message_of(const std::string& text) {
  const auto baseline = read(text);
  return baseline ? "it was read" : baseline.error().message;
}

TEST(Baseline, AcceptsAFindingUntilTheEndOfItsLastDay) {
  const auto last_day = read(baseline_of(entry("2026-11-30")));
  ASSERT_TRUE(last_day) << last_day.error().message;
  ASSERT_EQ(last_day->size(), 1U);
  EXPECT_FALSE(last_day->front().expired);
  EXPECT_EQ(last_day->front().property, "planned_switch_loses_nothing");
  EXPECT_EQ(last_day->front().kind, "lost_write");
  EXPECT_EQ(last_day->front().reason, "issue 12");
  const auto day_after = read(baseline_of(entry("2026-11-29")));
  ASSERT_TRUE(day_after) << day_after.error().message;
  EXPECT_TRUE(day_after->front().expired);
}

TEST(Baseline, MayBeEmpty) {
  const auto empty = read(baseline_of(""));
  ASSERT_TRUE(empty) << empty.error().message;
  EXPECT_TRUE(empty->empty());
}

TEST(Baseline, NamesTheFileThePlaceAndWhatIsWrongThere) {
  EXPECT_THAT(message_of(baseline_of(entry("2026-12-31", "no_such_promise"))),
              HasSubstr("known.json: findings[0].property: 'no_such_promise' is no promise"));
  EXPECT_THAT(message_of(baseline_of(entry("2026-12-31") + "," + entry("2027-12-31"))),
              HasSubstr("findings[1]: planned_switch_loses_nothing ('lost_write') is named twice"));
  EXPECT_THAT(message_of(R"({"baseline": 2, "findings": []})"), HasSubstr("known.json: baseline"));
  EXPECT_THAT(message_of(R"({"findings": []})"), HasSubstr("baseline"));
  EXPECT_THAT(message_of("[]"), HasSubstr("known.json"));
  EXPECT_THAT(message_of(""), HasSubstr("known.json: is empty"));
}

TEST(Baseline, TakesOnlyDaysThatExistWrittenInFull) {
  for (const char* day : {"2026-02-30", "2026-13-01", "2026-1-05", " 2026-01-5", "2026-01-05 ",
                          "tomorrow", "", "2026-01-05T00:00"})
    EXPECT_THAT(message_of(baseline_of(entry(day))), HasSubstr("findings[0].until")) << day;
}

TEST(Baseline, AcceptsNothingWithoutAReason) {
  const std::string without =
      R"({"property": "groups_move_together", "kind": "torn", "until": "2026-12-31",)"
      R"( "reason": ""})";
  EXPECT_THAT(message_of(baseline_of(without)), HasSubstr("findings[0].reason: is empty"));
}

}  // namespace
}  // namespace switchback
