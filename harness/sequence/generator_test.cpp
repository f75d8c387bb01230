// SPDX-License-Identifier: Apache-2.0
// What is drawn: within limits, the same for the same random, and rich enough.
#include "harness/sequence/generator.hpp"

#include <map>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "harness/lifecycle/transition_table.hpp"
#include "harness/sequence/step_drawing.hpp"
#include "harness/sequence/trace.hpp"
#include "harness/sequence/walk_model.hpp"
#include "harness/sequence/whole_system.hpp"

namespace switchback {
namespace {

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
  RC_ASSERT(text_of(draw(options_for_whole_system(), seed)) ==
            text_of(draw(options_for_whole_system(), seed)));
}

RC_GTEST_PROP(Generator, DrawsWhatATraceCanHold, (std::uint64_t seed)) {
  const Sequence sequence = draw(options_for_whole_system(), seed);
  const Result<Trace> read = trace_from_json(text_of(sequence), "t.json");
  if (!read) RC_FAIL(read.error().message);
  RC_ASSERT(read->sequence.steps == sequence.steps);
  RC_ASSERT(read->sequence.disks == sequence.disks);
  RC_ASSERT(read->sequence.vms == sequence.vms);
  RC_ASSERT(read->sequence.policy == sequence.policy);
  RC_ASSERT(read->sequence.others == sequence.others);
}

RC_GTEST_PROP(Generator, StaysWithinTheLimits, (std::uint64_t seed)) {
  GeneratorOptions real = options_for_whole_system();
  real.limits = {.steps_max = 12,
                 .disks_min = 2,
                 .disks_max = 3,
                 .disk_bytes_min = 8 << 20,
                 .disk_bytes_max = 64 << 20,
                 .disk_bytes_multiple = 512,
                 .blocks_in_a_write_max = 5,
                 .blocks_in_a_flood_max = 0,
                 .blocks_in_a_scatter_max = 0};
  const Sequence sequence = draw(real, seed);
  RC_ASSERT(!sequence.steps.empty());
  std::size_t most_disks = 0;
  for (std::size_t item = 0; item < sequence.item_count(); ++item) {
    const std::vector<DiskSpec> disks = sequence.plan(item).disks;
    RC_ASSERT(disks.size() >= 2U && disks.size() <= 3U);
    most_disks = std::max(most_disks, disks.size());
    for (const DiskSpec& disk : disks) {
      RC_ASSERT(disk.size_bytes >= Bytes{8} << 20 && disk.size_bytes <= Bytes{64} << 20);
      RC_ASSERT(disk.size_bytes % 512 == 0U);
    }
  }
  for (const Step& step : sequence.steps)
    if (const auto* const write = std::get_if<WriteStep>(&step.action)) {
      RC_ASSERT(write->disk < most_disks);
      RC_ASSERT(write->count >= 1U && write->count <= 5U);
    }
}

/// The limits of the support matrix: anything else would only ever be refused.
RC_GTEST_PROP(Generator, DrawsItemsThatCanBeProtected, (std::uint64_t seed)) {
  const Sequence item = draw(options_for_whole_system(), seed);
  RC_ASSERT(!item.vms.empty() && item.vms.size() <= 3U);
  for (std::size_t vm = 0; vm < item.vms.size(); ++vm) {
    std::vector<Bytes> sizes;
    for (const DiskSpec& disk : item.disks)
      if (disk.vm == vm) sizes.push_back(disk.size_bytes);
    RC_ASSERT(item.vms[vm].boot_disk < sizes.size());
    RC_ASSERT(sizes[item.vms[vm].boot_disk] <= Bytes{2048} << 30);
    for (const Bytes size : sizes)
      RC_ASSERT(size <= Bytes{4095} << 30);
    std::set<std::string> macs;
    for (const Nic& nic : item.vms[vm].nics)
      RC_ASSERT(macs.insert(nic.mac).second);
  }
  const Policy& policy = item.policy;
  RC_ASSERT(policy.copy_frequency == std::chrono::seconds(30) ||
            policy.copy_frequency == std::chrono::seconds(300) ||
            policy.copy_frequency == std::chrono::seconds(900));
  RC_ASSERT(policy.retention <= std::chrono::hours(24));
  RC_ASSERT(policy.most_points >= 1U && policy.most_points <= 24U);
  RC_ASSERT(policy.app_consistent <= std::chrono::hours(12));
}

RC_GTEST_PROP(Generator, LeavesOutWhatTheSystemLacks, (std::uint64_t seed)) {
  GeneratorOptions poor = options_for_whole_system();
  poor.capabilities.most_vms = 1;
  poor.capabilities.encrypts = false;
  poor.capabilities.app_consistent = false;
  poor.capabilities.faults.clear();
  poor.edits.clear();
  const Sequence sequence = draw(poor, seed);
  RC_ASSERT(sequence.vms.size() == 1U);
  RC_ASSERT(!sequence.policy.encrypted);
  RC_ASSERT(sequence.policy.app_consistent == std::chrono::hours(0));
  for (const Step& step : sequence.steps) {
    RC_ASSERT(!std::holds_alternative<FaultStep>(step.action));
    const auto* const edit = std::get_if<EditStep>(&step.action);
    if (edit != nullptr) RC_ASSERT(edit->edit == Edit::undo);
    const auto* const ask = std::get_if<OperateStep>(&step.action);
    if (ask != nullptr) RC_ASSERT(ask->key == KeyGiven::right);
  }
}

// Without faults, goals, forbidden requests and choices, all that is asked for is allowed; only the
// old primary is fenced by the clock, at an instant that this test need not know.
RC_GTEST_PROP(Generator, WalksTheTableWhenNothingForbiddenIsAskedFor, (std::uint64_t seed)) {
  GeneratorOptions legal = options_for_whole_system();
  legal.capabilities.faults.clear();
  Profile journey = *profile_named("journey");
  journey.goal_percent = journey.choice_percent = journey.cancel_percent = 0;
  journey.migrate_percent = 0;
  legal.profiles = {journey};
  std::vector<ItemState> possible = {initial_state()};
  for (const Step& step : draw(legal, seed).steps) {
    const Transition* const fence = find_transition(possible.front(), Operation::fence_source);
    if (std::holds_alternative<WaitStep>(step.action) && fence != nullptr)
      possible.push_back(fence->to);
    const auto* const ask = std::get_if<OperateStep>(&step.action);
    if (ask == nullptr) continue;
    std::vector<ItemState> next;
    for (const ItemState& state : possible)
      if (const Transition* const row = find_transition(state, ask->operation))
        next.push_back(row->to);
    RC_ASSERT(!next.empty());
    possible = next;
  }
}

TEST(Generator, DrawsEveryWordThatAStepCanHold) {
  std::set<Operation> asked;
  std::set<FaultKind> broken;
  std::set<std::chrono::seconds> clock_steps;
  std::set<Edit> edited;
  std::set<PointChoice> chosen;
  std::set<KeyGiven> given;
  std::set<std::size_t> kinds;
  std::map<bool, int> inside;
  std::set<Operation> inside_jobs;
  std::set<std::string> named;
  for (std::uint64_t seed = 0; seed < 1000; ++seed)
    for (const Step& step : draw(options_for_whole_system(), seed).steps) {
      kinds.insert(step.action.index());
      ++inside[step.at.has_value()];
      if (step.at) named.insert(step.at->name);
      if (const auto* const fault = std::get_if<FaultStep>(&step.action)) {
        broken.insert(fault->kind);
        if (fault->kind == FaultKind::clock_stepped) clock_steps.insert(fault->clock_step);
      }
      if (const auto* const edit = std::get_if<EditStep>(&step.action)) edited.insert(edit->edit);
      const auto* const ask = std::get_if<OperateStep>(&step.action);
      if (ask == nullptr) continue;
      (step.at ? inside_jobs : asked).insert(ask->operation);
      chosen.insert(ask->point);
      given.insert(ask->key);
    }
  EXPECT_EQ(asked.size(), kOperationCount);
  EXPECT_EQ(inside_jobs.size(), kOperationCount);
  EXPECT_EQ(broken.size(), kAllFaults.size());
  const std::chrono::hours day(24);
  EXPECT_EQ(*clock_steps.begin(), -day);
  EXPECT_EQ(*clock_steps.rbegin(), day);
  EXPECT_GT(clock_steps.size(), 40U) << "minutes and hours, forward and back";
  EXPECT_FALSE(clock_steps.contains(std::chrono::seconds(0)));
  EXPECT_EQ(edited.size(), kAllEdits.size());
  EXPECT_EQ(chosen.size(), kAllPointChoices.size());
  EXPECT_EQ(given.size(), kAllKeysGiven.size());
  EXPECT_EQ(kinds.size(), std::variant_size_v<Action>);
  EXPECT_EQ(named, (std::set<std::string>{"", "flush", "write"}));
  EXPECT_GT(inside[true], 1000);
  EXPECT_GT(inside[false], 1000);
}

TEST(Generator, DrawsItemsOfEveryShape) {
  std::set<std::size_t> vms;
  std::set<std::size_t> disks;
  std::set<std::size_t> nics;
  std::set<Duration> frequencies;
  int odd_sizes = 0;
  int encrypted = 0;
  int app_consistent = 0;
  int only_newest = 0;
  Bytes smallest = ~Bytes{0};
  Bytes largest = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    const Sequence sequence = draw(options_for_whole_system(), seed);
    vms.insert(sequence.vms.size());
    disks.insert(sequence.disks.size());
    for (const Hardware& vm : sequence.vms)
      nics.insert(vm.nics.size());
    frequencies.insert(sequence.policy.copy_frequency);
    encrypted += sequence.policy.encrypted;
    app_consistent += sequence.policy.app_consistent > std::chrono::hours(0);
    only_newest += sequence.policy.retention == std::chrono::hours(0);
    for (const DiskSpec& disk : sequence.disks) {
      odd_sizes += disk.size_bytes % 512 != 0;
      smallest = std::min(smallest, disk.size_bytes);
      largest = std::max(largest, disk.size_bytes);
    }
  }
  EXPECT_EQ(vms, (std::set<std::size_t>{1, 2, 3}));
  EXPECT_EQ(disks, (std::set<std::size_t>{1, 2, 3, 4}));
  EXPECT_EQ(nics, (std::set<std::size_t>{0, 1, 2, 3}));
  EXPECT_EQ(frequencies.size(), 3U);
  EXPECT_GT(encrypted, 20);
  EXPECT_GT(app_consistent, 100);
  EXPECT_GT(only_newest, 50);
  EXPECT_GT(odd_sizes, 1000);
  EXPECT_LT(smallest, Bytes{4096});
  EXPECT_GT(largest, Bytes{1} << 40);
}

