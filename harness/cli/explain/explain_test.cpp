// SPDX-License-Identifier: Apache-2.0
// The stories of traces: what they tell, and that the page about them shows them as they are.
#include "harness/cli/explain/explain.hpp"

#include <functional>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "harness/base/generated_document.hpp"
#include "harness/cli/explain/timeline.hpp"

namespace switchback {
namespace {

using nlohmann::json;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kPage = SWITCHBACK_SOURCE_DIR "/docs/explain.md";

Trace trace_of(const std::string& file) {
  const Result<Trace> trace = load_trace(std::string(SWITCHBACK_SOURCE_DIR "/fixtures/") + file);
  EXPECT_TRUE(trace) << trace.error().message;
  return trace.value_or(Trace{});
}

Story story_of(const std::string& file, const Trace& trace) {
  WorldArguments where;
  where = world_of(where, trace);
  Result<ChosenWorld> world = choose_world(where);
  EXPECT_TRUE(world) << world.error().message;
  CampaignOptions options;
  options.tool = kTool;
  options.defect = where.defect;
  options.elapsed_seconds = [] { return 0.0; };
  options.interrupted = [] { return false; };
  return explain(*world->worlds, make_all_properties(), options, file, trace);
}

Trace lost_write() {
  return trace_of("examples/lost_write.json");
}

/// As it stands in a page.
std::string indented(const std::string& text) {
  std::istringstream lines(text);
  std::string out;
  for (std::string line; std::getline(lines, line);)
    out += (line.empty() ? "" : "    " + line) + "\n";
  return out;
}

template <class What>
std::vector<What> all_of(const Story& story) {
  std::vector<What> all;
  for (const Happening& happening : story.chronicle.happenings)
    if (const auto* const one = std::get_if<What>(&happening.what)) all.push_back(*one);
  return all;
}

TEST(Explain, IsShownOnItsPageAsItIs) {
  expect_fresh(kPage, "explain lost_write",
               indented(story_text(story_of("lost_write.json", lost_write()))));
  expect_fresh(kPage, "explain view_left_by_a_purge",
               indented(story_text(story_of("view_left_by_a_purge.json",
                                            trace_of("corpus/view_left_by_a_purge.json")))));
}

TEST(Explain, NamesTheFirstBlockThatIsWrongAndTheStepWhoseWriteItLacks) {
  const Story story = story_of("t", lost_write());
  EXPECT_EQ(story.verdict, RunVerdict::violated);
  ASSERT_FALSE(story.broken.empty());
  EXPECT_EQ(story.broken.front().violation.property, "planned_switch_loses_nothing");
  std::vector<WrongBlock> wrong;
  for (const ToldOperation& told : all_of<ToldOperation>(story))
    wrong.insert(wrong.end(), told.wrong.begin(), told.wrong.end());
  ASSERT_FALSE(wrong.empty());
  EXPECT_EQ(wrong.front().disk, 0U);
  EXPECT_EQ(wrong.front().block, 0U);
  EXPECT_EQ(wrong.front().shows.number, kInitialState);
  ASSERT_TRUE(wrong.front().expected);
  EXPECT_EQ(wrong.front().expected->step, 2U);
}

TEST(Explain, LeavesOutEachStepToTellWhetherItIsNeeded) {
  Trace trace = lost_write();
  trace.sequence.steps.insert(trace.sequence.steps.begin() + 1, Step{FlushStep{}});
  trace.sequence.steps.push_back(Step{FlushStep{}});
  const Story story = story_of("t", trace);
  EXPECT_THAT(story.needs,
              ElementsAre(Need::needed, Need::spared, Need::needed, Need::needed, Need::never_ran));
  EXPECT_THAT(story_text(story), HasSubstr("Not needed, each for itself: 2."));
}

TEST(Explain, TellsThatWhatTheTraceWasKeptForIsNotBroken) {
  Trace trace = lost_write();
  trace.defect.reset();
  const Story story = story_of("t", trace);
  EXPECT_EQ(story.verdict, RunVerdict::held);
  EXPECT_THAT(story.needs, Each(Need::untried));
  EXPECT_THAT(story_text(story),
              testing::AllOf(HasSubstr("HELD"), HasSubstr("which is not broken here"),
                             Not(HasSubstr("What broke"))));
}

TEST(Explain, TellsRoundsThatWentTheSameWayOnce) {
  Trace trace = lost_write();
  trace.defect.reset();
  trace.sequence.steps = {Step{OperateStep{.operation = Operation::enable}},
                          Step{WaitStep{.periods = 5}}};
  EXPECT_THAT(story_text(story_of("t", trace)), HasSubstr("done 5 times, from 300 s to 1500 s"));
}

TEST(Explain, TellsWhatASecondOperatorIsRefusedAndWhatACancelStops) {
  Trace trace = lost_write();
  trace.defect.reset();
  const Moment early{.stage = "prepare_for_failover", .call = 0};
  trace.sequence.steps = {Step{OperateStep{.operation = Operation::enable}},
                          Step{OperateStep{.operation = Operation::planned_failover}},
                          Step{OperateStep{.operation = Operation::disable}, early},
                          Step{OperateStep{.operation = Operation::cancel}, early}};
  const Story story = story_of("t", trace);
  std::vector<std::string> ended;
  for (const ToldOperation& told : all_of<ToldOperation>(story))
    ended.push_back(told.operation + " " + told.outcome);
  EXPECT_THAT(story_text(story), HasSubstr("at most a cancel is allowed"));
  EXPECT_THAT(ended, ElementsAre("enable done", "disable refused", "planned_failover cancelled",
                                 "cancel done"));
}

TEST(Explain, TellsWhichCallAFaultHitAndWhenTheHealthyPhaseBegins) {
  Trace trace = lost_write();
  trace.defect.reset();
  trace.sequence.steps = {
      Step{OperateStep{.operation = Operation::enable}}, Step{WriteStep{}},
      Step{WaitStep{.periods = 1}},
      Step{FaultStep{.kind = FaultKind::link_cut}, Moment{.stage = "send_changes", .call = 0}},
      Step{FaultStep{.kind = FaultKind::shutdown_refused}}};
  const Story story = story_of("t", trace);
  EXPECT_EQ(story.verdict, RunVerdict::held);
  const auto faults = all_of<ToldFault>(story);
  ASSERT_EQ(faults.size(), 2U);
  ASSERT_FALSE(faults[0].changed.empty());
  EXPECT_EQ(faults[0].changed[0].operation, "delta_replication");
  EXPECT_TRUE(faults[1].changed.empty());
  EXPECT_EQ(all_of<ToldHealing>(story).size(), 1U);
  EXPECT_THAT(story_text(story), HasSubstr("no call went otherwise for it"));
}

TEST(Explain, ShowsWhereTheVmsRunWheneverThatChanges) {
  Trace trace = lost_write();
  trace.defect.reset();
  const OperateStep fail_over{.operation = Operation::unplanned_failover,
                              .point = PointChoice::latest_processed,
                              .shut_down_source = false};
  trace.sequence.steps = {Step{OperateStep{.operation = Operation::enable}}, Step{fail_over}};
  const std::vector<TimelineRow> rows = timeline_of(story_of("t", trace));
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].standing, (Standing{"active, runs", "absent"}));
  EXPECT_EQ(rows[1].standing, (Standing{"active, runs", "standby"}));
  EXPECT_EQ(rows[2].standing, (Standing{"superseded, runs", "active, runs"}));
}

TEST(Explain, HasNoLineOfMoreThanAHundredColumns) {
  std::istringstream lines(
      story_text(story_of("t", trace_of("corpus/ten_resynchronizations_at_once.json"))));
  for (std::string line; std::getline(lines, line);)
    EXPECT_LE(line.size(), 100U) << line;
}

TEST(Explain, HasEveryKeyOfItsJsonOnItsPage) {
  const std::string page = read_document(kPage);
  const json document = json::parse(story_json(story_of("t", lost_write())));
  const std::function<void(const json&)> expect_keys = [&](const json& value) {
    if (value.is_object())
      for (const auto& [key, inner] : value.items()) {
        EXPECT_THAT(page, HasSubstr("`" + key + "`"));
        expect_keys(inner);
      }
    if (value.is_array())
      for (const json& inner : value)
        expect_keys(inner);
  };
  expect_keys(document);
  EXPECT_EQ(document["broken"][0]["kind"], "lost_write");
  EXPECT_EQ(document["steps"][2]["need"], "needed");
}

}  // namespace
}  // namespace switchback
