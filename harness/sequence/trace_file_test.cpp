// SPDX-License-Identifier: Apache-2.0
// Trace files on disk, and their documentation, which says the same as the code.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "harness/base/assert.hpp"
#include "harness/sequence/trace.hpp"
#include "harness/sequence/trace_limits.hpp"

namespace switchback {
namespace {

using testing::HasSubstr;

Trace example(std::uint64_t seed) {
  Trace trace;
  trace.made_by = "switchback 0.1.0";
  trace.system = "sim";
  trace.sequence.seed = seed;
  trace.sequence.disks = {{"vda", 1049000}};
  trace.sequence.steps = {{OperateStep{Operation::enable}, std::nullopt}};
  return trace;
}

class TraceFile : public testing::Test {
 protected:
  TraceFile() {
    std::string pattern = (std::filesystem::temp_directory_path() / "trace_test.XXXXXX").string();
    SB_ASSERT(::mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
  }
  ~TraceFile() override { std::filesystem::remove_all(folder_); }

  static std::string error_of_load(const std::filesystem::path& path) {
    const Result<Trace> trace = load_trace(path);
    if (trace) return "it was read";
    EXPECT_EQ(trace.error().kind, ErrorKind::bad_input);
    EXPECT_THAT(trace.error().message, HasSubstr(path.string()));
    return trace.error().message;
  }
  [[nodiscard]] std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_),
                                                  std::filesystem::directory_iterator()));
  }

  std::filesystem::path folder_;
};

TEST_F(TraceFile, IsSavedAndLoaded) {
  const std::filesystem::path path = folder_ / "a.json";
  ASSERT_TRUE(save_trace(example(1), path));
  ASSERT_TRUE(save_trace(example(2), path));
  const Result<Trace> read = load_trace(path);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(trace_to_json(*read), trace_to_json(example(2)));
  EXPECT_EQ(files(), 1u) << "no temporary file is left";
}

TEST_F(TraceFile, ThatCannotBeReadIsNamed) {
  EXPECT_THAT(error_of_load(folder_ / "none.json"), HasSubstr("no such file"));
  EXPECT_THAT(error_of_load(folder_), HasSubstr("is a folder"));
  EXPECT_THAT(error_of_load("/dev/null"), HasSubstr("is not an ordinary file"));
  const std::filesystem::path pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(error_of_load(pipe), HasSubstr("is not an ordinary file"));
  const std::filesystem::path large = folder_ / "large.json";
  std::ofstream(large) << "{";
  std::filesystem::resize_file(large, kTraceBytesMax + 1);
  EXPECT_THAT(error_of_load(large), HasSubstr("larger than 16 MiB"));
  std::ofstream(folder_ / "empty.json").close();
  EXPECT_THAT(error_of_load(folder_ / "empty.json"), HasSubstr("is empty"));
  EXPECT_THAT(error_of_load(folder_ / "empty.json" / "x"), HasSubstr("x"));
}

TEST_F(TraceFile, ThatCannotBeWrittenLeavesNothingBehind) {
  const Nothing nowhere = save_trace(example(1), folder_ / "none" / "a.json");
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().kind, ErrorKind::environment);
  EXPECT_THAT(nowhere.error().message, HasSubstr("No such file or directory"));
  std::filesystem::create_directory(folder_ / "taken");
  const Nothing onto_a_folder = save_trace(example(1), folder_ / "taken");
  ASSERT_FALSE(onto_a_folder);
  EXPECT_THAT(onto_a_folder.error().message, HasSubstr("taken"));
  EXPECT_EQ(files(), 1u) << "no temporary file is left";
}

// What is written down twice: the code, the schema and the manual.

