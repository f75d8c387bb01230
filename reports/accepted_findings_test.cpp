// SPDX-License-Identifier: Apache-2.0
// What reports make of findings that the baseline accepts, and of those that come and go.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "reports/event_samples.hpp"
#include "reports/junit.hpp"
#include "reports/summary.hpp"
#include "reports/summary_json.hpp"
#include "reports/summary_text.hpp"

namespace switchback {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A run that finds no_loss (lost_write), and what else is given.
SummaryData run_with(const std::vector<BaselineEntry>& baseline,
                     const std::vector<Event>& more = {}) {
  Summary summary;
  RunStarted started = samples::run_started();
  started.baseline = baseline;
  summary.on(started);
  summary.on(samples::operation("enable"));
  summary.on(samples::violation_found());
  for (const Event& event : more)
    summary.on(event);
  SequenceEnded ended = samples::sequence_ended("violated");
  ended.properties.front().broken = 1;
  summary.on(ended);
  summary.on(RunEnded{.stopped_by = "sequences", .error = ""});
  return summary.data();
}

ViolationFound in_another_way() {
  ViolationFound other = samples::violation_found();
  other.kind = "torn";
  return other;
}

TEST(AcceptedFindings, DoNotFailTheRunAndAreNeitherHeldNorViolated) {
  const SummaryData data = run_with({samples::baseline_entry("lost_write")});
  EXPECT_EQ(data.verdict(), RunVerdict::held);
  EXPECT_EQ(data.properties.front().result(), PropertyResult::accepted);
  const std::string text = summary_text(data, 1, false);
  EXPECT_THAT(text, HasSubstr("1 broken as the baseline accepts"));
  EXPECT_THAT(text, HasSubstr("no_loss (lost_write), 1 time, accepted until 2026-12-31: issue 12"));
  EXPECT_THAT(text, Not(HasSubstr("What broke")));
  EXPECT_THAT(junit_xml(data, 1),
              HasSubstr("broken (lost_write), accepted until 2026-12-31: issue 12"));
  EXPECT_THAT(junit_xml(data, 1), HasSubstr("failures=\"0\""));
}

TEST(AcceptedFindings, FailTheRunOnceTheirEntryHasEnded) {
  const SummaryData data = run_with({samples::baseline_entry("lost_write", /*expired=*/true)});
  EXPECT_EQ(data.verdict(), RunVerdict::violated);
  EXPECT_EQ(data.properties.front().result(), PropertyResult::violated);
  EXPECT_THAT(summary_text(data, 1, false),
              HasSubstr("its entry in the baseline ended on 2026-12-31: issue 12"));
}

TEST(AcceptedFindings, DoNotExcuseAnotherWayOfBreakingTheSamePromise) {
  const SummaryData data = run_with({samples::baseline_entry("lost_write")}, {in_another_way()});
  EXPECT_EQ(data.verdict(), RunVerdict::violated);
  EXPECT_EQ(data.properties.front().result(), PropertyResult::violated);
  EXPECT_EQ(run_with({samples::baseline_entry("torn")}).verdict(), RunVerdict::violated);
}

TEST(AcceptedFindings, ThatWereNotSeenAreNamed) {
  const SummaryData data =
      run_with({samples::baseline_entry("lost_write"), samples::baseline_entry("torn")});
  EXPECT_THAT(summary_text(data, 1, false), HasSubstr("no_loss (torn): not seen in this run"));
  const auto json = nlohmann::json::parse(summary_json(data, 1, "sequences"));
  ASSERT_EQ(json["baseline_not_seen"].size(), 1U);
  EXPECT_EQ(json["baseline_not_seen"][0]["kind"], "torn");
  EXPECT_EQ(json["violations"][0]["baseline"]["reason"], "issue 12");
}

TEST(RepeatedFindings, SayHowOftenAndWhereTheOthersWentAnotherWay) {
  const SummaryData data = run_with({}, {samples::violation_repeated()});
  const std::string text = summary_text(data, 1, false);
  EXPECT_THAT(text, HasSubstr("FLAKY: broken in 3 of 4 runs of this sequence"));
  EXPECT_THAT(text, HasSubstr("the runs part at step 2: enable ended done, protected"));
  EXPECT_THAT(text, HasSubstr("where it broke, enable ended failed"));
  const auto json = nlohmann::json::parse(summary_json(data, 1, "sequences"));
  EXPECT_EQ(json["violations"][0]["repeated"]["broke"], 3);
  EXPECT_EQ(json["violations"][0]["repeated"]["differs_at"], 1);
}

TEST(RepeatedFindings, ThatShowEachTimeAreNotFlaky) {
  ViolationRepeated always = samples::violation_repeated();
  always.broke = always.runs;
  always.differs_at.reset();
  const std::string text = summary_text(run_with({}, {always}), 1, false);
  EXPECT_THAT(text, HasSubstr("broken in all of 4 runs of this sequence"));
  EXPECT_THAT(text, Not(HasSubstr("FLAKY")));
}

TEST(PowerOfTheBuild, StandsInEveryReport) {
  SummaryData data = run_with({});
  EXPECT_THAT(summary_text(data, 1, false), HasSubstr("has not searched for planted defects"));
  data.power = Power{.found = 70, .planted = 71};
  const std::string words = "70/71 planted defects found by this build";
  EXPECT_THAT(summary_text(data, 1, false), HasSubstr(words));
  EXPECT_THAT(junit_xml(data, 1), HasSubstr(words));
  const auto json = nlohmann::json::parse(summary_json(data, 1, "sequences"));
  EXPECT_EQ(json["planted_defects"]["found"], 70);
  EXPECT_EQ(json["planted_defects"]["planted"], 71);
}

}  // namespace
}  // namespace switchback
