// SPDX-License-Identifier: Apache-2.0
// What the woken reader needs is there, in the right order, and fits the screen.
#include "reports/summary_text.hpp"

#include <algorithm>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <rapidcheck/gtest.h>

#include "reports/event_samples.hpp"
#include "reports/text.hpp"

namespace switchback {
namespace {

std::string text_of(const std::vector<Event>& events, bool colour = false) {
  Summary summary;
  for (const Event& event : events)
    summary.on(event);
  return summary_text(summary.data(), 12.3, colour);
}

void expect_in_order(const std::string& text, const std::vector<std::string>& parts) {
  std::size_t from = 0;
  for (const std::string& part : parts) {
    const std::size_t found = text.find(part, from);
    ASSERT_NE(found, std::string::npos) << "no \"" << part << "\" there in:\n" << text;
    from = found + part.size();
  }
}

TEST(SummaryText, TellsWhatWasNotTheSameWhenRunAgain) {
  const std::string text =
      text_of({samples::operation("enable"), samples::sequence_ended(),
               samples::sequence_repeated(false), RunEnded{.stopped_by = "failures", .error = ""}});
  EXPECT_EQ(text.find("NOT DETERMINISTIC  1 sequence did something else"), 0U) << text;
  expect_in_order(text, {"Not the same when run again", "sequence 3, event 7 of it", "first: {",
                         "\"reason\":\"one\"", "again: {", "\"reason\":\"two\"",
                         "run twice: 1 of 1 sequence, 1 not the same"});
}

TEST(SummaryText, SaysFirstWhatBrokeAndHowToSeeItAgain) {
  const std::string text = text_of(samples::one_of_each());
  EXPECT_EQ(text.find("VIOLATED  1 promise broken"), 0U) << text;
  expect_in_order(text,
                  {"What broke",
                   "no_loss (lost_write)",
                   "write 12 of disk 0 block 7 is lost",
                   "sequence 3, shrunk from 40 steps to 2:",
                   "1. enable",
                   "2. write disk 0 block 7",
                   "see it again: switchback replay runs/no_loss.json",
                   "Properties",
                   "VIOLATED",
                   "no_loss",
                   "not exercised",
                   "clean",
                   "Not exercised",
                   "- property clean: never judged",
                   "The way back",
                   "reverse_replicate",
                   "8.0 KiB",
                   "4.0 KiB",
                   "8.0 KiB at the sockets; at the interface: 8.8 KiB, 9.9 %",
                   "Coverage",
                   "The run",
                   "12.3 s",
                   "run twice: 1 of 1 sequence, all identical",
                   "stopped by: time",
                   "note: KVM: none",
                   "switchback run --max-steps 9 --seed 18446744073709551615 --max-sequences 1"});
}

TEST(SummaryText, EachVerdictHasItsFirstWord) {
  EXPECT_EQ(text_of({}).find("NOTHING TESTED"), 0U);
  const Event done = samples::operation("enable");
  EXPECT_EQ(text_of({samples::run_started(), done, samples::sequence_ended()})
                .find("HELD  1 of 2 promises held: 1 sequence, 2 steps, 12.3 s"),
            0U);
  const std::string inconclusive = text_of({done, samples::sequence_ended("error")});
  EXPECT_EQ(inconclusive.find("INCONCLUSIVE"), 0U);
  expect_in_order(inconclusive, {"Trouble of the environment", "sequence 3: host gone"});
  const std::string cut = text_of({done, RunEnded{.stopped_by = "hang", .error = "no answer"}});
  expect_in_order(cut, {"INCONCLUSIVE  cut short by a hang", "What cut it short", "no answer"});
}

TEST(SummaryText, NamesTheDefect) {
  RunStarted run = samples::run_started();
  run.defect = "full_copy";
  expect_in_order(text_of({run}), {"with the defect full_copy"});
}

TEST(SummaryText, SaysHowMuchOfTheLifecycleWasGoneThrough) {
  RunStarted run = samples::run_started();
  run.operations = {"pause", "resume"};
  OperationEnded pause = samples::operation("pause");
  pause.state_after = "paused";
  expect_in_order(text_of({run, pause}),
                  {"coverage: 1 of 2 transitions done, 0 of", "refusals", "0 of 2 pairs",
                   "never done: paused/resume", "never refused: unprotected/pause", "and 2", "more",
                   "never one after the other: pause > resume", "operations: 1 done"});
}

TEST(SummaryText, ShowsEachTransferOfARealWorld) {
  RunStarted run = samples::run_started();
  const Event transfer = samples::operation("reverse_replicate", "done", 4608, 4096);
  EXPECT_EQ(text_of({run, transfer}).find("4608/4096"), std::string::npos);
  run.world = "libvirt";
  expect_in_order(text_of({run, transfer}), {"each reverse_replicate", "4608/4096"});
}

TEST(SummaryText, AReplayIsNotRunAgainBySeed) {
  SequenceStarted replay;
  replay.profile = "replay";
  EXPECT_EQ(text_of({samples::run_started(), replay}).find("--seed"), std::string::npos);
}

TEST(SummaryText, ColoursOnlyIfTold) {
  EXPECT_EQ(text_of(samples::one_of_each()).find('\x1b'), std::string::npos);
  const std::string coloured = text_of(samples::one_of_each(), true);
  EXPECT_NE(coloured.find('\x1b'), std::string::npos);
  std::string plain;
  for (std::size_t i = 0; i < coloured.size(); ++i) {
    if (coloured[i] == '\x1b')
      i = coloured.find('m', i);
    else
      plain += coloured[i];
  }
  EXPECT_EQ(plain, text_of(samples::one_of_each()));
}

TEST(SummaryText, FitsAHundredColumns) {
  RunStarted run = samples::run_started();
  run.world = "libvirt";
  std::vector<Event> events = samples::one_of_each();
  events.front() = run;
  ViolationKept kept = samples::violation_kept();
  kept.kind = "other";
  for (int i = 0; i < 60; ++i) {
    kept.message += " and some more words";
    kept.story.push_back(kept.message);
    events.push_back(samples::operation("reverse_replicate", "done", 123456789, 12345678));
  }
  events.push_back(kept);
  std::istringstream lines(text_of(events));
  for (std::string line; std::getline(lines, line);)
    EXPECT_LE(columns(line), 100U) << line;
}

RC_GTEST_PROP(SummaryText, CannotUpsetATerminal, ()) {
  Summary summary;
  for (const Event& event : *rc::gen::container<std::vector<Event>>(samples::any_event()))
    summary.on(event);
  const std::string text = summary_text(summary.data(), 1, false);
  RC_ASSERT(printable(text) == text);
}

}  // namespace
}  // namespace switchback
