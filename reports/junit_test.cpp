// SPDX-License-Identifier: Apache-2.0
// What a CI server reads: well-formed always, and complete where it looks.
#include "reports/junit.hpp"

#include <gtest/gtest.h>
#include <pugixml.hpp>
#include <rapidcheck/gtest.h>

#include "reports/event_samples.hpp"
#include "reports/scratch_folder.hpp"
#include "reports/text.hpp"

namespace switchback {
namespace {

SummaryData folded(const std::vector<Event>& events) {
  Summary summary;
  for (const Event& event : events)
    summary.on(event);
  return summary.data();
}

pugi::xml_document parsed(const SummaryData& data) {
  pugi::xml_document document;
  const std::string xml = junit_xml(data, 10);
  EXPECT_TRUE(document.load_string(xml.c_str())) << xml;
  return document;
}

pugi::xml_node test_case(const pugi::xml_document& document, const char* name) {
  return document.child("testsuites")
      .child("testsuite")
      .find_child_by_attribute("testcase", "name", name);
}

TEST(Junit, AViolationIsAFailureThatTellsEverythingInItsText) {
  const pugi::xml_document document = parsed(folded(samples::one_of_each()));
  const pugi::xml_node test = test_case(document, "no_loss");
  EXPECT_STREQ(test.attribute("classname").value(), "switchback.sim");
  const pugi::xml_node failure = test.child("failure");
  EXPECT_STREQ(failure.attribute("message").value(), "write 12 of disk 0 block 7 is lost");
  EXPECT_STREQ(failure.attribute("type").value(), "lost_write");
  const std::string text = failure.text().get();
  for (const char* part :
       {"promise: nothing is lost", "seed: 18446744073709551615", "2. write disk 0 block 7",
        "switchback replay runs/no_loss.json", "switchback run --max-steps", "VIOLATED"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " is not in:\n" << text;
  EXPECT_STREQ(test.child("system-out").text().get(), "[[ATTACHMENT|runs/no_loss.json]]\n");
}

TEST(Junit, DeterminismIsACaseOfItsOwn) {
  const auto repeated = [](bool same) {
    return parsed(folded({samples::run_started(), samples::operation("enable"),
                          samples::sequence_ended(), samples::sequence_repeated(same)}));
  };
  const pugi::xml_document sound = repeated(true);
  EXPECT_TRUE(test_case(sound, "determinism"));
  EXPECT_FALSE(test_case(sound, "determinism").child("failure"));
  const pugi::xml_document broken = repeated(false);
  const pugi::xml_node failure = test_case(broken, "determinism").child("failure");
  EXPECT_STREQ(failure.attribute("type").value(), "not_deterministic");
  EXPECT_NE(std::string(failure.text().get()).find("Not the same when run again"),
            std::string::npos);
  EXPECT_EQ(broken.child("testsuites").attribute("failures").as_int(), 1);
  EXPECT_FALSE(test_case(parsed(folded({samples::run_started()})), "determinism"))
      << "nothing was run twice";
}

TEST(Junit, WhatWasNotExercisedIsSkippedWithAReason) {
  const pugi::xml_document document = parsed(folded(samples::one_of_each()));
  const pugi::xml_node skipped = test_case(document, "clean").child("skipped");
  ASSERT_TRUE(skipped);
  EXPECT_NE(std::string(skipped.attribute("message").value()), "");
}

TEST(Junit, TheSuiteCountsItsCases) {
  const pugi::xml_document document = parsed(folded(samples::one_of_each()));
  const pugi::xml_node suite = document.child("testsuites").child("testsuite");
  EXPECT_STREQ(suite.attribute("name").value(), "sim");
  EXPECT_EQ(suite.attribute("tests").as_int(), 4);
  EXPECT_EQ(suite.attribute("failures").as_int(), 1);
  EXPECT_EQ(suite.attribute("errors").as_int(), 0);
  EXPECT_EQ(suite.attribute("skipped").as_int(), 1);
  EXPECT_STREQ(suite.attribute("time").value(), "10.000");
  EXPECT_FALSE(test_case(document, "run").child("error"));
  double total = 0;
  for (const pugi::xml_node test : suite.children("testcase"))
    total += test.attribute("time").as_double();
  EXPECT_DOUBLE_EQ(total, 10);
  const auto seed = suite.child("properties").find_child_by_attribute("property", "name", "seed");
  EXPECT_STREQ(seed.attribute("value").value(), "18446744073709551615");
  EXPECT_NE(std::string(suite.child("system-out").text().get()).find("VIOLATED"),
            std::string::npos);
}

TEST(Junit, WhatCutARunShortIsItsError) {
  const pugi::xml_document document =
      parsed(folded({samples::run_started(), samples::operation("enable"),
                     RunEnded{.stopped_by = "crash", .error = "sequence 3 crashed"}}));
  const pugi::xml_node error = test_case(document, "run").child("error");
  EXPECT_STREQ(error.attribute("message").value(), "sequence 3 crashed");
  EXPECT_STREQ(error.attribute("type").value(), "crash");
}

TEST(Junit, TroubleOfTheEnvironmentIsAnErrorOfTheRun) {
  const pugi::xml_document document = parsed(
      folded({samples::run_started(), samples::operation("enable"),
              samples::sequence_ended("error"), RunEnded{.stopped_by = "error", .error = ""}}));
  const pugi::xml_node error = test_case(document, "run").child("error");
  EXPECT_STREQ(error.attribute("message").value(), "host gone");
  EXPECT_STREQ(error.attribute("type").value(), "environment");
  EXPECT_EQ(document.child("testsuites").attribute("errors").as_int(), 1);
  EXPECT_FALSE(test_case(document, "no_loss").child("failure"));
}

TEST(Junit, ARunThatTestedNothingIsNotGreen) {
  const pugi::xml_document document = parsed(folded({samples::run_started()}));
  EXPECT_STREQ(test_case(document, "run").child("error").attribute("type").value(),
               "nothing_tested");
}

RC_GTEST_PROP(Junit, IsWellFormedWhateverTheStringsHold, ()) {
  std::vector<Event> events = *rc::gen::container<std::vector<Event>>(samples::any_event());
  RunStarted run = samples::run_started();
  run.world = *samples::hostile_text();
  events.emplace_back(run);
  const std::string xml = junit_xml(folded(events), 1);
  // Valid UTF-8 without control characters, as XML 1.0 wants it and pugixml does not check.
  RC_ASSERT(printable(xml) == xml);
  RC_ASSERT(xml.find("&#") == std::string::npos);
  pugi::xml_document document;
  RC_ASSERT(document.load_buffer(xml.data(), xml.size()));
  RC_ASSERT(document.child("testsuites").child("testsuite").attribute("name").value() ==
            printable_line(run.world));
}

TEST(Junit, IsWrittenWhole) {
  const samples::ScratchFolder folder;
  const SummaryData data = folded(samples::one_of_each());
  ASSERT_TRUE(write_junit(folder / "report.xml", data, 10));
  EXPECT_EQ(samples::content(folder / "report.xml"), junit_xml(data, 10));
  EXPECT_EQ(folder.entries(), 1U);
}

TEST(Junit, NamesAFolderThatCannotBeWrittenTo) {
  for (const char* path : {"/proc/x/report.xml", "/dev/null/report.xml", "/"}) {
    const Nothing written = write_junit(path, SummaryData{}, 1);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().kind, ErrorKind::bad_input);
    EXPECT_EQ(written.error().message.find("JUnit report: "), 0U);
    EXPECT_NE(written.error().message.find(path), std::string::npos) << written.error().message;
  }
}

}  // namespace
}  // namespace switchback
