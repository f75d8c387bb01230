// SPDX-License-Identifier: Apache-2.0
// What the generator thinks of where an item is, and how it gets elsewhere.
#include <gtest/gtest.h>

#include "harness/lifecycle/transition_table.hpp"
#include "harness/sequence/walk_model.hpp"
#include "harness/sequence/ways.hpp"

namespace switchback {
namespace {

using namespace resting;
using std::chrono::seconds;

Capabilities everything() {
  Capabilities can;
  for (const Operation operation : kAllOperations)
    can.operations.push_back({operation, {"stage"}, "undo"});
  can.faults.assign(kAllFaults.begin(), kAllFaults.end());
  return can;
}

class Walk : public testing::Test {
 protected:
  Walk() { item_.policy.copy_frequency = seconds(30); }

  void ask(std::initializer_list<Operation> operations) {
    for (const Operation operation : operations)
      model_.ask({.operation = operation});
  }
  [[nodiscard]] std::string_view state() const { return name_of(model_.state()); }

  Capabilities capabilities_ = everything();
  Sequence item_;
  WalkModel model_{item_, capabilities_};
};

TEST_F(Walk, FollowsTheTableAndStaysWhereItHasNoRow) {
  ask({Operation::enable, Operation::commit, Operation::delta_replication, Operation::pause});
  EXPECT_EQ(state(), "paused");
}

TEST_F(Walk, LeavesOutWhatTheSystemLacks) {
  std::erase_if(capabilities_.operations,
                [](const StageList& list) { return list.operation == Operation::pause; });
  ask({Operation::enable, Operation::pause});
  EXPECT_EQ(state(), "protected");
  EXPECT_FALSE(model_.allows(Operation::pause));
}

TEST_F(Walk, FencesTheOldPrimaryAfterAPeriod) {
  ask({Operation::enable});
  model_.ask({.operation = Operation::unplanned_failover, .shut_down_source = false});
  EXPECT_TRUE(model_.old_primary_runs());
  model_.wait(seconds(29));
  EXPECT_EQ(state(), "failed_over_unplanned");
  model_.wait(seconds(1));
  EXPECT_EQ(state(), "failed_over");
  EXPECT_FALSE(model_.old_primary_runs());
}

TEST_F(Walk, DoesNotFenceASiteThatCannotBeReached) {
  ask({Operation::enable});
  model_.inject(FaultKind::primary_lost);
  ask({Operation::unplanned_failover});
  model_.wait(seconds(300));
  EXPECT_EQ(state(), "failed_over_unplanned");
  model_.heal();
  model_.wait(seconds(30));
  EXPECT_EQ(state(), "failed_over");
}

TEST_F(Walk, StaysWhereAKeyIsWrong) {
  item_.policy.encrypted = true;
  model_.ask({.operation = Operation::enable, .key = KeyGiven::none});
  EXPECT_EQ(state(), "unprotected");
  model_.ask({.operation = Operation::enable, .key = KeyGiven::wrong});  // it is the right one now
  EXPECT_EQ(state(), "protected");
  model_.ask({.operation = Operation::planned_failover, .key = KeyGiven::wrong});
  EXPECT_EQ(state(), "protected");
}

TEST_F(Walk, NoticesLostTrackingAndEditedDisksInTheNextRound) {
  ask({Operation::enable});
  model_.inject(FaultKind::tracking_lost);
  EXPECT_EQ(state(), "protected");
  model_.wait(seconds(30));
  EXPECT_EQ(state(), "resync_required");
  model_.edit(Edit::grow_disk);
  ask({Operation::resynchronize});
  EXPECT_EQ(state(), "resync_required");
  model_.edit(Edit::undo);
  ask({Operation::resynchronize});
  EXPECT_EQ(state(), "protected");
}

TEST_F(Walk, GoesWhereFailuresLead) {
  model_.inject(FaultKind::recovery_full);
  ask({Operation::enable});
  EXPECT_EQ(state(), "seeding_incomplete");
  model_.heal();
  ask({Operation::resynchronize});
  model_.inject(FaultKind::recovery_full);
  ask({Operation::unplanned_failover});
  EXPECT_EQ(state(), "replication_stopped");
}

TEST_F(Walk, CancelsJobs) {
  ask({Operation::enable});
  model_.cancel_job({.operation = Operation::planned_failover});
  EXPECT_EQ(state(), "failover_cancelled");
}

TEST_F(Walk, CountsPointsUpToWhatThePolicyKeeps) {
  item_.policy.most_points = 3;
  ask({Operation::enable});
  EXPECT_EQ(model_.points(), 1U);
  model_.wait(seconds(60));
  EXPECT_EQ(model_.points(), 2U);
  model_.wait(seconds(3000));
  EXPECT_EQ(model_.points(), 3U);
  ask({Operation::planned_failover, Operation::commit});
  EXPECT_EQ(model_.points(), 0U);
}

TEST(Ways, LeadFromEveryStateToEveryOtherButOutOfMigrated) {
  const std::vector<Move> moves = moves_of(everything());
  for (const NamedState& from : named_states())
    for (const NamedState& to : named_states()) {
      if (from.state == to.state) continue;
      if (from.state == kMigrated) {
        EXPECT_TRUE(first_moves(moves, from.state, to.state).empty());
        continue;
      }
      ItemState at = from.state;
      std::size_t length = 0;
      for (; !(at == to.state) && length < named_states().size(); ++length) {
        const std::vector<Move> first = first_moves(moves, at, to.state);
        ASSERT_FALSE(first.empty()) << name_of(at) << " to " << to.name;
        for (const Move& move : first)
          EXPECT_EQ(name_of(move.from), name_of(at));
        at = first.back().to;
      }
      EXPECT_EQ(name_of(at), to.name) << "from " << from.name;
    }
}

TEST(Ways, AreNoneWhereOneIsAlready) {
  const std::vector<Move> moves = moves_of(everything());
  EXPECT_TRUE(first_moves(moves, kProtected, kProtected).empty());
}

TEST(Ways, AreOnlyThoseThatTheSystemHas) {
  Capabilities poor = everything();
  poor.faults.clear();
  const std::vector<Move> moves = moves_of(poor);
  EXPECT_TRUE(first_moves(moves, kProtected, kReplicationStopped).empty());
  EXPECT_FALSE(first_moves(moves, kProtected, kFailedOver).empty());
}

}  // namespace
}  // namespace switchback
