// SPDX-License-Identifier: Apache-2.0
// App-consistent points: the guest holds still at the cut, a guest that can't be quiesced never
// yields the label, and no guest stays held.
#include <gtest/gtest.h>

#include "vms/hosts/sim/service_bench.hpp"

namespace switchback::sim {
namespace {

using std::chrono::duration_cast;
using std::chrono::hours;
using std::chrono::minutes;

ItemSpec quiesced(ItemSpec item) {
  item.policy.app_consistent = hours(1);
  item.policy.retention = hours(24);
  return item;
}

/// The app-consistent ones among the points listed, by minute of their cut.
std::vector<long> labelled(ServiceBench& bench) {
  std::vector<long> found;
  for (const RecoveryPoint& point : bench.status().points)
    if (point.app_consistent) found.push_back(duration_cast<minutes>(point.cut).count());
  return found;
}

void rounds(ServiceBench& bench, int count) {
  for (int round = 0; round < count; ++round) {
    bench.run_to_done(Operation::delta_replication);
    bench.run_to_done(Operation::process_log);
    EXPECT_FALSE(bench.held());
  }
}

TEST(AppConsistency, MakesAPointEveryIntervalAndHoldsTheGuestForTheCutOnly) {
  ServiceBench bench(quiesced(usual_item()));
  unsigned cuts = 0;
  const auto look = [&](unsigned, const JobPoint& point) {
    if (point.call_name == "open_view") {
      EXPECT_TRUE(bench.held());
      ++cuts;
    }
    if (point.call_name == "read") {
      EXPECT_FALSE(bench.held());
    }
  };
  bench.run_to_done(Operation::enable, look);
  rounds(bench, 11);
  bench.run_to_done(Operation::delta_replication, look);
  bench.run_to_done(Operation::process_log);
  EXPECT_EQ(cuts, 2U);
  EXPECT_EQ(labelled(bench), (std::vector<long>{0, 60}));
  rounds(bench, 12);
  EXPECT_EQ(labelled(bench), (std::vector<long>{60, 120})) << "the first is the 25th by now";
}

TEST(AppConsistency, NeverHoldsAGuestThatThePolicyDoesNotAskFor) {
  ServiceBench bench;
  const auto look = [](unsigned, const JobPoint& point) {
    EXPECT_NE(point.call_name, "freeze_vm");
    EXPECT_NE(point.call_name, "suspend_vm");
  };
  bench.run_to_done(Operation::enable, look);
  for (int round = 0; round < 15; ++round)
    bench.run_to_done(Operation::delta_replication, look);
  bench.run_to_done(Operation::process_log);
  EXPECT_TRUE(labelled(bench).empty());
}

TEST(AppConsistency, GivesNoLabelToAGuestThatCouldNotBeQuiesced) {
  for (const ItemSpec& item : {quiesced(usual_item()), quiesced(usual_group())}) {
    ServiceBench bench(item);
    bench.must(bench.system().inject(FaultKind::freeze_refused));
    bench.run_to_done(Operation::enable);
    rounds(bench, 2);
    EXPECT_EQ(bench.status().points.size(), 3U) << "crash-consistent points are made";
    EXPECT_TRUE(labelled(bench).empty());
    bench.must(bench.system().heal());
    rounds(bench, 1);
    EXPECT_EQ(labelled(bench), (std::vector<long>{15})) << "it is asked again in the next round";
  }
}

TEST(AppConsistency, FreesAGuestThatDoesNotAnswerAtFirst) {
  for (const ItemSpec& item : {quiesced(usual_item()), quiesced(usual_group())}) {
    ServiceBench bench(item);
    bench.must(bench.system().inject(FaultKind::thaw_refused));
    bench.run_to_done(Operation::enable);
    EXPECT_FALSE(bench.held());
    EXPECT_EQ(labelled(bench), (std::vector<long>{0}));
  }
}

TEST(AppConsistency, LeavesNoGuestHeldWhereverTheControllerDies) {
  for (const ItemSpec& item : {quiesced(usual_item()), quiesced(usual_group()), usual_group()}) {
    unsigned calls = 2;
    for (unsigned killed_at = 0; killed_at < calls; ++killed_at) {
      SCOPED_TRACE(fmt::format("{} killed before call {}", item.name, killed_at));
      ServiceBench bench(item);
      bench.run_to_done(Operation::enable);
      bench.write_some(1);
      rounds(bench, 11);
      bench.run_to_done(Operation::delta_replication, [&](unsigned call, const JobPoint&) {
        calls = std::max(calls, call + 1);
        if (call == killed_at) bench.must(bench.system().inject(FaultKind::controller_killed));
        bench.write(0, call);
      });
      EXPECT_FALSE(bench.held());
      bench.run_to_done(Operation::process_log);
      const RecoveryPoint newest = bench.status().points.back();
      EXPECT_TRUE(bench.was_ever(bench.point(newest.id)));
      EXPECT_EQ(newest.app_consistent, item.policy.app_consistent.count() > 0);
      if (testing::Test::HasFailure()) return;
    }
    EXPECT_GT(calls, 10U);
  }
}

// Nothing is tracked yet, so that nothing else keeps the views from being cut.
TEST(AppConsistency, MakesNoCutOfAGuestThatWasLetGoByALossOfPower) {
  for (const ItemSpec& item : {quiesced(usual_item()), usual_group()}) {
    ServiceBench bench(item);
    bool lost = false;
    const Outcome outcome = bench.run(Operation::enable, [&](unsigned, const JobPoint& point) {
      if (lost || point.call_name != "open_view") return;
      EXPECT_TRUE(bench.held());
      bench.must(bench.system().inject(FaultKind::primary_power_lost));
      EXPECT_FALSE(bench.held());
      lost = true;
    });
    EXPECT_TRUE(lost);
    ASSERT_TRUE(std::holds_alternative<Failed>(outcome)) << item.name;
    EXPECT_NE(reason_of(outcome).find("was let go"), std::string::npos) << reason_of(outcome);
    bench.run_to_done(Operation::enable);
    EXPECT_EQ(bench.point(bench.status().points.back().id), bench.truth());
  }
}

TEST(AppConsistency, FreesGuestsWhenTheRoundFailsAfterTheCut) {
  for (const ItemSpec& item : {quiesced(usual_item()), usual_group()}) {
    for (const char* const at : {"open_view", "freeze_vm", "suspend_vm", "thaw_vm", "resume_vm"}) {
      ServiceBench bench(item);
      bench.run_to_done(Operation::enable);
      rounds(bench, 11);
      bool lost = false;
      const Outcome outcome =
          bench.run(Operation::delta_replication, [&](unsigned, const JobPoint& point) {
            if (lost || point.call_name != at) return;
            bench.must(bench.system().inject(FaultKind::primary_lost));
            lost = true;
          });
      bench.must(bench.system().heal());
      if (!lost) continue;
      EXPECT_TRUE(std::holds_alternative<Failed>(outcome)) << at;
      bench.run_to_done(Operation::delta_replication);
      EXPECT_FALSE(bench.held()) << at;
      EXPECT_EQ(bench.status().health, Health::normal);
      bench.run_to_done(Operation::process_log);
      EXPECT_EQ(bench.point(bench.status().points.back().id), bench.truth());
    }
  }
}

}  // namespace
}  // namespace switchback::sim