/// Where a sequence would be if all went as the generator thinks: pairs of state and operation.
void note_cells(const Sequence& sequence, const Capabilities& capabilities,
                std::set<std::pair<std::string_view, Operation>>& cells) {
  WalkModel model(sequence, capabilities);
  for (std::size_t n = 0; n < sequence.steps.size(); ++n) {
    const Action& action = sequence.steps[n].action;
    if (const auto* const fault = std::get_if<FaultStep>(&action)) model.inject(fault->kind);
    if (std::holds_alternative<HealStep>(action)) model.heal();
    if (const auto* const edit = std::get_if<EditStep>(&action)) model.edit(edit->edit);
    if (sequence.steps[n].at) continue;
    if (const auto* const wait = std::get_if<WaitStep>(&action))
      model.wait(wait->duration + wait->periods * model.period());
    const auto* const ask = std::get_if<OperateStep>(&action);
    if (ask == nullptr) continue;
    cells.emplace(name_of(model.state()), ask->operation);
    bool cancelled = false;
    for (std::size_t inner = n + 1; inner < sequence.steps.size() && sequence.steps[inner].at;
         ++inner) {
      const Action& inside = sequence.steps[inner].action;
      if (inside == Action(FaultStep{FaultKind::recovery_full}))
        model.inject(FaultKind::recovery_full);
      const auto* const asked = std::get_if<OperateStep>(&inside);
      cancelled |= asked != nullptr && asked->operation == Operation::cancel;
    }
    cancelled ? model.cancel_job(*ask) : model.ask(*ask);
  }
}

