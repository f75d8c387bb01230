// SPDX-License-Identifier: Apache-2.0
// Traces of the whole lifecycle: groups, policies, choices, edits. And those from before there
// were.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/assert.hpp"
#include "harness/sequence/trace.hpp"

namespace switchback {
namespace {

using testing::HasSubstr;

constexpr std::string_view kText = R"({
  "format": "switchback-trace",
  "version": 1,
  "made_by": "switchback 0.1.0",
  "system": "sim",
  "seed": "1",
  "disks": [
    {"device":"vda","size_bytes":8192},
    {"device":"vdb","size_bytes":512},
    {"device":"vda","size_bytes":4096,"vm":1}
  ],
  "vms": [
    {"cpus":2,"memory_bytes":67108864,"firmware":"uefi","boot_disk":1,"nics":[{"mac":"52:54:00:00:00:01","network":"lan","address":"10.0.0.5"}]},
    {"cpus":1,"memory_bytes":33554432,"firmware":"bios","boot_disk":0,"nics":[]}
  ],
  "policy": {"copy_frequency_seconds":30,"retention_hours":0,"most_points":3,"app_consistent_hours":12,"encrypted":true},
  "steps": [
    {"do":"operate","operation":"enable","key":"none"},
    {"do":"operate","operation":"unplanned_failover","point":"custom","custom_point":2,"shut_down_source":false,"key":"wrong"},
    {"do":"operate","operation":"cancel","at":{"stage":"failover","call":0}},
    {"do":"operate","operation":"full_failback","create_missing_vm":false},
    {"do":"operate","operation":"update_properties","settings":{"name_suffix":"dr","cpus":4,"memory_bytes":1048576,"network":"lan-2","nic_addresses":["","10.0.0.7"]}},
    {"do":"edit","edit":"grow_disk"},
    {"do":"test_write","disk":2,"block":1,"count":1},
    {"do":"old_primary_write","disk":0,"block":9,"count":4}
  ]
}
)";

Trace example() {
  Trace trace;
  trace.made_by = "switchback 0.1.0";
  trace.system = "sim";
  Sequence& sequence = trace.sequence;
  sequence.seed = 1;
  sequence.disks = {{"vda", 8192, 0}, {"vdb", 512, 0}, {"vda", 4096, 1}};
  sequence.vms = {{.cpus = 2,
                   .memory_bytes = Bytes{64} << 20,
                   .firmware = Firmware::uefi,
                   .boot_disk = 1,
                   .nics = {{"52:54:00:00:00:01", "lan", "10.0.0.5"}}},
                  {}};
  sequence.policy = {.copy_frequency = std::chrono::seconds(30),
                     .retention = std::chrono::hours(0),
                     .most_points = 3,
                     .app_consistent = std::chrono::hours(12),
                     .encrypted = true};
  const TargetSettings settings{.name_suffix = "dr",
                                .cpus = 4,
                                .memory_bytes = Bytes{1} << 20,
                                .network = "lan-2",
                                .nic_addresses = {"", "10.0.0.7"}};
  sequence.steps = {
      {OperateStep{.operation = Operation::enable, .key = KeyGiven::none}, std::nullopt},
      {OperateStep{.operation = Operation::unplanned_failover,
                   .point = PointChoice::custom,
                   .custom_point = 2,
                   .shut_down_source = false,
                   .key = KeyGiven::wrong},
       std::nullopt},
      {OperateStep{.operation = Operation::cancel}, Moment{"failover", 0}},
      {OperateStep{.operation = Operation::full_failback, .create_missing_vm = false},
       std::nullopt},
      {OperateStep{.operation = Operation::update_properties, .settings = settings}, std::nullopt},
      {EditStep{Edit::grow_disk}, std::nullopt},
      {TestWriteStep{2, 1, 1}, std::nullopt},
      {OldPrimaryWriteStep{0, 9, 4}, std::nullopt},
  };
  return trace;
}

std::string with(std::string_view piece, std::string_view instead) {
  std::string text(kText);
  const std::size_t found = text.find(piece);
  SB_ASSERT(found != std::string::npos);
  return text.replace(found, piece.size(), instead);
}

