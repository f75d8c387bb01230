// SPDX-License-Identifier: Apache-2.0
// What the matrix of defects says, and when it is not passed.
#include "harness/cli/defects/matrix.hpp"

#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace switchback {
namespace {

using nlohmann::json;
using testing::HasSubstr;

DefectTrial found_trial() {
  return {.defect = "bad-thing",
          .breaks = "nothing_is_lost",
          .found = DefectFound{"nothing_is_lost", "lost", 41, 0.25},
          .sequences = 41,
          .steps = 3,
          .depth = 2,
          .deeper_because = {},
          .trace = "bad-thing/t.json",
          .message = "block 7 is gone",
          .wrong = {},
          .otherwise = DefectFound{"cuts_are_consistent", "torn", 90, 0.5}};
}

DefectTrial survived_trial() {
  DefectTrial trial;
  trial.defect = "sly-thing";
  trial.breaks = "nothing_is_lost";
  trial.sequences = 500;
  return trial;
}

DefectMatrix matrix_of(std::vector<DefectTrial> trials) {
  return {.tool = "test",
          .seed = 4,
          .max_sequences = 500,
          .trials = std::move(trials),
          .sound_sequences = 100,
          .accusations = {},
          .variants = {{"mild-thing", 30, {}}},
          .seconds = 9};
}

TEST(DefectMatrix, IsPassedIfAllAreFoundAndNothingIsWrong) {
  EXPECT_TRUE(matrix_of({found_trial()}).passed());
  EXPECT_FALSE(matrix_of({}).passed()) << "nothing was tried";
  EXPECT_FALSE(matrix_of({found_trial(), survived_trial()}).passed());
  DefectTrial accuses = found_trial();
  accuses.wrong = {"the sound service is accused by its trace"};
  EXPECT_FALSE(matrix_of({accuses}).passed());
  DefectMatrix accused = matrix_of({found_trial()});
  accused.accusations = {"nothing_is_lost (lost): block 7"};
  EXPECT_FALSE(accused.passed());
  DefectMatrix accused_variant = matrix_of({found_trial()});
  accused_variant.variants.front().accusations = {"nothing_is_lost (lost): block 7"};
  EXPECT_FALSE(accused_variant.passed());
}

TEST(DefectMatrix, HasARowForEachSoundVariant) {
  VariantTrial trial{"mild-thing", 30, {}};
  EXPECT_THAT(variant_line(trial),
              testing::AllOf(HasSubstr("mild-thing"), HasSubstr(" no "), HasSubstr("30")));
  trial.accusations = {"something"};
  EXPECT_THAT(variant_line(trial), HasSubstr("ACCUSED"));
}

TEST(DefectMatrix, TellsWhatFoundEachAndWhatSurvived) {
  EXPECT_THAT(matrix_line(found_trial()),
              testing::AllOf(HasSubstr("bad-thing"), HasSubstr("nothing_is_lost"), HasSubstr("41"),
                             HasSubstr("0.2"), HasSubstr("cuts_are_consistent")));
  EXPECT_THAT(matrix_line(survived_trial()),
              testing::AllOf(HasSubstr("SURVIVED"), HasSubstr("500")));
  DefectTrial alone = found_trial();
  alone.otherwise.reset();
  EXPECT_THAT(matrix_line(alone), HasSubstr("not found"));
}

TEST(DefectMatrix, TellsTheStepsBesideThoseThatAreEnough) {
  DefectTrial unknown = found_trial();
  unknown.depth.reset();
  EXPECT_THAT(matrix_line(found_trial()), HasSubstr(" 3     2  "));
  EXPECT_THAT(matrix_line(unknown), HasSubstr(" 3     -  "));
  DefectTrial longer = found_trial();
  longer.deeper_because = "it takes a test first";
  const json trials = json::parse(matrix_json(matrix_of({longer, unknown})))["defects"];
  EXPECT_EQ(trials[0]["depth"], 2);
  EXPECT_EQ(trials[0]["deeper_because"], "it takes a test first");
  EXPECT_TRUE(trials[1]["depth"].is_null());
  EXPECT_TRUE(trials[1]["deeper_because"].is_null());
}

TEST(DefectMatrix, EndsWithTheFigureAndWithWhatIsWrong) {
  DefectTrial wrong = found_trial();
  wrong.wrong = {"its trace does not break the same again"};
  DefectMatrix matrix = matrix_of({wrong, survived_trial()});
  EXPECT_THAT(matrix_ending(matrix),
              testing::AllOf(HasSubstr("1/2 planted defects found by this build"),
                             HasSubstr("WRONG: bad-thing: its trace does not break"),
                             HasSubstr("not accused in 100 sequences")));
  matrix.accusations = {"something"};
  EXPECT_THAT(matrix_ending(matrix), HasSubstr("WRONG: the sound service: something"));
  EXPECT_THAT(matrix_ending(matrix), testing::Not(HasSubstr("not accused")));
  EXPECT_THAT(matrix_ending(matrix), HasSubstr("0 of 1 sound variants were accused"));
  matrix.variants.front().accusations = {"something else"};
  EXPECT_THAT(matrix_ending(matrix),
              testing::AllOf(HasSubstr("WRONG: the sound variant mild-thing: something else"),
                             HasSubstr("1 of 1 sound variants were accused")));
}

TEST(DefectMatrix, HasEveryKeyInThePageOnPower) {
  std::ifstream page(SWITCHBACK_SOURCE_DIR "/docs/power.md");
  const std::string text((std::istreambuf_iterator<char>(page)), {});
  const json document = json::parse(matrix_json(matrix_of({found_trial(), survived_trial()})));
  EXPECT_EQ(document["found"], 1);
  EXPECT_EQ(document["planted"], 2);
  EXPECT_EQ(document["passed"], false);
  EXPECT_TRUE(document["defects"][1]["found"].is_null());
  const auto expect_keys = [&](const json& object) {
    for (const auto& [key, value] : object.items())
      EXPECT_THAT(text, HasSubstr("| `" + key + "` |"));
  };
  expect_keys(document);
  expect_keys(document["sound"]);
  expect_keys(document["variants"][0]);
  expect_keys(document["defects"][0]);
  expect_keys(document["defects"][0]["found"]);
}

}  // namespace
}  // namespace switchback
