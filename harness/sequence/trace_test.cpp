// SPDX-License-Identifier: Apache-2.0
// Traces as text: what is written, and what other programs and people hand in.
#include "harness/sequence/trace.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/assert.hpp"
#include "harness/sequence/trace_limits.hpp"

namespace switchback {
namespace {

using testing::HasSubstr;

Trace example() {
  Trace trace;
  trace.made_by = "switchback 0.1.0";
  trace.system = "sim";
  trace.variant = "tracks_coarsely";
  trace.defect = "forgets_last_sync";
  trace.sequence.seed = 0xfedcba9876543210;
  trace.sequence.disks = {{"vda", 1049000}, {"vdb", 512}};
  trace.sequence.steps = {
      {WriteStep{0, 7, 1}, std::nullopt},
      {OperateStep{Operation::enable}, std::nullopt},
      {WriteStep{1, 0, 3}, Moment{"synchronize_final", 2}},
      {FlushStep{}, std::nullopt},
      {WaitStep{std::chrono::milliseconds(300000)}, std::nullopt},
      {FaultStep{FaultKind::link_cut}, Moment{"synchronize", 0}},
      {HealStep{}, std::nullopt},
  };
  trace.violation = {"planned_switch_loses_nothing", "lost", 1, "1 block was lost"};
  return trace;
}

constexpr std::string_view kExampleText = R"({
  "format": "switchback-trace",
  "version": 1,
  "made_by": "switchback 0.1.0",
  "system": "sim",
  "variant": "tracks_coarsely",
  "defect": "forgets_last_sync",
  "seed": "18364758544493064720",
  "disks": [
    {"device":"vda","size_bytes":1049000},
    {"device":"vdb","size_bytes":512}
  ],
  "steps": [
    {"do":"write","disk":0,"block":7,"count":1},
    {"do":"operate","operation":"enable"},
    {"do":"write","disk":1,"block":0,"count":3,"at":{"stage":"synchronize_final","call":2}},
    {"do":"flush"},
    {"do":"wait","milliseconds":300000},
    {"do":"fault","kind":"link_cut","at":{"stage":"synchronize","call":0}},
    {"do":"heal"}
  ],
  "violation": {
    "property": "planned_switch_loses_nothing",
    "kind": "lost",
    "step": 1,
    "summary": "1 block was lost"
  }
}
)";

/// The text with one piece of it replaced.
std::string with(std::string_view piece, std::string_view instead) {
  std::string text(kExampleText);
  const std::size_t found = text.find(piece);
  SB_ASSERT(found != std::string::npos);
  return text.replace(found, piece.size(), instead);
}

std::string error_of(const std::string& text) {
  const Result<Trace> trace = trace_from_json(text, "t.json");
  if (trace) return "it was read";
  EXPECT_EQ(trace.error().kind, ErrorKind::bad_input);
  EXPECT_THAT(trace.error().message, testing::StartsWith("t.json: "));
  EXPECT_NE(trace.error().remedy, "") << trace.error().message;
  return trace.error().message.substr(8) + " (" + trace.error().remedy + ")";
}

bool same(const Trace& a, const Trace& b) {
  return trace_to_json(a) == trace_to_json(b);
}

TEST(TraceText, IsAsDocumented) {
  EXPECT_EQ(trace_to_json(example()), kExampleText);
}

TEST(TraceText, IsReadBack) {
  const Result<Trace> read = trace_from_json(std::string(kExampleText), "t.json");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->sequence.seed, 0xfedcba9876543210);
  EXPECT_EQ(read->sequence.steps, example().sequence.steps);
  ASSERT_EQ(read->sequence.disks.size(), 2u);
  EXPECT_EQ(read->sequence.disks[1].device, "vdb");
  EXPECT_EQ(read->sequence.disks[1].size_bytes, 512u);
  EXPECT_EQ(read->variant, "tracks_coarsely");
  EXPECT_EQ(read->defect, "forgets_last_sync");
  ASSERT_TRUE(read->violation);
  EXPECT_EQ(read->violation->property, "planned_switch_loses_nothing");
  EXPECT_EQ(read->violation->step, 1u);
}

TEST(TraceText, MayLeaveOutWhatIsPlain) {
  Trace plain = example();
  plain.variant.reset();
  plain.defect.reset();
  plain.violation.reset();
  const std::string text = trace_to_json(plain);
  EXPECT_EQ(text.find("defect"), std::string::npos);
  EXPECT_EQ(text.find("variant"), std::string::npos);
  EXPECT_EQ(text.find("violation"), std::string::npos);
  EXPECT_TRUE(trace_from_json(text, "t.json"));
  const Result<Trace> one_block = trace_from_json(with(R"(,"count":1)", ""), "t.json");
  ASSERT_TRUE(one_block);
  EXPECT_TRUE(same(*one_block, example()));
}

