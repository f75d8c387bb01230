// SPDX-License-Identifier: Apache-2.0
// The log's lines, byte for byte as documented, and JSON whatever they hold.
#include "reports/event_line.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <rapidcheck/gtest.h>

#include "reports/event_samples.hpp"

namespace switchback {
namespace {

std::string line_of(const Event& event, std::uint64_t number = 0) {
  fmt::memory_buffer buffer;
  append_event_line(buffer, event, number);
  return fmt::to_string(buffer);
}

// docs/event-log.md shows these lines: whoever changes one changes the other, and the version.
const std::vector<std::string> kGolden = {
    R"({"v":1,"n":0,"event":"run_started","tool":"switchback 0.1.0","world":"sim",)"
    R"("system":"reference","defect":null,"variant":null,"declared":["unknown_rpo"],)"
    R"("seed":"18446744073709551615","properties":)"
    R"([{"name":"no_loss","promise":"nothing is lost","source":"tutorial"},)"
    R"({"name":"clean","promise":"nothing is left","source":"design"}],)"
    R"("operations":["enable","reverse_replicate"],"missing_operations":["commit"],)"
    R"("notes":["KVM: none"],"stages":[{"operation":"enable","stage":"copy"}],)"
    R"("faults":["link_cut"],"required_coverage":[],"arguments":["--max-steps","9"],)"
    R"("baseline":[]})",
    R"({"v":1,"n":1,"event":"sequence_started","sequence":3,"seed":"9007199254740993",)"
    R"("disk_sizes":[40960,512],"steps":2,"profile":"mixed"})",
    R"({"v":1,"n":2,"event":"step_started","sequence":3,"step":1,)"
    R"("action":{"operate":"enable"}})",
    R"({"v":1,"n":3,"event":"operation_ended","sequence":3,"step":1,)"
    R"("operation":"reverse_replicate","state_before":"protected","outcome":"done","reason":"",)"
    R"("state_after":"protected","at_ns":1500000000,"wire_bytes":8192,"dirty_bytes":4096,)"
    R"("sends_data":true,"calls":7,"choices":"latest, no shutdown","cancelled":"",)"
    R"("was_cancelled":false,"health":"normal"})",
    R"({"v":1,"n":4,"event":"step_in_job","sequence":3,"step":1,"operation":"enable",)"
    R"("stage":"copy","call":2,"in_time":true})",
    R"({"v":1,"n":5,"event":"fault_injected","sequence":3,"step":1,"kind":"link_cut",)"
    R"("stage":"copy","operation":"enable","lost":""})",
    R"({"v":1,"n":6,"event":"violation_found","sequence":3,"step":1,"property":"no_loss",)"
    R"("kind":"lost_write","message":"write 12 of disk 0 block 7 is lost"})",
    R"({"v":1,"n":7,"event":"sequence_ended","sequence":3,"verdict":"held","error":"",)"
    R"("steps_run":2,"writes":4,"loops":1,"wire_bytes":8192,)"
    R"("properties":[{"name":"no_loss","judged":5,"broken":0}],)"
    R"("interface_bytes":9000})",
    R"({"v":1,"n":8,"event":"violation_kept","sequence":3,"property":"no_loss",)"
    R"("kind":"lost_write","message":"write 12 of disk 0 block 7 is lost",)"
    R"("trace_file":"runs/no_loss.json","steps_before":40,"steps":2,"candidates":99,)"
    R"("story":["enable","write disk 0 block 7"]})",
    R"({"v":1,"n":9,"event":"run_ended","stopped_by":"time","error":""})",
    R"({"v":1,"n":10,"event":"fault_took_effect","sequence":3,"step":1,"kind":"link_cut",)"
    R"("operation":"enable","stage":"copy","call":5,"item":0})",
    R"({"v":1,"n":11,"event":"sequence_repeated","sequence":3,"same":true,"differs_in":"",)"
    R"("position":0,"first":"","second":""})",
    R"({"v":1,"n":12,"event":"violation_repeated","sequence":3,"property":"no_loss",)"
    R"("kind":"lost_write","runs":4,"broke":3,"differs_at":1,)"
    R"("broken_run":"enable ended done, protected",)"
    R"("other_run":"enable ended failed, unprotected"})",
};

TEST(EventLine, IsAsDocumentedForEachKindOfEvent) {
  const std::vector<Event> events = samples::one_of_each();
  ASSERT_EQ(events.size(), kGolden.size());
  ASSERT_EQ(events.size(), std::variant_size_v<Event>);
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(events[i].index(), i);
    EXPECT_EQ(line_of(events[i], i), kGolden[i] + "\n");
  }
}

TEST(EventLine, WritesEmptyLists) {
  EXPECT_NE(line_of(SequenceStarted{}).find(R"("disk_sizes":[],"steps":0)"), std::string::npos);
  EXPECT_NE(line_of(RunStarted{}).find(R"("properties":[],"operations":[])"), std::string::npos);
}

TEST(EventLine, NamesTheDefect) {
  RunStarted event = samples::run_started();
  event.defect = "full_copy";
  EXPECT_NE(line_of(event).find(R"("defect":"full_copy")"), std::string::npos);
}

TEST(EventLine, KeepsAStepThatIsNoJsonAsText) {
  const std::vector<std::string> broken = {
      "", "{", "{}}", "{\"a\":1}\n", "\xEF\xBB\xBF{}", "{\"a\":\n1}", "{\"a\":\"\xFF\"}", "[1]"};
  for (const std::string& json : broken) {
    const std::string line = line_of(StepStarted{.sequence = 0, .step = 0, .json = json});
    EXPECT_TRUE(nlohmann::json::parse(line).contains("action_text")) << line;
  }
}

RC_GTEST_PROP(EventLine, IsOneLineOfValidJsonWhateverTheStringsHold, ()) {
  const Event event = *samples::any_event();
  const std::string line = line_of(event, 5);
  RC_ASSERT(std::count(line.begin(), line.end(), '\n') == 1);
  RC_ASSERT(line.back() == '\n');
  const auto json = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  RC_ASSERT(json.is_object());
  RC_ASSERT(json["v"] == 1);
  RC_ASSERT(json["n"] == 5);
  RC_ASSERT(json["event"] == std::string(event_name(event)));
}

// U+FFFD stands for what was no UTF-8; where there is none, nothing was lost.
RC_GTEST_PROP(EventLine, GivesBackStringsThatAreUtf8, ()) {
  const std::string text = *samples::hostile_text();
  const std::string line = line_of(RunEnded{.stopped_by = text, .error = ""});
  const std::string back = nlohmann::json::parse(line)["stopped_by"];
  RC_CLASSIFY(back == text);
  RC_ASSERT(back == text || back.find("\xEF\xBF\xBD") != std::string::npos);
}

}  // namespace
}  // namespace switchback
