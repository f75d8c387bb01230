// SPDX-License-Identifier: Apache-2.0
// A line that shows, goes, and keeps quiet where it has no business.
#include "reports/progress.hpp"

#include <sstream>

#include <gtest/gtest.h>

#include "reports/event_samples.hpp"

namespace switchback {
namespace {

constexpr ProgressStyle kTerminal{.terminal = true, .no_colour = true, .dumb = false, .width = 80};
const std::string kErase = "\r\x1b[K";

TEST(Progress, WritesNothingWithoutATerminalOrOnADumbOne) {
  ProgressStyle pipe = kTerminal;
  pipe.terminal = false;
  ProgressStyle dumb = kTerminal;
  dumb.dumb = true;
  for (const ProgressStyle& style : {pipe, dumb}) {
    std::ostringstream out;
    ProgressLine line(out, style, [] { return 0.0; });
    for (const Event& event : samples::one_of_each())
      line.on(event);
    EXPECT_EQ(out.str(), "");
  }
}

TEST(Progress, ShowsHowFarTheRunIs) {
  std::ostringstream out;
  double now = 0;
  ProgressLine line(out, kTerminal, [&now] { return now += 1; });
  line.on(samples::operation("enable", "done", 4096));
  line.on(samples::sequence_ended());
  EXPECT_EQ(out.str(),
            kErase + "held so far  1.00 s  0 sequences, 0 steps, 0 loops, 4.0 KiB sent  enable" +
                kErase + "held so far  2.00 s  1 sequence, 0 steps, 1 loop, 4.0 KiB sent  enable");
}

TEST(Progress, SaysThatSomethingBroke) {
  std::ostringstream out;
  ProgressStyle style = kTerminal;
  style.no_colour = false;
  double now = 0;
  ProgressLine line(out, style, [&now] { return now += 1; });
  line.on(samples::violation_found());
  EXPECT_NE(out.str().find("\x1b[31m1 violation\x1b[0m"), std::string::npos) << out.str();
}

TEST(Progress, HasNoColourIfTold) {
  std::ostringstream out;
  ProgressLine line(out, kTerminal, [] { return 0.0; });
  line.on(samples::violation_found());
  EXPECT_EQ(out.str().find("\x1b[31m"), std::string::npos);
  EXPECT_NE(out.str().find("1 violation"), std::string::npos);
}

TEST(Progress, IsGoneWhenTheRunHasEnded) {
  std::ostringstream out;
  {
    ProgressLine line(out, kTerminal, [] { return 0.0; });
    line.on(samples::sequence_ended());
    line.on(RunEnded{});
    const std::string text = out.str();
    EXPECT_EQ(text.substr(text.size() - kErase.size()), kErase);
  }
  const std::string text = out.str();
  EXPECT_EQ(text.find(kErase, text.find(kErase) + 1), text.rfind(kErase)) << "erased twice";
}

TEST(Progress, NeverFillsTheLine) {
  for (std::size_t width = 0; width < 100; ++width) {
    std::ostringstream out;
    ProgressStyle style = kTerminal;
    style.width = width;
    ProgressLine line(out, style, [] { return 0.0; });
    line.on(samples::operation("op\xC3\xA9ration"));
    EXPECT_LT(out.str().size() - kErase.size(), std::max<std::size_t>(width, 2) + 1);
  }
}

TEST(Progress, AsksForTheTimeSeldomWhenEventsComeFast) {
  std::ostringstream out;
  int asked = 0;
  ProgressLine line(out, kTerminal, [&asked] {
    ++asked;
    return 0.0;
  });
  constexpr int kEvents = 100000;
  for (int i = 0; i < kEvents; ++i)
    line.on(StepStarted{});
  EXPECT_GT(asked, kEvents / 300);
  EXPECT_LT(asked, kEvents / 200);
}

TEST(Progress, DrawsEachEventWhenTheyComeSlowly) {
  std::ostringstream out;
  double now = 0;
  ProgressLine line(out, kTerminal, [&now] { return now += 1; });
  std::size_t before = 0;
  for (int i = 0; i < 5; ++i) {
    line.on(StepStarted{});
    EXPECT_GT(out.str().size(), before);
    before = out.str().size();
  }
}

}  // namespace
}  // namespace switchback
