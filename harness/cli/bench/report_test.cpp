// SPDX-License-Identifier: Apache-2.0
// Figures as people and programs read them.
#include "harness/cli/bench/report.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace switchback {
namespace {

using nlohmann::json;
using testing::HasSubstr;

BenchSection section() {
  BenchSection section{.name = "cut-check",
                       .title = "The cut check",
                       .yardstick = "memcmp",
                       .rows = {{"Switchback", 21.5, "GB/s", {}, ""},
                                {"memcmp", 10.75, "GB/s", {}, ""},
                                {"memory", 1234.0, "B", {}, "of all"},
                                {"fio", {}, "GB/s", {}, "fio is not\ninstalled"}}};
  section.compare();
  return section;
}

TEST(BenchReport, ComparesWhatHasTheUnitOfTheYardstick) {
  const BenchSection compared = section();
  EXPECT_DOUBLE_EQ(*compared.rows[0].ratio, 2.0);
  EXPECT_DOUBLE_EQ(*compared.rows[1].ratio, 1.0);
  EXPECT_FALSE(compared.rows[2].ratio);
  EXPECT_FALSE(compared.rows[3].ratio);
}

TEST(BenchReport, ComparesNothingWithAYardstickThatIsNotThere) {
  BenchSection without = section();
  for (BenchRow& row : without.rows)
    row.ratio.reset();
  without.rows[1].value.reset();
  without.compare();
  for (const BenchRow& row : without.rows)
    EXPECT_FALSE(row.ratio);
}

TEST(BenchReport, IsATableForPeople) {
  const std::string text = bench_text(section());
  EXPECT_THAT(text, HasSubstr("The cut check (x: times that of memcmp)\n"));
  EXPECT_THAT(text, HasSubstr("  Switchback            21.5  GB/s           x 2.00\n"));
  EXPECT_THAT(text, HasSubstr("  memory               1,234  B                      of all\n"));
  EXPECT_THAT(text, HasSubstr("  fio                      -  "));
  EXPECT_THAT(text, HasSubstr("  fio is not installed\n"));
}

TEST(BenchReport, IsADocumentForPrograms) {
  const json document = json::parse(
      bench_json({.tool = "t", .processors = 2, .seconds = 1.5, .sections = {section()}}));
  EXPECT_EQ(document["version"], 1);
  const json& found = document["sections"][0];
  EXPECT_EQ(found["yardstick"], "memcmp");
  EXPECT_EQ(found["rows"][0]["ratio"], 2.0);
  EXPECT_TRUE(found["rows"][0]["note"].is_null());
  EXPECT_TRUE(found["rows"][3]["value"].is_null());
  EXPECT_EQ(found["rows"][3]["note"], "fio is not\ninstalled");
}

TEST(BenchReport, HasEveryKeyInThePageOnPerformance) {
  std::ifstream page(SWITCHBACK_SOURCE_DIR "/docs/performance.md");
  const std::string text((std::istreambuf_iterator<char>(page)), {});
  const json document = json::parse(
      bench_json({.tool = "t", .processors = 2, .seconds = 1, .sections = {section()}}));
  const auto expect_keys = [&](const json& object) {
    for (const auto& [key, value] : object.items())
      EXPECT_THAT(text, HasSubstr("| `" + key + "` |"));
  };
  expect_keys(document);
  expect_keys(document["sections"][0]);
  expect_keys(document["sections"][0]["rows"][0]);
}

}  // namespace
}  // namespace switchback
