// SPDX-License-Identifier: Apache-2.0
// What is printed of a trace is what is checked in, and so compiles and does what it says.
#include "harness/cli/exporting/gtest_case.hpp"

#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/generated_document.hpp"

namespace switchback {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kFixtures = SWITCHBACK_SOURCE_DIR "/fixtures/";

Trace fixture(const std::string& file) {
  const Result<Trace> trace = load_trace(kFixtures + file);
  EXPECT_TRUE(trace) << trace.error().message;
  return trace.value_or(Trace{});
}

/// With SWITCHBACK_REFRESH_DOCS set it is written anew first, as documents are.
void expect_checked_in(const std::string& trace, const std::string& source) {
  const std::string printed = gtest_case(kFixtures + trace, fixture(trace));
  if (std::getenv("SWITCHBACK_REFRESH_DOCS") != nullptr)
    std::ofstream{kFixtures + source} << printed;
  EXPECT_EQ(read_document(kFixtures + source), printed)
      << source << " is stale: run this test with SWITCHBACK_REFRESH_DOCS=1";
}

TEST(GtestCase, IsCheckedInAsItIsPrinted) {
  expect_checked_in("examples/lost_write.json", "examples/lost_write_test.cpp");
  expect_checked_in("corpus/view_left_by_a_purge.json", "examples/view_left_by_a_purge_test.cpp");
}

TEST(GtestCase, HasNoCaseThatMustFailWithoutADefect) {
  EXPECT_THAT(gtest_case("a.json", fixture("examples/lost_write.json")),
              HasSubstr("expect_trace_breaks"));
  Trace trace = fixture("examples/lost_write.json");
  trace.defect.reset();
  EXPECT_THAT(gtest_case("a.json", trace), Not(HasSubstr("expect_trace_breaks")));
}

TEST(GtestCase, HoldsTheTraceWhateverItsTextIs) {
  Trace trace = fixture("examples/lost_write.json");
  trace.violation->summary = "lost (so it says)trace";
  const std::string printed = gtest_case("a.json", trace);
  const std::size_t begin = printed.find("R\"trace_(") + 9;
  const std::size_t end = printed.find(")trace_\";");
  ASSERT_NE(end, std::string::npos);
  const Result<Trace> again = trace_from_json(printed.substr(begin, end - begin), "again");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->violation->summary, trace.violation->summary);
}

TEST(GtestCase, MakesAWordOfAnyFileName) {
  EXPECT_EQ(suite_name("traces/lost_write.json"), "LostWrite");
  EXPECT_EQ(suite_name("crash-7-12.json"), "Crash712");
  EXPECT_EQ(suite_name("7.json"), "Trace7");
  EXPECT_EQ(suite_name("\u00fc.json"), "Trace");
}

}  // namespace
}  // namespace switchback
