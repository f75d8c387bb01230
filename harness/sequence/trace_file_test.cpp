// SPDX-License-Identifier: Apache-2.0
// Trace files on disk, and their documentation, which says the same as the code.
#include <array>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

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

TEST(TraceSchema, SaysTheSameAsTheCode) {
  const auto schema = nlohmann::json::parse(documentation("trace.schema.json"));
  std::set<std::string> kinds;
  std::set<std::string> operations;
  std::set<std::string> faults;
  for (const auto& kind : schema["$defs"]["step"]["oneOf"]) {
    const auto& values = kind["properties"];
    const auto name = values["do"]["const"].get<std::string>();
    kinds.insert(name);
    if (name == "operate") operations = values["operation"]["enum"].get<std::set<std::string>>();
    if (name == "fault") faults = values["kind"]["enum"].get<std::set<std::string>>();
    if (name == "write") {
      EXPECT_EQ(values["count"]["maximum"], kWriteBlocksMax);
      EXPECT_EQ(values["block"]["maximum"], kExactNumberMax);
    }
    if (name == "wait") {
      EXPECT_EQ(values["milliseconds"]["maximum"], kWaitMillisecondsMax);
    }
  }
  std::set<std::string> kinds_in_code;
  for (const Action& action : {Action(WriteStep{}), Action(FlushStep{}), Action(OperateStep{}),
                               Action(WaitStep{}), Action(FaultStep{}), Action(HealStep{})})
    kinds_in_code.insert(
        nlohmann::json::parse(step_to_json({action, std::nullopt}))["do"].get<std::string>());
  ASSERT_EQ(kinds_in_code.size(), std::variant_size_v<Action>) << "list the new kind above";
  EXPECT_EQ(kinds, kinds_in_code);
  EXPECT_EQ(operations, names_of(kAllOperations));
  EXPECT_EQ(faults, names_of(kAllFaults));
  EXPECT_EQ(schema["properties"]["version"]["const"], kTraceVersion);
  const auto& size = schema["properties"]["disks"]["items"]["properties"]["size_bytes"];
  EXPECT_EQ(size["minimum"], kDiskBytesMin);
  EXPECT_EQ(size["maximum"], kDiskBytesMax);
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
