// SPDX-License-Identifier: Apache-2.0
// What time and the healthy phase do by themselves is taken out of the sequence.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/lifecycle/path.hpp"
#include "harness/lifecycle/resting_states.hpp"
#include "harness/lifecycle/transition_table.hpp"
#include "harness/shrink/drawn_writes.hpp"
#include "harness/shrink/shrink.hpp"

namespace switchback {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

/// Enabled, and once round the lifecycle.
Sequence round_trip() {
  Sequence sequence{.seed = 0, .disks = {{"vda", 65536}}, .steps = {ask(Operation::enable)}};
  for (const Operation operation :
       {Operation::planned_failover, Operation::commit, Operation::planned_failback,
        Operation::complete_failover, Operation::commit_failback, Operation::reverse_replicate})
    sequence.steps.push_back(ask(operation));
  return sequence;
}

/// Follows the table; what is not allowed changes nothing.
class Follower {
 public:
  [[nodiscard]] const ItemState& state() const { return state_; }
  /// The state after it.
  const ItemState& follow(const Step& step) {
    if (const auto* const asked = std::get_if<OperateStep>(&step.action)) ask_for(asked->operation);
    return state_;
  }
  void ask_for(Operation operation) {
    const Transition* const row = find_transition(state_, operation);
    if (row == nullptr) return;
    state_ = row->to;
    reversed_ |= operation == Operation::reverse_replicate;
  }
  void lead_back() {
    for (const Operation operation : shortest_path(state_, resting::kProtected))
      ask_for(operation);
  }
  [[nodiscard]] bool reversed() const { return reversed_; }

 private:
  ItemState state_ = initial_state();
  bool reversed_ = false;
};

/// Broken by any reverse replication, also by that with which a broken item is led back in the end.
Found reversed(const Sequence& sequence) {
  Follower item;
  bool anything_broken = false;
  for (std::size_t n = 0; n < sequence.steps.size(); ++n) {
    item.follow(sequence.steps[n]);
    if (item.reversed()) return n;
    anything_broken |= std::holds_alternative<FaultStep>(sequence.steps[n].action);
  }
  if (anything_broken) item.lead_back();
  return last_step_if(item.reversed(), sequence);
}

// None of these operations can go alone, nor the last of them together.
TEST(ShrinkingEndings, LeaveTheWayBackToTheHealthyPhase) {
  const Sequence failing = round_trip();
  ASSERT_EQ(reversed(failing), failing.steps.size() - 1);
  const ShrinkResult result = shrink(failing, failing.steps.size() - 1, reversed, {});
  EXPECT_THAT(words(result.smallest),
              testing::ElementsAre("enable", "unplanned_failover", "fault controller_killed"));
}

TEST(ShrinkingEndings, StayWhereTheHealthyPhaseDoesNotDoTheSame) {
  const Sequence failing = round_trip();
  const auto by_itself = [](const Sequence& sequence) -> Found {
    Follower item;
    for (std::size_t n = 0; n < sequence.steps.size(); ++n) {
      item.follow(sequence.steps[n]);
      if (item.reversed()) return n;
    }
    return std::nullopt;
  };
  const ShrinkResult result = shrink(failing, failing.steps.size() - 1, by_itself, {});
  EXPECT_THAT(words(result.smallest),
              testing::ElementsAre("enable", "unplanned_failover", "commit", "full_failback",
                                   "commit_failback", "reverse_replicate"));
}

// The resynchronization is needed as long as the fault comes before it, and the fault as long as
// the healthy phase does the rest: neither can go by itself.
TEST(ShrinkingEndings, BreakInTheEndWhatWasBrokenOnTheWay) {
  Sequence failing{.seed = 0, .disks = {{"vda", 65536}}, .steps = {ask(Operation::enable)}};
  failing.steps.push_back({FaultStep{FaultKind::tracking_lost}, std::nullopt});
  failing.steps.push_back(ask(Operation::resynchronize));
  failing.steps.push_back(ask(Operation::unplanned_failover));
  const auto with_requirement = [](const Sequence& sequence) -> Found {
    bool lost = false;
    Sequence allowed = sequence;
    std::erase_if(allowed.steps, [&](const Step& step) {
      if (const auto* const fault = std::get_if<FaultStep>(&step.action))
        lost |= fault->kind == FaultKind::tracking_lost;
      const auto* const asked = std::get_if<OperateStep>(&step.action);
      if (asked == nullptr) return false;
      const bool refused = lost && asked->operation == Operation::unplanned_failover;
      if (asked->operation == Operation::resynchronize) lost = false;
      return refused;
    });
    return last_step_if(reversed(allowed).has_value(), sequence);
  };
  ASSERT_TRUE(with_requirement(failing));
  EXPECT_THAT(words(shrink(failing, failing.steps.size() - 1, with_requirement, {}).smallest),
              testing::ElementsAre("enable", "unplanned_failover", "fault controller_killed"));
}

/// A job lasts half an hour; broken by a write in protection after two hours.
Found written_late(const Sequence& sequence) {
  Follower item;
  std::chrono::milliseconds age{};
  for (std::size_t n = 0; n < sequence.steps.size(); ++n) {
    const Step& step = sequence.steps[n];
    const ItemState before = item.state();
    const ItemState state = item.follow(step);
    if (state != before) age += minutes(30);
    if (const auto* const wait = std::get_if<WaitStep>(&step.action)) age += wait->duration;
    if (std::holds_alternative<WriteStep>(step.action) && state == resting::kProtected &&
        age >= hours(2))
      return n;
  }
  return std::nullopt;
}

TEST(ShrinkingRounds, BecomeAWaitWhereOnlyTimeMatters) {
  Sequence failing = round_trip();
  failing.steps.push_back({WriteStep{}, std::nullopt});
  ASSERT_EQ(written_late(failing), failing.steps.size() - 1);
  EXPECT_THAT(words(shrink(failing, failing.steps.size() - 1, written_late, {}).smallest),
              testing::ElementsAre("enable", "wait 7200 s", "write disk 0 block 0"));
}

TEST(ShrinkingRounds, MakeAWaitThatIsThereLonger) {
  Sequence failing = round_trip();
  failing.steps.push_back({WaitStep{minutes(1)}, std::nullopt});
  failing.steps.push_back({WriteStep{}, Moment{"send", 0}});
  ASSERT_EQ(written_late(failing), failing.steps.size() - 1);
  const auto in_the_wait = [](const Sequence& sequence) -> Found {
    const Found step = written_late(sequence);
    const bool inside = step && sequence.steps[*step].at &&
                        std::holds_alternative<WaitStep>(sequence.steps[*step - 1].action);
    return inside ? step : std::nullopt;
  };
  EXPECT_THAT(words(shrink(failing, failing.steps.size() - 1, in_the_wait, {}).smallest),
              testing::ElementsAre("enable", "wait 7200 s", "write disk 0 block 0 at send/0"));
}

}  // namespace
}  // namespace switchback
