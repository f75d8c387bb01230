// SPDX-License-Identifier: Apache-2.0
// Traces of several items and of jobs in the background.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/sequence/trace.hpp"

namespace switchback {
namespace {

using testing::HasSubstr;

constexpr std::string_view kText = R"({
  "format": "switchback-trace",
  "version": 1,
  "made_by": "test",
  "system": "sim",
  "seed": "1",
  "disks": [
    {"device":"vda","size_bytes":8192}
  ],
  "others": [
    {"disks":[{"device":"vda","size_bytes":512},{"device":"vdb","size_bytes":4096}]},
    {"disks":[{"device":"vda","size_bytes":512}],"policy":POLICY}
  ],
  "steps": [
    {"do":"operate","operation":"enable","background":true,"item":1},
    {"do":"advance","points":7,"item":1},
    {"do":"wait","milliseconds":1000,"background":true},
    {"do":"write","disk":0,"block":0,"count":1,"item":2,"at":{"stage":"record","call":0}}
  ]
}
)";
constexpr std::string_view kPolicy =
    R"({"copy_frequency_seconds":30,"retention_hours":2,"most_points":24,)"
    R"("app_consistent_hours":0,"encrypted":false})";

std::string text() {
  std::string text(kText);
  return text.replace(text.find("POLICY"), 6, kPolicy);
}

std::string with(std::string_view piece, std::string_view instead) {
  std::string changed = text();
  return changed.replace(changed.find(piece), piece.size(), instead);
}

std::string error_of(const std::string& text) {
  const Result<Trace> trace = trace_from_json(text, "t.json");
  return trace ? "it was read" : trace.error().message + " (" + trace.error().remedy + ")";
}

TEST(ItemsTrace, IsReadAndWrittenAsDocumented) {
  const Result<Trace> read = trace_from_json(text(), "t.json");
  ASSERT_TRUE(read) << read.error().message;
  const Sequence& sequence = read->sequence;
  ASSERT_EQ(sequence.item_count(), 3U);
  EXPECT_EQ(sequence.plan(0).disks.front().size_bytes, 8192U);
  EXPECT_EQ(sequence.plan(1).disks.size(), 2U);
  EXPECT_EQ(sequence.plan(2).policy.copy_frequency, std::chrono::seconds(30));
  const std::vector<Step> expected = {
      {.action = OperateStep{.operation = Operation::enable, .background = true}, .item = 1},
      {.action = AdvanceStep{7}, .item = 1},
      {.action = WaitStep{std::chrono::seconds(1), true}},
      {.action = WriteStep{}, .at = Moment{"record", 0}, .item = 2}};
  EXPECT_EQ(sequence.steps, expected);
  EXPECT_EQ(trace_to_json(*read), text());
}

TEST(ItemsTrace, NamesTheItemThatIsWrong) {
  EXPECT_THAT(error_of(with("4096}", "4096,\"vm\":1}")),
              HasSubstr("t.json: others[0].disks[1].vm: 1 is no VM of this item, which has 1"));
  EXPECT_THAT(error_of(with("\"policy\"", "\"police\"")), HasSubstr("t.json: others[1]"));
  EXPECT_THAT(error_of(with("\"item\":2", "\"item\":4096")), HasSubstr("steps[3].item"));
  EXPECT_THAT(error_of(with("\"points\":7", "\"points\":0")), HasSubstr("steps[1].points"));
  EXPECT_THAT(error_of(with("\"background\":true", "\"background\":1")),
              HasSubstr("steps[0].background: is not true or false"));
}

TEST(ItemsSteps, AreDescribedInWords) {
  EXPECT_EQ(describe({.action = OperateStep{.operation = Operation::enable, .background = true},
                      .item = 1}),
            "enable in the background (item 1)");
  EXPECT_EQ(describe({.action = AdvanceStep{1}}), "the job goes on by 1 point");
  EXPECT_EQ(describe({.action = WaitStep{std::chrono::seconds(2), true}}),
            "wait 2 s, jobs in the background");
}

}  // namespace
}  // namespace switchback
