// SPDX-License-Identifier: Apache-2.0
// Groups, policies, hardware and choices are shrunk as well, down to what matters.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/lifecycle/transition_table.hpp"
#include "harness/sequence/trace.hpp"
#include "harness/shrink/drawn_writes.hpp"
#include "harness/shrink/shrink.hpp"

namespace switchback {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

/// Everything chosen otherwise than by default, and every kind of step.
Sequence elaborate() {
  Hardware vm{.cpus = 3,
              .memory_bytes = Bytes{48} << 20,
              .firmware = Firmware::uefi,
              .boot_disk = 1,
              .nics = {{"52:54:00:00:00:01", "lan", "10.0.0.1"}, {"52:54:00:00:01:01", "lan", ""}}};
  Sequence sequence{
      .seed = 0,
      .disks = {{"vda", 65536, 0}, {"vda", 131072, 1}, {"vdb", 4096, 0}, {"vdb", 8192, 1}},
      .vms = {vm, vm},
      .policy = {.copy_frequency = seconds(30),
                 .retention = hours(7),
                 .most_points = 5,
                 .app_consistent = hours(3),
                 .encrypted = true},
      .steps = {}};
  const TargetSettings settings{.name_suffix = "dr",
                                .cpus = 2,
                                .memory_bytes = Bytes{64} << 20,
                                .network = "lan",
                                .nic_addresses = {"10.0.0.2", ""}};
  sequence.steps = {
      {WriteStep{1, 7, 3}, std::nullopt},
      {OperateStep{.operation = Operation::enable, .key = KeyGiven::wrong}, std::nullopt},
      {OperateStep{.operation = Operation::update_properties, .settings = settings}, std::nullopt},
      {EditStep{Edit::grow_disk}, std::nullopt},
      {OperateStep{.operation = Operation::test_failover,
                   .point = PointChoice::custom,
                   .custom_point = 6,
                   .key = KeyGiven::none},
       std::nullopt},
      {TestWriteStep{2, 9, 5}, std::nullopt},
      {OperateStep{.operation = Operation::unplanned_failover,
                   .point = PointChoice::latest_processed,
                   .shut_down_source = false},
       std::nullopt},
      {OldPrimaryWriteStep{3, 1, 2}, std::nullopt},
      {OperateStep{.operation = Operation::full_failback, .create_missing_vm = false},
       std::nullopt},
  };
  return sequence;
}

template <class Kind>
const Kind* find_step(const Sequence& sequence) {
  for (const Step& step : sequence.steps)
    if (const auto* const found = std::get_if<Kind>(&step.action)) return found;
  return nullptr;
}

const OperateStep* find_request(const Sequence& sequence, Operation operation) {
  for (const Step& step : sequence.steps)
    if (const auto* const found = std::get_if<OperateStep>(&step.action))
      if (found->operation == operation) return found;
  return nullptr;
}

Sequence smallest_with(const std::function<bool(const Sequence&)>& broken) {
  const Sequence failing = elaborate();
  const ShrinkResult result = shrink(
      failing, failing.steps.size() - 1,
      [&](const Sequence& sequence) { return last_step_if(broken(sequence), sequence); }, {});
  EXPECT_TRUE(result.finished);
  return result.smallest;
}

void expect_plain_item(const Sequence& sequence) {
  EXPECT_EQ(sequence.vms, std::vector<Hardware>{Hardware{}});
  EXPECT_EQ(sequence.policy, Policy{});
  EXPECT_EQ(sequence.disks, (std::vector<DiskSpec>{{"vda", 4096, 0}}));
}

TEST(ShrinkingChoices, GoBackToTheDefaultsWhereTheyDoNotMatter) {
  const Sequence smallest = smallest_with([](const Sequence& sequence) {
    return find_request(sequence, Operation::unplanned_failover) != nullptr;
  });
  EXPECT_THAT(words(smallest), testing::ElementsAre("unplanned_failover"));
  expect_plain_item(smallest);
}

TEST(ShrinkingChoices, KeepTheOneThatMatters) {
  const Sequence left_running = smallest_with([](const Sequence& sequence) {
    const OperateStep* const over = find_request(sequence, Operation::unplanned_failover);
    return over != nullptr && !over->shut_down_source;
  });
  EXPECT_THAT(words(left_running),
              testing::ElementsAre("unplanned_failover without shutting down the source"));

  const Sequence network = smallest_with([](const Sequence& sequence) {
    const OperateStep* const update = find_request(sequence, Operation::update_properties);
    return update != nullptr && update->settings.network.has_value();
  });
  EXPECT_THAT(words(network), testing::ElementsAre("update_properties to network lan"));
}

TEST(ShrinkingChoices, LowerThePointThatIsChosen) {
  const Sequence third = smallest_with([](const Sequence& sequence) {
    const OperateStep* const test = find_request(sequence, Operation::test_failover);
    return test != nullptr && test->point == PointChoice::custom && test->custom_point >= 2;
  });
  EXPECT_THAT(words(third), testing::ElementsAre("test_failover from point 2"));
}

TEST(ShrinkingPolicies, KeepWhatMatters) {
  const Sequence smallest =
      smallest_with([](const Sequence& sequence) { return sequence.policy.retention > hours(2); });
  Policy expected;
  expected.retention = hours(7);
  EXPECT_EQ(smallest.policy, expected);
}

TEST(ShrinkingHardware, KeepsTheNicThatMatters) {
  const Sequence smallest = smallest_with([](const Sequence& sequence) {
    return std::any_of(sequence.vms.begin(), sequence.vms.end(), [](const Hardware& vm) {
      return std::any_of(vm.nics.begin(), vm.nics.end(),
                         [](const Nic& nic) { return nic.address.empty(); });
    });
  });
  ASSERT_EQ(smallest.vms.size(), 1U);
  Hardware expected;
  expected.nics = {{"52:54:00:00:01:01", "lan", ""}};
  EXPECT_EQ(smallest.vms[0], expected);
}

TEST(ShrinkingGroups, DropTheVmsThatDoNotMatter) {
  // The second VM's second disk, by its size.
  const Sequence smallest = smallest_with([](const Sequence& sequence) {
    return std::any_of(sequence.disks.begin(), sequence.disks.end(), [](const DiskSpec& disk) {
      return disk.size_bytes > 4096 && disk.size_bytes < 65536;
    });
  });
  EXPECT_EQ(smallest.vms.size(), 1U);
  EXPECT_EQ(smallest.disks, (std::vector<DiskSpec>{{"vda", 8192, 0}}));
}

TEST(ShrinkingGroups, KeepWhatIsNeededOfEachVm) {
  const auto two_vms_written = [](const Sequence& sequence) {
    std::set<std::size_t> vms;
    for (const Step& step : sequence.steps)
      if (const auto* const write = std::get_if<OldPrimaryWriteStep>(&step.action))
        vms.insert(sequence.disks[write->disk % sequence.disks.size()].vm);
      else if (const auto* const other = std::get_if<TestWriteStep>(&step.action))
        vms.insert(sequence.disks[other->disk % sequence.disks.size()].vm);
    return vms.size() == 2;
  };
  const Sequence smallest = smallest_with(two_vms_written);
  EXPECT_EQ(smallest.vms, (std::vector<Hardware>{{}, {}}));
  EXPECT_EQ(smallest.disks, (std::vector<DiskSpec>{{"vda", 4096, 0}, {"vda", 4096, 1}}));
  EXPECT_THAT(words(smallest), testing::ElementsAre("test VM writes disk 0 block 0",
                                                    "old primary writes disk 1 block 0"));
}

TEST(ShrinkingGroups, EveryCandidateIsATraceThatCanBeRead) {
  const Sequence failing = elaborate();
  const auto readable = [](const Sequence& sequence) -> Found {
    const Trace trace{
        .made_by = "test", .system = "sim", .defect = {}, .sequence = sequence, .violation = {}};
    const Result<Trace> read = trace_from_json(trace_to_json(trace), "t.json");
    EXPECT_TRUE(read) << read.error().message;
    return last_step_if(find_step<EditStep>(sequence) != nullptr && sequence.disks.size() >= 2,
                        sequence);
  };
  const ShrinkResult result = shrink(failing, failing.steps.size() - 1, readable, {});
  EXPECT_THAT(words(result.smallest), testing::ElementsAre("edit grow_disk"));
}

/// The table, with every cancel and every fence in it.
Found disabled_after_write(const Sequence& sequence) {
  ItemState state = initial_state();
  for (std::size_t n = 0; n < sequence.steps.size(); ++n) {
    const Step& step = sequence.steps[n];
    const auto* const asked = std::get_if<OperateStep>(&step.action);
    if (asked == nullptr) continue;
    if (step.at) {
      if (asked->operation == Operation::cancel && state == resting::kFailedOver)
        state = resting::kFailoverCancelled;
      continue;
    }
    const Transition* const row = find_transition(state, asked->operation);
    if (row == nullptr) continue;
    state = row->to;
    if (asked->operation == Operation::disable && n > 0 &&
        std::holds_alternative<WriteStep>(sequence.steps[n - 1].action))
      return n;
  }
  return std::nullopt;
}

// A round by way of a cancelled failover: no step of it can go alone.
TEST(ShrinkingRounds, KnowCancels) {
  Sequence failing{.seed = 0, .disks = {{"vda", 65536}}, .steps = {ask(Operation::enable)}};
  for (int round = 0; round < 5; ++round) {
    failing.steps.push_back(ask(Operation::planned_failover));
    failing.steps.push_back({OperateStep{.operation = Operation::cancel}, Moment{"failover", 0}});
    failing.steps.push_back(ask(Operation::disable));
    failing.steps.push_back(ask(Operation::enable));
  }
  failing.steps.push_back({WriteStep{0, 1, 1}, std::nullopt});
  failing.steps.push_back(ask(Operation::disable));
  const Found step = disabled_after_write(failing);
  ASSERT_EQ(step, failing.steps.size() - 1);
  const ShrinkResult result = shrink(failing, *step, disabled_after_write, {});
  EXPECT_THAT(words(result.smallest),
              testing::ElementsAre("enable", "write disk 0 block 0", "disable"));
  EXPECT_LT(result.candidates, 40U);
}

/// The third call or a later one of that name, in its stage.
Found broken_before_a_flush(const Sequence& sequence) {
  for (std::size_t n = 0; n < sequence.steps.size(); ++n) {
    const std::optional<Moment>& at = sequence.steps[n].at;
    if (at && at->name == "flush" && at->call >= 2) return n;
  }
  return std::nullopt;
}

/// Anywhere in a job.
Found broken_in_a_job(const Sequence& sequence) {
  for (std::size_t n = 0; n < sequence.steps.size(); ++n)
    if (sequence.steps[n].at) return n;
  return std::nullopt;
}

TEST(ShrinkingMoments, KeepsTheNameOfACallWhereItMatters) {
  const Sequence failing{.seed = 0,
                         .disks = {{"vda", 65536}},
                         .steps = {ask(Operation::enable),
                                   {FaultStep{FaultKind::link_cut}, Moment{"copy", 7, "flush"}}}};
  EXPECT_THAT(words(shrink(failing, 1, broken_before_a_flush, {}).smallest),
              testing::ElementsAre("fault link_cut at copy/flush/2"));
  EXPECT_THAT(words(shrink(failing, 1, broken_in_a_job, {}).smallest),
              testing::ElementsAre("fault link_cut at copy/0"));
}

}  // namespace
}  // namespace switchback