std::string error_of(const std::string& text) {
  const Result<Trace> trace = trace_from_json(text, "t.json");
  if (trace) return "it was read";
  EXPECT_EQ(trace.error().kind, ErrorKind::bad_input);
  return trace.error().message + " (" + trace.error().remedy + ")";
}

TEST(LifecycleTrace, IsWrittenAsDocumented) {
  EXPECT_EQ(trace_to_json(example()), kText);
}

TEST(LifecycleTrace, IsReadBack) {
  const Result<Trace> read = trace_from_json(std::string(kText), "t.json");
  ASSERT_TRUE(read) << read.error().message;
  const Sequence expected = example().sequence;
  EXPECT_EQ(read->sequence.disks, expected.disks);
  EXPECT_EQ(read->sequence.vms, expected.vms);
  EXPECT_EQ(read->sequence.policy, expected.policy);
  EXPECT_EQ(read->sequence.steps, expected.steps);
}

TEST(LifecycleTrace, HoldsNoKey) {
  // Which of them is given is all that is ever written: see KeyGiven.
  EXPECT_THAT(trace_to_json(example()), HasSubstr(R"("key":"wrong")"));
  EXPECT_THAT(error_of(with(R"("key":"wrong")", R"("key":"s3cret")")),
              HasSubstr("steps[1].key: 's3cret' is no key (choose one of right, none, wrong)"));
}

// As they were written before there were groups, policies and choices.
TEST(LifecycleTrace, OfTheFirstKindMeansOneVmAndAllByDefault) {
  const Result<Trace> read = trace_from_json(
      R"({"format":"switchback-trace","version":1,"made_by":"switchback 0.1.0","system":"sim",
          "seed":"7","disks":[{"device":"vda","size_bytes":4096}],
          "steps":[{"do":"operate","operation":"planned_failover"}]})",
      "t.json");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->sequence.vms, std::vector<Hardware>{Hardware{}});
  EXPECT_EQ(read->sequence.policy, Policy{});
  EXPECT_EQ(read->sequence.disks, (std::vector<DiskSpec>{{"vda", 4096, 0}}));
  EXPECT_EQ(std::get<OperateStep>(read->sequence.steps[0].action),
            OperateStep{.operation = Operation::planned_failover});
  EXPECT_THAT(trace_to_json(*read), testing::Not(HasSubstr("policy")));
}

TEST(LifecycleTrace, MayLeaveOutWhatIsPlain) {
  const Result<Trace> read = trace_from_json(
      with(R"({"cpus":1,"memory_bytes":33554432,"firmware":"bios","boot_disk":0,"nics":[]})", "{}"),
      "t.json");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(trace_to_json(*read), kText);
}

struct Wrong {
  std::string_view piece;
  std::string_view instead;
  std::string_view expected;
};

class WrongLifecycleTrace : public testing::TestWithParam<Wrong> {};

TEST_P(WrongLifecycleTrace, IsNamedWithItsPlaceAndWhatIsAllowed) {
  EXPECT_THAT(error_of(with(GetParam().piece, GetParam().instead)),
              HasSubstr(std::string(GetParam().expected)));
}

