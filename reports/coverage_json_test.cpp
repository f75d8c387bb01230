// SPDX-License-Identifier: Apache-2.0
// The coverage part of the summary document: ratios, what is cold, everything by state.
#include "reports/coverage_json.hpp"

#include <gtest/gtest.h>

#include "harness/coverage/coverage_samples.hpp"
#include "harness/lifecycle/resting_states.hpp"

namespace switchback {
namespace {

using samples::done;
using samples::ended;

nlohmann::ordered_json document(const std::vector<OperationEnded>& events,
                                std::vector<std::string> operations) {
  Summary summary;
  RunStarted run;
  run.operations = std::move(operations);
  summary.on(run);
  for (const OperationEnded& event : events)
    summary.on(event);
  return coverage_json(summary.data());
}

TEST(CoverageJson, HasTheRatiosAndAllThatIsCold) {
  const auto json = document({done("protected", "pause", "paused")}, {"pause", "resume"});
  EXPECT_EQ(json["transitions"]["possible"], 2);
  EXPECT_EQ(json["transitions"]["seen"], 1);
  EXPECT_EQ(json["transitions"]["cold"],
            nlohmann::ordered_json::parse(R"([{"row":"8","state":"paused","operation":"resume",
                                               "cancelled":null,"to":"protected"}])"));
  EXPECT_EQ(json["operation_pairs"]["cold"].size(), 2U);
  EXPECT_EQ(json["operation_pairs"]["cold"][0]["first"], "pause");
  EXPECT_EQ(json["transition_pairs"]["cold"][0]["then"]["state"], "paused");
  EXPECT_EQ(json["refusals"]["cold"].size(), json["refusals"]["possible"]);
}

TEST(CoverageJson, NamesTheRowsOfFailuresThatEndAlike) {
  const auto json = document({}, {"delta_replication"});
  EXPECT_EQ(json["failures"]["cold"][1]["rows"], (std::vector<std::string>{"9", "34"}));
  EXPECT_EQ(json["failures"]["cold"][1]["to"], "resync_required");
}

TEST(CoverageJson, ListsEveryStateWithWhatMayHappenAndWhatDid) {
  const auto json = document(
      {done("protected", "pause", "paused"), ended("protected", "pause", "failed", "protected"),
       ended("protected", "resume", "refused", "protected")},
      {"pause", "resume"});
  const auto& states = json["states"];
  ASSERT_EQ(states.size(), named_states().size());
  const auto& protected_state = states[2];
  EXPECT_EQ(protected_state["state"], "protected");
  EXPECT_EQ(protected_state["operations"],
            nlohmann::ordered_json::parse(
                R"([{"operation":"pause","cancelled":null,"row":"7","expected":"done",
                     "outcomes":{"done":1,"failed":1}},
                    {"operation":"resume","cancelled":null,"row":null,"expected":"refused",
                     "outcomes":{"refused":1}}])"));
}

TEST(CoverageJson, ListsLastWhatTheTableDoesNotHave) {
  const auto json = document({done("adrift", "hover", "adrift")}, {"pause"});
  const auto& last = json["states"].back();
  EXPECT_EQ(last["state"], "adrift");
  EXPECT_TRUE(last["operations"][0]["expected"].is_null());
}

}  // namespace
}  // namespace switchback