TEST(TraceText, TakesASeedAsANumberToo) {
  const Result<Trace> read =
      trace_from_json(with(R"("18364758544493064720")", "18364758544493064720"), "t.json");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->sequence.seed, 0xfedcba9876543210);
  for (const std::string_view wrong : {"\"\"", "\"12a\"", "\"-1\"", "-1", "1.5", "null",
                                       "\"18446744073709551616\"", "18446744073709551616"})
    EXPECT_THAT(error_of(with(R"("18364758544493064720")", wrong)), HasSubstr("seed")) << wrong;
}

TEST(TraceErrors, NameThePlaceAndTheWayOut) {
  const struct {
    std::string_view piece, instead, expected;
  } cases[] = {
      {R"("enable")", R"("failover")",
       "steps[1].operation: 'failover' is no operation (choose one of enable, delta_replication"},
      {R"("link_cut")", R"("power_cut")",
       "steps[5].kind: 'power_cut' is no fault (choose one of controller_killed, link_cut, "
       "primary"},
      {R"("do":"flush")", R"("do":"dance")",
       "steps[3].do: 'dance' is no kind of step (choose one of write, flush, operate"},
      {R"("do":"flush")", R"("done":"flush")", "steps[3]: the key 'do' is missing"},
      {R"("do":"flush")", R"("do":"flush","block":1)",
       "steps[3]: unknown key 'block' (known here: do, item, at)"},
      {R"("call":2)", R"("cal":2)",
       "steps[2].at: unknown key 'cal' (known here: stage, name, call)"},
      {R"("call":2)", R"("call":4294967296)", "steps[2].at.call: 4294967296 is out of range"},
      {R"("stage":"synchronize_final")", R"("stage":"../x")", "steps[2].at.stage: is not a plain"},
      {R"("disk":1)", R"("disk":-1)", "steps[2].disk: -1 is out of range"},
      {R"("disk":1)", R"("disk":1.5)", "steps[2].disk: is not a whole number"},
      {R"("disk":1)", R"("disk":"1")", "steps[2].disk: is not a whole number"},
      {R"("disk":1)", R"("disk":1e400)", "holds a number that is out of all range"},
      {R"("count":3)", R"("count":0)", "steps[2].count: 0 is out of range"},
      {R"("count":3)", R"("count":65537)", "steps[2].count: 65537 is out of range"},
      {R"("block":7)", R"("block":9007199254740993)", "steps[0].block: 9007199254740993 is out"},
      {"300000", "31536000001", "steps[4].milliseconds: 31536000001 is out of range"},
      {"300000", "-5", "steps[4].milliseconds: -5 is out of range (give a whole number from 0 to"},
      {R"({"do":"flush"})", "7", "steps[3]: is not an object but of type number"},
      {R"(512})", "511}", "disks[1].size_bytes: 511 is out of range"},
      {R"(512})", "0}", "disks[1].size_bytes: 0 is out of range"},
      {R"("vdb")", R"("vda")", "disks[1].device: 'vda' is there twice"},
      {R"("vdb")", R"("<x>")", "disks[1].device: is not a plain word"},
      {R"("system": "sim")", R"("system": "")", "system: is empty"},
      {R"("system": "sim")", R"("system": 5)", "system: is not a string but of type number"},
      {R"("system": "sim",)", "", "the key 'system' is missing"},
      {R"("system": "sim")", R"("host": "sim")", "unknown key 'host' (known here: format"},
      {R"("seed")", R"("system": "b", "seed")", "has the key 'system' twice in one object"},
      {R"("do":"heal")", R"("do":"heal","do":"flush")", "has the key 'do' twice in one object"},
      {R"("step": 1)", R"("step": 7)", "violation.step: 7 is out of range"},
      {R"("kind": "lost")", R"("kind": "")", "violation.kind: is empty"},
      {R"("defect": "forgets_last_sync")", R"("defect": "")", "defect: is empty"},
      {R"("variant": "tracks_coarsely")", R"("variant": "")", "variant: is empty"},
      {R"("switchback-trace")", R"("other")", "is not a Switchback trace"},
      {R"("version": 1)", R"("version": 0)", "version: 0 is out of range"},
      {R"("version": 1)", R"("version": 2, "news": 1)",
       "version: 2 was made by a newer Switchback; this one reads version 1 (update Switchback)"},
      {"\"seed\":", "\"seed\";", "is not JSON: line 8, column 9"},
      {"}\n", "}\n]", "is not JSON"},
  };
  for (const auto& one : cases)
    EXPECT_THAT(error_of(with(one.piece, one.instead)), HasSubstr(std::string(one.expected)));
}

TEST(TraceErrors, ATraceThatWouldRunNothingIsAnError) {
  Trace trace = example();
  trace.sequence.steps.clear();
  trace.violation.reset();
  EXPECT_THAT(error_of(trace_to_json(trace)), HasSubstr("steps: there is none"));
  trace = example();
  trace.sequence.disks.clear();
  EXPECT_THAT(error_of(trace_to_json(trace)), HasSubstr("disks: holds 0 elements"));
}

