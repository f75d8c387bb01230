// SPDX-License-Identifier: Apache-2.0
// The document's keys are a contract; its strings are not trusted.
#include "reports/summary_json.hpp"

#include <fstream>
#include <limits>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <rapidcheck/gtest.h>

#include "reports/event_samples.hpp"

namespace switchback {
namespace {

nlohmann::ordered_json document(const std::vector<Event>& events, double seconds = 1.5) {
  Summary summary;
  for (const Event& event : events)
    summary.on(event);
  return nlohmann::ordered_json::parse(summary_json(summary.data(), seconds, "time"));
}

TEST(SummaryJson, HasTheKeysOfTheContractInOrder) {
  const auto json = document(samples::one_of_each());
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items())
    keys.push_back(key);
  EXPECT_EQ(keys, (std::vector<std::string>{"version",
                                            "verdict",
                                            "exit_code",
                                            "seed",
                                            "sequences",
                                            "steps",
                                            "seconds",
                                            "stopped_by",
                                            "tool",
                                            "world",
                                            "system",
                                            "defect",
                                            "variant",
                                            "declared",
                                            "planted_defects",
                                            "operations",
                                            "operations_done",
                                            "loops",
                                            "writes",
                                            "wire_bytes",
                                            "dirty_bytes",
                                            "all_wire_bytes",
                                            "interface_bytes",
                                            "properties",
                                            "violations",
                                            "baseline_not_seen",
                                            "not_exercised",
                                            "way_back",
                                            "coverage",
                                            "faults",
                                            "sequences_in_error",
                                            "errors",
                                            "determinism",
                                            "notes"}));
}

TEST(SummaryJson, HasTheFiguresOfTheRun) {
  const auto json = document(samples::one_of_each());
  EXPECT_EQ(json["verdict"], "violated");
  EXPECT_EQ(json["exit_code"], 1);
  EXPECT_EQ(json["seed"], "18446744073709551615");
  EXPECT_EQ(json["sequences"], 1);
  EXPECT_EQ(json["steps"], 2);
  EXPECT_EQ(json["seconds"], 1.5);
  EXPECT_EQ(json["stopped_by"], "time");
  EXPECT_TRUE(json["defect"].is_null());
  EXPECT_EQ(json["wire_bytes"], 8192);
  EXPECT_EQ(json["dirty_bytes"], 4096);
  EXPECT_EQ(json["interface_bytes"], 9000);
  EXPECT_EQ(json["properties"][0]["name"], "no_loss");
  EXPECT_EQ(json["properties"][0]["result"], "violated");
  EXPECT_EQ(json["properties"][0]["judged"], 5);
  EXPECT_EQ(json["properties"][1]["result"], "not_exercised");
  EXPECT_EQ(json["violations"][0]["property"], "no_loss");
  EXPECT_EQ(json["violations"][0]["trace_file"], "runs/no_loss.json");
  EXPECT_EQ(json["violations"][0]["steps"], 2);
  EXPECT_EQ(json["violations"][0]["replay"], "switchback replay runs/no_loss.json");
  EXPECT_EQ(json["way_back"]["reverse_replicate"]["wire_bytes"]["median"], 8192);
  EXPECT_EQ(json["way_back"]["reverse_replicate"]["each"][0]["dirty_bytes"], 4096);
  EXPECT_EQ(json["coverage"]["transitions"]["possible"], 2);
  EXPECT_EQ(json["coverage"]["transitions"]["cold"][0]["operation"], "enable");
  EXPECT_EQ(json["faults"][0]["injected"], 1);
  EXPECT_EQ(json["faults"][0]["effects"], 1);
  EXPECT_EQ(json["coverage"]["faults"]["seen"], 1);
}

TEST(SummaryJson, NamesWhatOfRequiredCoverageWasNeverSeen) {
  RunStarted run = samples::run_started();
  run.required_coverage = {"transitions"};
  const auto json = document({run});
  EXPECT_EQ(json["coverage"]["required"], run.required_coverage);
  EXPECT_EQ(json["coverage"]["missing"]["transitions"].size(), 2U);
  EXPECT_FALSE(json["coverage"]["missing"].contains("faults"));
}

TEST(SummaryJson, TellsOfSequencesThatWereRunTwice) {
  const auto json = document({samples::sequence_repeated(true), samples::sequence_repeated(false)});
  EXPECT_EQ(json["determinism"]["run_twice"], 2);
  EXPECT_EQ(json["determinism"]["differing"], 1);
  const auto& difference = json["determinism"]["differences"][0];
  EXPECT_EQ(difference["sequence"], 3);
  EXPECT_EQ(difference["position"], 7);
  EXPECT_NE(difference["first"], difference["second"]);
}

TEST(SummaryJson, AFindingThatWasNotKeptHasNoTraceAndNoSteps) {
  const auto json = document({samples::violation_found()});
  EXPECT_TRUE(json["violations"][0]["trace_file"].is_null());
  EXPECT_TRUE(json["violations"][0]["steps"].is_null());
  EXPECT_EQ(json["violations"][0]["message"], "write 12 of disk 0 block 7 is lost");
}

TEST(SummaryJson, ManyTransfersAreNotListed) {
  const auto json = document(std::vector<Event>(
      kMostTransfers + 1, samples::operation("reverse_replicate", "done", 1, 1)));
  EXPECT_TRUE(json["way_back"]["reverse_replicate"]["each"].is_null());
  EXPECT_TRUE(json["way_back"]["planned_failback"]["each"].empty());
  EXPECT_TRUE(json["way_back"]["planned_failback"]["each"].is_array());
}

TEST(SummaryJson, SecondsThatAreNoNumberAreNull) {
  EXPECT_TRUE(document({}, std::numeric_limits<double>::infinity())["seconds"].is_null());
}

void collect_keys(const nlohmann::ordered_json& json, std::set<std::string>& keys) {
  if (json.is_array())
    for (const auto& item : json)
      collect_keys(item, keys);
  if (json.is_object())
    for (const auto& [key, value] : json.items()) {
      keys.insert(key);
      collect_keys(value, keys);
    }
}

TEST(SummaryJson, EveryKeyIsDocumented) {
  std::ifstream file(std::string(SWITCHBACK_SOURCE_DIR) + "/docs/summary-json.md");
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  ASSERT_FALSE(text.empty());
  std::vector<Event> events = samples::one_of_each();
  events.push_back(samples::sequence_ended("error"));
  events.push_back(samples::sequence_repeated(false));
  std::set<std::string> keys;
  collect_keys(document(events), keys);
  for (const std::string& key : keys)
    EXPECT_NE(text.find("`" + key + "`"), std::string::npos) << key << " is not documented";
}

RC_GTEST_PROP(SummaryJson, IsValidJsonWhateverHappened, ()) {
  Summary summary;
  for (const Event& event : *rc::gen::container<std::vector<Event>>(samples::any_event()))
    summary.on(event);
  const std::string text = summary_json(summary.data(), 1, *samples::hostile_text());
  RC_ASSERT(nlohmann::json::accept(text));
  RC_ASSERT(text.back() == '\n');
}

}  // namespace
}  // namespace switchback