std::string documentation(const std::string& name) {
  std::ifstream file(std::string(SWITCHBACK_SOURCE_DIR "/docs/") + name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

template <class Enum, std::size_t N>
std::set<std::string> names_of(const std::array<Enum, N>& all) {
  std::set<std::string> names;
  for (const Enum value : all)
    names.emplace(name_of(value));
  return names;
}

using Schema = nlohmann::json;

Schema schema() {
  return Schema::parse(documentation("trace.schema.json"));
}

/// What the schema says of steps of a kind.
Schema properties_of(const Schema& schema, const std::string& kind) {
  for (const auto& step : schema["$defs"]["step"]["oneOf"]) {
    const auto& word = step["properties"]["do"];
    const auto words = word.contains("enum") ? word["enum"] : Schema::array({word["const"]});
    if (std::find(words.begin(), words.end(), kind) != words.end()) return step["properties"];
  }
  return {};
}

std::set<std::string> words_in(const Schema& list) {
  return list.get<std::set<std::string>>();
}

const std::vector<Action> kOneOfEachWord = {WriteStep{},
                                            FlushStep{},
                                            OperateStep{},
                                            AdvanceStep{},
                                            WaitStep{},
                                            FaultStep{},
                                            FaultStep{FaultKind::clock_stepped},
                                            HealStep{},
                                            EditStep{},
                                            TestWriteStep{},
                                            OldPrimaryWriteStep{},
                                            WaitStep{.duration = {}, .periods = 1}};

TEST(TraceSchema, KnowsTheStepsOfTheCode) {
  const Schema whole = schema();
  std::set<std::size_t> kinds;
  std::set<std::string> words;
  for (const Action& action : kOneOfEachWord) {
    const Schema step = Schema::parse(step_to_json({action, std::nullopt}));
    const std::string written = step["do"];
    words.insert(written);
    const Schema known = properties_of(whole, written);
    for (const auto& [key, value] : step.items())
      EXPECT_TRUE(known.contains(key)) << step << " has no " << key << " in the schema";
    kinds.insert(action.index());
  }
  ASSERT_EQ(kinds.size(), std::variant_size_v<Action>) << "list the new kind above";
  std::set<std::string> in_schema;
  for (const auto& step : whole["$defs"]["step"]["oneOf"]) {
    const auto& word = step["properties"]["do"];
    if (word.contains("enum"))
      in_schema.merge(words_in(word["enum"]));
    else
      in_schema.insert(word["const"].get<std::string>());
  }
  EXPECT_EQ(in_schema, words);
}

TEST(TraceSchema, HasTheWordsOfTheCode) {
  const Schema whole = schema();
  const Schema operate = properties_of(whole, "operate");
  EXPECT_EQ(words_in(operate["operation"]["enum"]), names_of(kAllOperations));
  EXPECT_EQ(words_in(operate["point"]["enum"]), names_of(kAllPointChoices));
  EXPECT_EQ(words_in(operate["key"]["enum"]), names_of(kAllKeysGiven));
  EXPECT_EQ(words_in(properties_of(whole, "fault")["kind"]["enum"]), names_of(kAllFaults));
  EXPECT_EQ(words_in(properties_of(whole, "edit")["edit"]["enum"]), names_of(kAllEdits));
  EXPECT_EQ(words_in(whole["$defs"]["vm"]["properties"]["firmware"]["enum"]),
            names_of(kAllFirmwares));
  EXPECT_EQ(whole["properties"]["version"]["const"], kTraceVersion);
}

void expect_range(const Schema& number, std::uint64_t least, std::uint64_t most) {
  EXPECT_EQ(number["minimum"], least) << number;
  EXPECT_EQ(number["maximum"], most) << number;
}

TEST(TraceSchema, HasTheLimitsOfTheCode) {
  const Schema whole = schema();
  expect_range(properties_of(whole, "write")["count"], 1, kWriteBlocksMax);
  expect_range(properties_of(whole, "write")["block"], 0, kExactNumberMax);
  expect_range(properties_of(whole, "wait")["milliseconds"], 0, kWaitMillisecondsMax);
  expect_range(properties_of(whole, "advance")["points"], 1, kOrdinalMax);
  const Schema clock_step = properties_of(whole, "fault")["seconds"];
  EXPECT_EQ(clock_step["minimum"], -static_cast<std::int64_t>(kClockStepSecondsMax));
  EXPECT_EQ(clock_step["maximum"], kClockStepSecondsMax);
  const Schema& parts = whole["$defs"];
  expect_range(parts["item"], 0, kTraceItemsMax - 1);
  EXPECT_EQ(whole["properties"]["others"]["maxItems"], kTraceItemsMax - 1);
  const Schema& disk = parts["disks"]["items"]["properties"];
  expect_range(disk["size_bytes"], kDiskBytesMin, kDiskBytesMax);
  expect_range(disk["vm"], 0, kTraceVmsMax - 1);
  EXPECT_EQ(parts["disks"]["maxItems"], kTraceDisksMax);
  EXPECT_EQ(parts["vms"]["maxItems"], kTraceVmsMax);
  const Schema& policy = parts["policy"]["properties"];
  expect_range(policy["copy_frequency_seconds"], 1, kSecondsMax);
  expect_range(policy["retention_hours"], 0, kHoursMax);
  expect_range(policy["most_points"], 1, kPointsMax);
  expect_range(policy["app_consistent_hours"], 0, kHoursMax);
  const Schema& vm = whole["$defs"]["vm"]["properties"];
  expect_range(vm["cpus"], 1, kCpusMax);
  expect_range(vm["memory_bytes"], 1, kMemoryBytesMax);
  expect_range(vm["boot_disk"], 0, kTraceDisksMax - 1);
  EXPECT_EQ(vm["nics"]["maxItems"], kNicsMax);
}

// What a trace does not say is what the schema names as the default.
TEST(TraceSchema, HasTheDefaultsOfTheCode) {
  const Schema whole = schema();
  const Schema& policy = whole["$defs"]["policy"]["properties"];
  const Policy plain;
  EXPECT_EQ(std::chrono::seconds(policy["copy_frequency_seconds"]["default"].get<int>()),
            plain.copy_frequency);
  EXPECT_EQ(policy["retention_hours"]["default"], plain.retention.count());
  EXPECT_EQ(policy["most_points"]["default"], plain.most_points);
  EXPECT_EQ(policy["app_consistent_hours"]["default"], plain.app_consistent.count());
  EXPECT_EQ(policy["encrypted"]["default"], plain.encrypted);
  const Schema& vm = whole["$defs"]["vm"]["properties"];
  EXPECT_EQ(vm["cpus"]["default"], Hardware{}.cpus);
  EXPECT_EQ(vm["memory_bytes"]["default"], Hardware{}.memory_bytes);
  EXPECT_EQ(vm["firmware"]["default"], name_of(Hardware{}.firmware));
  const Schema operate = properties_of(whole, "operate");
  const OperateStep ask{};
  EXPECT_EQ(operate["point"]["default"], name_of(ask.point));
  EXPECT_EQ(operate["custom_point"]["default"], ask.custom_point);
  EXPECT_EQ(operate["shut_down_source"]["default"], ask.shut_down_source);
  EXPECT_EQ(operate["create_missing_vm"]["default"], ask.create_missing_vm);
  EXPECT_EQ(operate["key"]["default"], name_of(ask.key));
  EXPECT_EQ(whole["$defs"]["background"]["default"], ask.background);
  EXPECT_EQ(properties_of(whole, "advance")["points"]["default"], AdvanceStep{}.points);
}

TEST(TraceManual, NamesEveryWord) {
  const std::string manual = documentation("trace.md");
  const auto expect_named = [&](const std::set<std::string>& words) {
    for (const std::string& word : words)
      EXPECT_THAT(manual, HasSubstr("`" + word + "`"));
  };
  expect_named(names_of(kAllFaults));
  expect_named(names_of(kAllEdits));
  expect_named(names_of(kAllPointChoices));
  expect_named(names_of(kAllKeysGiven));
  for (const Action& action : kOneOfEachWord)
    expect_named({Schema::parse(step_to_json({action, std::nullopt}))["do"].get<std::string>()});
}

TEST(TraceManual, ShowsATraceThatIsRead) {
  const std::string manual = documentation("trace.md");
  const std::size_t begin = manual.find("```json\n");
  ASSERT_NE(begin, std::string::npos);
  const std::size_t end = manual.find("```", begin + 8);
  const std::string shown = manual.substr(begin + 8, end - begin - 8);
  const Result<Trace> read = trace_from_json(shown, "docs/trace.md");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(trace_to_json(*read), shown) << "the manual shows it as it is written";
}

}  // namespace
}  // namespace switchback
