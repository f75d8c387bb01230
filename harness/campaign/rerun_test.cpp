// SPDX-License-Identifier: Apache-2.0
// Which sequences are run twice, and what counts as a difference.
#include "harness/campaign/rerun.hpp"

#include <gtest/gtest.h>

namespace switchback {
namespace {

std::string line_of(const Event& event) {
  if (const auto* const step = std::get_if<StepStarted>(&event)) return step->json;
  if (const auto* const start = std::get_if<SequenceStarted>(&event)) return start->profile;
  if (const auto* const end = std::get_if<SequenceEnded>(&event)) return end->verdict;
  return "other";
}

CampaignRun run_of(const std::vector<std::string>& steps) {
  CampaignRun run{.drawn = {{}, "drawn"}, .result = {}, .events = {}, .repeated = {}};
  for (const std::string& step : steps)
    run.events.emplace_back(StepStarted{.sequence = 5, .step = run.events.size(), .json = step});
  run.result.state_digest = 1;
  return run;
}

SequenceRepeated compare(const CampaignRun& first, const CampaignRun& second) {
  return compare(5, first, second, line_of);
}

TEST(IsRunTwice, IsOneSequenceInTwentyWhateverTheSeed) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    unsigned twice = 0;
    for (std::uint64_t index = 0; index < 20'000; ++index)
      twice += is_run_twice(seed, index) ? 1 : 0;
    EXPECT_GT(twice, 850U);
    EXPECT_LT(twice, 1150U);
  }
}

TEST(Compare, WhatIsTheSameIsTheSame) {
  const SequenceRepeated repeated = compare(run_of({"a", "b"}), run_of({"a", "b"}));
  EXPECT_TRUE(repeated.same);
  EXPECT_EQ(repeated.index, 5U);
  EXPECT_EQ(repeated.differs_in + repeated.first + repeated.second, "");
}

TEST(Compare, TheFirstEventThatDiffersIsNamedWithBothLines) {
  const SequenceRepeated repeated = compare(run_of({"a", "b", "c"}), run_of({"a", "x", "y"}));
  EXPECT_FALSE(repeated.same);
  EXPECT_EQ(repeated.differs_in, "event");
  EXPECT_EQ(repeated.event, 2U) << "after the sequence's start and \"a\"";
  EXPECT_EQ(repeated.first, "b");
  EXPECT_EQ(repeated.second, "x");
}

TEST(Compare, ARunThatEndsEarlierDiffers) {
  const SequenceRepeated repeated = compare(run_of({"a", "b"}), run_of({"a"}));
  EXPECT_EQ(repeated.first, "b");
  EXPECT_EQ(repeated.second, "held");
}

TEST(Compare, WhatWasDrawnAndTheVerdictCount) {
  CampaignRun drawn = run_of({"a"});
  drawn.drawn.profile = "else";
  EXPECT_EQ(compare(run_of({"a"}), drawn).event, 0U);
  CampaignRun failed = run_of({"a"});
  failed.result.error = Error{ErrorKind::bad_input, "trouble", ""};
  const SequenceRepeated repeated = compare(run_of({"a"}), failed);
  EXPECT_EQ(repeated.first, "held");
  EXPECT_EQ(repeated.second, "error");
}

TEST(Compare, TheSameEventsWithAnotherEndOfTheWorldDiffer) {
  CampaignRun other = run_of({"a"});
  other.result.state_digest = 0xabc;
  const SequenceRepeated repeated = compare(run_of({"a"}), other);
  EXPECT_FALSE(repeated.same);
  EXPECT_EQ(repeated.differs_in, "state");
  EXPECT_EQ(repeated.first, "0000000000000001");
  EXPECT_EQ(repeated.second, "0000000000000abc");
}

}  // namespace
}  // namespace switchback