TEST(Generator, AsksForEverythingInEveryState) {
  const GeneratorOptions all = options_for_whole_system();
  const rc::Gen<DrawnSequence> draw_one = sequences(all);
  std::set<std::pair<std::string_view, Operation>> cells;
  for (std::uint64_t seed = 0; seed < 20000; ++seed)
    note_cells(draw_one(rc::Random(seed), 0).value().sequence, all.capabilities, cells);
  for (const NamedState& named : named_states())
    for (const Operation operation : kAllOperations)
      EXPECT_TRUE(cells.contains({named.name, operation}))
          << name_of(operation) << " in " << named.name;
}

TEST(Profiles, HaveNamesOfTheirOwnAndGoalsThatExist) {
  std::set<std::string_view> names;
  for (const Profile& profile : profiles()) {
    EXPECT_TRUE(names.insert(profile.name).second) << profile.name;
    EXPECT_EQ(profile_named(profile.name)->meaning, profile.meaning);
    EXPECT_NE(profile.meaning, "");
    for (const std::string_view goal : profile.goals)
      EXPECT_TRUE(goal.empty() || state_named(goal)) << profile.name << ": " << goal;
  }
  EXPECT_FALSE(profile_named("none"));
}

// Where a sequence takes seconds a run of minutes draws a hundred: they must not be long ones.
TEST(Waits, LastNoMoreRoundsThanTheWorldCanCarry) {
  GeneratorOptions slow = options_for_whole_system();
  slow.limits.rounds_in_a_wait_max = 4;
  const Profile retention = *profile_named("retention");
  const Sequence item = draw(slow, 1);
  WalkModel model(item, slow.capabilities);
  Draw random{rc::Random(7)};
  const Swarm swarm = whole_swarm(slow, retention, {});
  StepDrawing steps(random, swarm, item, model);
  const auto longest = [&] {
    std::chrono::milliseconds most{};
    for (int n = 0; n < 500; ++n) {
      const WaitStep wait = steps.wait();
      most = std::max(most, wait.duration + wait.periods * model.period());
    }
    return most;
  };
  EXPECT_GT(longest(), std::chrono::hours(2)) << "nothing replicates yet";
  model.ask({.operation = Operation::enable});
  EXPECT_LE(longest(), 4 * model.period());
}

}  // namespace
}  // namespace switchback