INSTANTIATE_TEST_SUITE_P(
    Item, WrongLifecycleTrace,
    testing::Values(
        Wrong{R"("vm":1)", R"("vm":2)", "disks[2].vm: 2 is no VM of this item, which has 2"},
        Wrong{R"("vm":1)", R"("vm":8)", "disks[2].vm: 8 is out of range"},
        Wrong{R"("vm":1)", R"("vm":0)", "disks[2].device: 'vda' is there twice"},
        Wrong{R"("vdb","size_bytes":512)", R"("vdb","size_bytes":512,"vm":1)",
              "vms[0].boot_disk: 1 is no disk of this VM, which has 1"},
        Wrong{R"("vda","size_bytes":4096,"vm":1)", R"("vdc","size_bytes":4096,"vm":0)",
              "vms[1]: has no disk"},
        Wrong{R"("cpus":2)", R"("cpus":0)", "vms[0].cpus: 0 is out of range"},
        Wrong{R"("cpus":2)", R"("cores":2)", "vms[0]: unknown key 'cores' (known here: cpus"},
        Wrong{R"("uefi")", R"("efi")",
              "vms[0].firmware: 'efi' is no firmware (choose one of bios, uefi)"},
        Wrong{"52:54:00:00:00:01", "52-54-00-00-00-01", "vms[0].nics[0].mac: '52-54-00-00-00-01'"},
        Wrong{"52:54:00:00:00:01", "52:54:00:00:00:0A", "is no MAC address (write it like"},
        Wrong{R"("network":"lan")", R"("network":"<lan>")",
              "vms[0].nics[0].network: '<lan>' is no name of a network"},
        Wrong{R"("10.0.0.5")", R"("ten")", "vms[0].nics[0].address: 'ten' is no IP address"},
        Wrong{R"("retention_hours":0)", R"("retention_hours":-1)",
              "policy.retention_hours: -1 is out of range"},
        Wrong{R"("most_points":3)", R"("most_points":0)", "policy.most_points: 0 is out of range"},
        Wrong{R"("encrypted":true)", R"("encrypted":1)", "policy.encrypted: is not true or false"},
        Wrong{R"("encrypted":true)", R"("key":"x")", "policy: unknown key 'key' (known here: "}));

INSTANTIATE_TEST_SUITE_P(
    Steps, WrongLifecycleTrace,
    testing::Values(
        Wrong{R"("point":"custom")", R"("point":"newest")",
              "steps[1].point: 'newest' is no choice of a recovery point (choose one of latest, "
              "latest_processed, latest_app_consistent, custom)"},
        Wrong{R"("custom_point":2)", R"("custom_point":4294967296)",
              "steps[1].custom_point: 4294967296 is out of range"},
        Wrong{R"("shut_down_source":false)", R"("shut_down_source":"no")",
              "steps[1].shut_down_source: is not true or false"},
        Wrong{R"("create_missing_vm":false)", R"("create_missing_vm":null)",
              "steps[3].create_missing_vm: is not true or false"},
        Wrong{R"("create_missing_vm")", R"("create_vm")", "steps[3]: unknown key 'create_vm'"},
        Wrong{R"("name_suffix":"dr")", R"("name_suffix":"d r")",
              "steps[4].settings.name_suffix: 'd r' is no end of a name"},
        Wrong{R"("name_suffix":"dr")", R"("name":"dr")",
              "steps[4].settings: unknown key 'name' (known here: name_suffix"},
        Wrong{R"("10.0.0.7")", "7", "steps[4].settings.nic_addresses[1]: is not a string"},
        Wrong{R"("10.0.0.7")", R"("x")", "steps[4].settings.nic_addresses[1]: 'x' is no IP"},
        Wrong{R"("edit":"grow_disk")", R"("edit":"shrink_disk")",
              "steps[5].edit: 'shrink_disk' is no edit (choose one of add_disk, grow_disk"},
        Wrong{R"("edit":"grow_disk")", R"("kind":"grow_disk")",
              "steps[5]: unknown key 'kind' (known here: do, edit, item, at)"},
        Wrong{R"("count":4)", R"("count":0)", "steps[7].count: 0 is out of range"}));

TEST(LifecycleSteps, AreDescribedInWords) {
  const std::vector<std::string> expected = {
      "enable without a key",
      "unplanned_failover from point 2 without shutting down the source with a wrong key",
      "cancel at failover/0",
      "full_failback without making a missing VM",
      "update_properties to name suffix dr, 4 CPUs, 1 MiB, network lan-2, address 10.0.0.7",
      "edit grow_disk",
      "test VM writes disk 2 block 1",
      "old primary writes disk 0 block 9, 4 blocks"};
  const std::vector<Step> steps = example().sequence.steps;
  ASSERT_EQ(steps.size(), expected.size());
  for (std::size_t n = 0; n < expected.size(); ++n)
    EXPECT_EQ(describe(steps[n]), expected[n]);
  const OperateStep processed{.operation = Operation::test_failover,
                              .point = PointChoice::latest_processed};
  EXPECT_EQ(describe({processed, std::nullopt}), "test_failover from latest_processed");
}

}  // namespace
}  // namespace switchback