TEST(TraceErrors, OtherTextsAreToldApart) {
  EXPECT_THAT(error_of(""), HasSubstr("is empty"));
  EXPECT_THAT(error_of(" \n"), HasSubstr("is empty"));
  EXPECT_THAT(error_of("[]"), HasSubstr("is not an object but of type array"));
  EXPECT_THAT(error_of("{}"), HasSubstr("is not a Switchback trace"));
  EXPECT_THAT(error_of("hello"), HasSubstr("is not JSON: line 1, column 1"));
  EXPECT_THAT(error_of(std::string("\0\xff", 2)), HasSubstr("is not JSON"));
  EXPECT_THAT(error_of(std::string(1000, '[')), HasSubstr("is nested too deeply"));
  EXPECT_THAT(error_of(std::string(kTraceBytesMax + 1, ' ')), HasSubstr("larger than 16 MiB"));
  EXPECT_THAT(error_of(std::string(1 << 20, '[')), HasSubstr("is nested too deeply"));
}

TEST(TraceErrors, EveryTruncationSaysSo) {
  const std::size_t closing = kExampleText.rfind('}');
  for (std::size_t length = 1; length <= closing; ++length)
    ASSERT_THAT(error_of(std::string(kExampleText.substr(0, length))), HasSubstr("is cut short"))
        << length;
}

// Every byte of a trace is replaced by some that matter to JSON and by some that do not.
TEST(TraceErrors, NoChangedByteDoesHarm) {
  for (std::size_t at = 0; at < kExampleText.size(); ++at)
    for (const char byte : {'\0', '\"', '}', ',', '9', '\x80'}) {
      std::string text(kExampleText);
      text[at] = byte;
      const Result<Trace> read = trace_from_json(text, "t.json");
      if (read) {
        ASSERT_FALSE(read->sequence.steps.empty());
      } else {
        ASSERT_EQ(read.error().kind, ErrorKind::bad_input) << at << " " << byte;
      }
    }
}

TEST(Traces, TextThatIsNoUtf8IsWrittenReadable) {
  Trace trace = example();
  trace.violation->summary = "caf\xe9";
  EXPECT_TRUE(trace_from_json(trace_to_json(trace), "t.json"));
}

TEST(TraceStages, MustBeOnesOfTheSystem) {
  Capabilities capabilities;
  capabilities.system = "reference";
  capabilities.operations = {{Operation::enable, {"synchronize", "synchronize_final"}}};
  EXPECT_TRUE(check_stages(example(), capabilities, "t.json"));
  capabilities.operations = {{Operation::enable, {"synchronize"}}};
  const Nothing checked = check_stages(example(), capabilities, "t.json");
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().message,
            "t.json: steps[2].at.stage: 'synchronize_final' is no stage of the system 'reference'");
  EXPECT_EQ(checked.error().remedy, "choose one of synchronize");
}

TEST(TraceCalls, MustBeOnesOfTheSystem) {
  Capabilities capabilities;
  capabilities.system = "reference";
  capabilities.operations = {{Operation::enable, {"synchronize", "synchronize_final"}}};
  capabilities.calls = {"flush", "write"};
  Trace trace = example();
  trace.sequence.steps[2].at->name = "flush";
  EXPECT_TRUE(check_stages(trace, capabilities, "t.json"));
  trace.sequence.steps[2].at->name = "save";
  const Nothing checked = check_stages(trace, capabilities, "t.json");
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().message,
            "t.json: steps[2].at.name: 'save' is no call of the system 'reference'");
  EXPECT_EQ(checked.error().remedy, "choose one of flush, write");
}

TEST(Steps, AreDescribedInWords) {
  const Trace trace = example();
  const std::vector<std::string> expected = {
      "write disk 0 block 7",
      "enable",
      "write disk 1 block 0, 3 blocks at synchronize_final/2",
      "flush",
      "wait 300 s",
      "fault link_cut at synchronize/0",
      "heal"};
  for (std::size_t n = 0; n < expected.size(); ++n)
    EXPECT_EQ(describe(trace.sequence.steps[n]), expected[n]);
  EXPECT_EQ(describe({WaitStep{std::chrono::milliseconds(1500)}, std::nullopt}), "wait 1500 ms");
  EXPECT_EQ(describe({WaitStep{.periods = 1}, std::nullopt}), "wait 1 copy period");
  EXPECT_EQ(describe({WaitStep{.background = true, .periods = 3}, std::nullopt}),
            "wait 3 copy periods, jobs in the background");
  EXPECT_EQ(describe({WriteStep{0, 7, 2, 1, true}, std::nullopt}), "trim disk 0 block 7, 2 blocks");
  EXPECT_EQ(describe({FlushStep{}, Moment{"synchronize", 1, "write"}}),
            "flush at synchronize/write/1");
  EXPECT_EQ(describe({WriteStep{0, 7, 2000, 48}, std::nullopt}),
            "write disk 0 block 7, 2000 blocks, every 48");
}

}  // namespace
}  // namespace switchback
