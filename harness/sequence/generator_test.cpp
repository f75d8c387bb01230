// SPDX-License-Identifier: Apache-2.0
// What is drawn: within limits, the same for the same random, and rich enough.
#include "harness/sequence/generator.hpp"

#include <map>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "harness/lifecycle/transition_table.hpp"
#include "harness/sequence/trace.hpp"

namespace switchback {
namespace {

GeneratorOptions options() {
  GeneratorOptions options;
  for (const Operation operation : kAllOperations)
    options.capabilities.operations.push_back({operation, {"first_stage", "second_stage"}, "undo"});
  options.capabilities.faults.assign(kAllFaults.begin(), kAllFaults.end());
  options.capabilities.copy_frequency = std::chrono::minutes(5);
  options.profiles.assign(profiles().begin(), profiles().end());
  return options;
}

Sequence draw(const GeneratorOptions& options, std::uint64_t seed) {
  return sequences(options)(rc::Random(seed), 0).value().sequence;
}

std::string text_of(const Sequence& sequence) {
  return trace_to_json({.made_by = "test",
                        .system = "sim",
                        .defect = std::nullopt,
                        .sequence = sequence,
                        .violation = std::nullopt});
}

RC_GTEST_PROP(Generator, GivesTheSameForTheSameRandom, (std::uint64_t seed)) {
  RC_ASSERT(text_of(draw(options(), seed)) == text_of(draw(options(), seed)));
}

RC_GTEST_PROP(Generator, StaysWithinTheLimits, (std::uint64_t seed)) {
  GeneratorOptions real = options();
  real.limits = {.steps_max = 12,
                 .disks_min = 2,
                 .disks_max = 3,
                 .disk_bytes_min = 8 << 20,
                 .disk_bytes_max = 64 << 20,
                 .disk_bytes_multiple = 512,
                 .blocks_in_a_write_max = 5};
  const Sequence sequence = draw(real, seed);
  RC_ASSERT(!sequence.steps.empty());
  RC_ASSERT(sequence.disks.size() >= 2U && sequence.disks.size() <= 3U);
  for (const DiskSpec& disk : sequence.disks) {
    RC_ASSERT(disk.size_bytes >= Bytes{8} << 20 && disk.size_bytes <= Bytes{64} << 20);
    RC_ASSERT(disk.size_bytes % 512 == 0U);
  }
  for (const Step& step : sequence.steps)
    if (const auto* const write = std::get_if<WriteStep>(&step.action)) {
      RC_ASSERT(write->disk < sequence.disks.size());
      RC_ASSERT(write->count >= 1U && write->count <= 5U);
    }
}

RC_GTEST_PROP(Generator, WalksTheTableWhenNothingForbiddenIsAskedFor, (std::uint64_t seed)) {
  GeneratorOptions legal = options();
  legal.profiles = {*profile_named("journey")};
  ItemState state = initial_state();
  for (const Step& step : draw(legal, seed).steps) {
    const auto* const ask = std::get_if<OperateStep>(&step.action);
    if (ask == nullptr || step.at) continue;
    const Transition* const row = find_transition(state, ask->operation);
    RC_ASSERT(row != nullptr);
    state = row->to;
  }
}

TEST(Generator, DrawsEveryOperationFaultAndKindOfStepAndDisksOfEveryShape) {
  std::set<Operation> asked;
  std::set<FaultKind> broken;
  std::set<std::size_t> kinds;
  std::map<bool, int> inside;
  int odd_sizes = 0;
  Bytes smallest = ~Bytes{0};
  Bytes largest = 0;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const Sequence sequence = draw(options(), seed);
    for (const DiskSpec& disk : sequence.disks) {
      odd_sizes += disk.size_bytes % 512 != 0;
      smallest = std::min(smallest, disk.size_bytes);
      largest = std::max(largest, disk.size_bytes);
    }
    for (const Step& step : sequence.steps) {
      kinds.insert(step.action.index());
      ++inside[step.at.has_value()];
      if (const auto* const ask = std::get_if<OperateStep>(&step.action))
        asked.insert(ask->operation);
      if (const auto* const fault = std::get_if<FaultStep>(&step.action))
        broken.insert(fault->kind);
    }
  }
  EXPECT_EQ(asked.size(), kOperationCount);
  EXPECT_EQ(broken.size(), kAllFaults.size());
  EXPECT_EQ(kinds.size(), std::variant_size_v<Action>);
  EXPECT_GT(inside[true], 1000);
  EXPECT_GT(inside[false], 1000);
  EXPECT_GT(odd_sizes, 500);
  EXPECT_LT(smallest, Bytes{4096});
  EXPECT_GT(largest, Bytes{1} << 40);
}

}  // namespace
}  // namespace switchback
