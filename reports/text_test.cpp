// SPDX-License-Identifier: Apache-2.0
// Numbers as people write them; strings that can't hurt a terminal.
#include "reports/text.hpp"

#include <algorithm>
#include <limits>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <rapidcheck/gtest.h>

#include "reports/event_samples.hpp"

namespace switchback {
namespace {

TEST(Text, NumbersHaveUnits) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(4096), "4.0 KiB");
  EXPECT_EQ(human_bytes(1024 * 1024 - 1), "1.0 MiB");
  EXPECT_EQ(human_bytes(std::numeric_limits<Bytes>::max()), "16.0 EiB");
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(counted(1, "step"), "1 step");
  EXPECT_EQ(counted(0, "step"), "0 steps");
}

TEST(Text, SecondsGetCoarserAsTheyGrow) {
  EXPECT_EQ(human_seconds(0.42), "0.42 s");
  EXPECT_EQ(human_seconds(12.34), "12.3 s");
  EXPECT_EQ(human_seconds(245), "4 min 05 s");
  EXPECT_EQ(human_seconds(7380), "2 h 03 min");
  EXPECT_EQ(human_seconds(-1), "unknown time");
  EXPECT_EQ(human_seconds(std::numeric_limits<double>::quiet_NaN()), "unknown time");
}

TEST(Text, PrintableKeepsWordsOfAnyLanguageAndTakesControlsOut) {
  EXPECT_EQ(printable("na\xC3\xAFve\nline"), "na\xC3\xAFve\nline");
  EXPECT_EQ(printable("\x1b[31mred\x7f\t."), "?[31mred? .");
  EXPECT_EQ(printable("\xC2\x9B"), "?");
  EXPECT_EQ(printable("a\xC3"), "a\xEF\xBF\xBD");
  EXPECT_EQ(printable_line("a\nb"), "a b");
}

RC_GTEST_PROP(Text, PrintableIsUtf8WithoutControls, ()) {
  const std::string out = printable(*samples::hostile_text());
  // A strict dump throws on what is not UTF-8.
  RC_ASSERT(!nlohmann::json(out).dump().empty());
  RC_ASSERT(std::none_of(out.begin(), out.end(), [](char byte) {
    const auto value = static_cast<unsigned char>(byte);
    return (value < 0x20 && byte != '\n') || value == 0x7f;
  }));
  RC_ASSERT(printable(out) == out);
}

RC_GTEST_PROP(Text, WrappedLinesKeepWordsAndWidth, ()) {
  const auto words = *rc::gen::container<std::vector<std::string>>(
      rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange('a', 'z'))));
  const auto indent = *rc::gen::inRange<std::size_t>(0, 6);
  const auto width = *rc::gen::inRange<std::size_t>(10, 60);
  std::string text;
  for (const std::string& word : words)
    text += (text.empty() ? "" : " ") + word;
  const std::string out = wrapped(text, indent, width);
  std::istringstream lines(out);
  std::vector<std::string> seen;
  for (std::string line; std::getline(lines, line);) {
    const bool one_word = line.find(' ', indent) == std::string::npos;
    RC_ASSERT(columns(line) <= width || one_word);
    RC_ASSERT(line.substr(0, indent) == std::string(indent, ' '));
    std::istringstream parts(line);
    for (std::string word; parts >> word;)
      seen.push_back(word);
  }
  RC_ASSERT(seen == words);
}

TEST(Text, ShellWordsAreQuotedOnlyIfTheyHaveToBe) {
  EXPECT_EQ(shell_word("runs/trace-1.json"), "runs/trace-1.json");
  EXPECT_EQ(shell_word("my runs/a"), "'my runs/a'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_word(""), "''");
}

}  // namespace
}  // namespace switchback
