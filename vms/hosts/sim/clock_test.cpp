// SPDX-License-Identifier: Apache-2.0
// What the reference service does by itself as time passes: rounds, processing, retries, on several
// items.
#include <gtest/gtest.h>

#include "vms/hosts/sim/service_bench.hpp"
#include "vms/hosts/sim/sim_laboratory.hpp"

namespace switchback::sim {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// Lets `duration` pass and drives what the service starts to its end. What it started and how long
/// after the call, in minutes: "4:delta_replication done".
std::vector<std::string> pass(ServiceBench& bench, Duration duration) {
  std::vector<std::string> seen;
  Duration passed{};
  while (passed < duration) {
    passed += *bench.system().pass_time(duration - passed);
    const std::optional<JobPoint> job = bench.status().job;
    if (!job) continue;
    const Outcome outcome = bench.drive(*job);
    seen.push_back(fmt::format("{}:{} {}", std::chrono::duration_cast<minutes>(passed).count(),
                               name_of(job->operation), name_of(outcome)));
  }
  return seen;
}

TEST(Clock, StartsADeltaRoundWhenItIsDueAndNotBefore) {
  ServiceBench bench;
  bench.run_to_done(Operation::enable);
  const Duration interval = bench.item.policy.copy_frequency;
  const Duration little(1);
  EXPECT_EQ(*bench.system().pass_time(interval - little), interval - little);
  EXPECT_FALSE(bench.status().job);
  EXPECT_EQ(*bench.system().pass_time(interval), little) << "no further than the job's start";
  ASSERT_TRUE(bench.status().job);
  EXPECT_EQ(bench.status().job->operation, Operation::delta_replication);
  const Outcome outcome = bench.drive(bench.status().job.value());
  ASSERT_TRUE(std::holds_alternative<Done>(outcome)) << reason_of(outcome);
  EXPECT_EQ(bench.status().last_synchronized, interval);
  bench.run_to_done(Operation::process_log);
  EXPECT_EQ(bench.status().points.back().cut, interval);
  bench.run_to_done(Operation::planned_failover);
  EXPECT_EQ(*bench.system().pass_time(interval * 5), interval * 5) << "stopped by the failover";
  EXPECT_FALSE(bench.status().job);
}

TEST(Clock, ProcessesWhatARoundSentAMinuteLater) {
  ServiceBench bench;
  bench.run_to_done(Operation::enable);
  EXPECT_EQ(pass(bench, minutes(16)),
            (std::vector<std::string>{"5:delta_replication done", "6:process_log done",
                                      "10:delta_replication done", "11:process_log done",
                                      "15:delta_replication done", "16:process_log done"}));
  EXPECT_EQ(bench.status().points.size(), 4U);
}

TEST(Clock, KeepsTheCopyFrequencyOfThePolicy) {
  ItemSpec item = usual_item();
  item.policy.copy_frequency = seconds(30);
  ServiceBench bench(item);
  bench.run_to_done(Operation::enable);
  unsigned rounds = 0;
  for (const std::string& job : pass(bench, minutes(10)))
    rounds += job.find("delta_replication done") != std::string::npos ? 1 : 0;
  EXPECT_EQ(rounds, 20U);
  EXPECT_GE(bench.status().points.size(), 18U);
}

TEST(Clock, RetriesARoundMoreAndMoreRarelyAndSaysThatItIsInTrouble) {
  ServiceBench bench;
  bench.run_to_done(Operation::enable);
  bench.must(bench.system().inject(FaultKind::link_cut));
  std::vector<std::string> expected;
  for (const int minute : {5, 6, 7, 9, 13, 15, 45, 75, 105})
    expected.push_back(fmt::format("{}:delta_replication failed", minute));
  EXPECT_EQ(pass(bench, minutes(110)), expected) << "1, 2, 4, 8, 10 minutes after the first";
  EXPECT_EQ(bench.status().health, Health::warning);
  EXPECT_NE(bench.status().health_reason.find("link"), std::string::npos);
  EXPECT_EQ(bench.status().state, resting::kProtected);

  bench.must(bench.system().heal());
  bench.write_some(1);
  EXPECT_EQ(pass(bench, minutes(27)),
            (std::vector<std::string>{"25:delta_replication done", "26:process_log done"}));
  EXPECT_EQ(bench.status().health, Health::normal);
  EXPECT_TRUE(bench.status().health_reason.empty());
  EXPECT_EQ(bench.point(bench.status().points.back().id), bench.truth());
  bench.must(bench.system().inject(FaultKind::link_cut));
  EXPECT_EQ(pass(bench, minutes(5)),
            (std::vector<std::string>{"3:delta_replication failed", "4:delta_replication failed",
                                      "5:delta_replication failed"}))
      << "the delays begin anew";
}

TEST(Clock, KeepsTheDelaysWhenTheControllerDiesBetween) {
  ServiceBench bench;
  bench.run_to_done(Operation::enable);
  bench.must(bench.system().inject(FaultKind::link_cut));
  std::vector<std::string> seen;
  for (int minute = 0; minute < 16; ++minute) {
    for (const std::string& job : pass(bench, minutes(1)))
      seen.push_back(fmt::format("{} after {}", job, minute));
    bench.must(bench.system().inject(FaultKind::controller_killed));
  }
  EXPECT_EQ(seen.size(), 6U) << "at 5, 6, 7, 9, 13 and 15";
}

TEST(Clock, DoesNotRetryWhatNeedsSomebody) {
  ServiceBench bench;
  bench.run_to_done(Operation::enable);
  // The VM is gone: asking again does not bring it back.
  bench.run_to_done(Operation::pause);
  auto& site = dynamic_cast<SimLaboratory&>(bench.laboratory()).site(Site::primary);
  site.vms.remove("vm");
  bench.run_to_done(Operation::resume);
  const std::vector<std::string> seen = pass(bench, hours(3));
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_NE(seen[0].find("failed"), std::string::npos);
  EXPECT_EQ(bench.status().health, Health::critical);
  EXPECT_NE(bench.status().health_reason.find("vm"), std::string::npos);
}

// ---- a wall clock that is stepped

/// When each point was cut, as its label says, in minutes.
std::vector<long> labels(ServiceBench& bench) {
  std::vector<long> minutes_of;
  for (const RecoveryPoint& point : bench.status().points)
    minutes_of.push_back(std::chrono::duration_cast<minutes>(point.cut).count());
  return minutes_of;
}

TEST(WallClock, LabelsCutsAndDecidesNothing) {
  ServiceBench bench;
  bench.run_to_done(Operation::enable);
  EXPECT_EQ(pass(bench, minutes(6)).size(), 2U);
  bench.must(bench.system().inject({FaultKind::clock_stepped, -hours(1)}));
  EXPECT_EQ(pass(bench, minutes(5)),
            (std::vector<std::string>{"4:delta_replication done", "5:process_log done"}));
  bench.must(bench.system().inject({FaultKind::clock_stepped, hours(30)}));
  EXPECT_EQ(pass(bench, minutes(5)),
            (std::vector<std::string>{"4:delta_replication done", "5:process_log done"}));
  EXPECT_EQ(labels(bench), (std::vector<long>{0, 5, -50, 15 + 29 * 60})) << "none has expired";
  EXPECT_EQ(bench.system().take_fault_effects(),
            (std::vector<FaultKind>{FaultKind::clock_stepped, FaultKind::clock_stepped}));
  bench.must(bench.system().heal());
  EXPECT_EQ(pass(bench, minutes(5)).size(), 2U);
  EXPECT_EQ(labels(bench).back(), 20);
  EXPECT_TRUE(bench.system().take_fault_effects().empty());
  EXPECT_EQ(bench.status().last_synchronized, minutes(20));
}

TEST(WallClock, AStepOutlivesTheController) {
  ServiceBench bench;
  bench.run_to_done(Operation::enable);
  bench.must(bench.system().inject({FaultKind::clock_stepped, hours(1)}));
  bench.must(bench.system().inject(FaultKind::controller_killed));
  bench.run_to_done(Operation::delta_replication);
  EXPECT_EQ(bench.status().last_synchronized, minutes(5) + hours(1));
}

TEST(WallClock, SetBackKeepsPointsNoLongerThanTheirAge) {
  ItemSpec item = usual_item();
  item.policy = {.copy_frequency = minutes(15), .retention = hours(1), .most_points = 24};
  ServiceBench bench(item);
  bench.run_to_done(Operation::enable);
  bench.must(bench.system().inject({FaultKind::clock_stepped, -hours(24)}));
  static_cast<void>(pass(bench, minutes(61)));
  EXPECT_EQ(bench.status().points.size(), 4U) << "that of minute 0 is gone";
}

// ---- several items

TEST(Clock, AJobThatIsHeldStopsNoOtherItem) {
  ServiceBench bench;
  ItemSpec second = usual_item();
  second.name = "second";
  bench.must(bench.laboratory().create_item(second));
  bench.run_to_done(Operation::enable);
  Progress progress = bench.must(bench.system().start(second, Operation::enable));
  for (int call = 0; call < 9; ++call)  // and there it hangs
    progress = bench.must(bench.system().advance("second"));
  ASSERT_TRUE(std::holds_alternative<JobPoint>(progress));
  const auto hangs_at = bench.must(bench.system().status("second")).job;

  bench.write_some(1);
  EXPECT_EQ(pass(bench, minutes(11)).size(), 4U);
  for (const Operation operation : kThereAndBack)
    bench.run_to_done(operation);
  EXPECT_EQ(bench.point(bench.status().points.back().id), bench.truth());
  EXPECT_EQ(bench.must(bench.system().status("second")).job, hangs_at);

  while (std::holds_alternative<JobPoint>(progress))
    progress = bench.must(bench.system().advance("second"));
  EXPECT_TRUE(std::holds_alternative<Done>(std::get<Outcome>(progress)));
}

TEST(Clock, StartsTheJobsOfSeveralItemsInTheOrderOfTheirNames) {
  ServiceBench bench;
  std::vector<ItemSpec> items(3, usual_item());
  const std::vector<std::string> names = {"c", "a", "b"};
  for (std::size_t i = 0; i < items.size(); ++i) {
    items[i].name = names[i];
    bench.must(bench.laboratory().create_item(items[i]));
    Progress progress = bench.must(bench.system().start(items[i], Operation::enable));
    while (std::holds_alternative<JobPoint>(progress))
      progress = bench.must(bench.system().advance(names[i]));
    ASSERT_TRUE(std::holds_alternative<Done>(std::get<Outcome>(progress)));
  }
  for (const std::string name : {"a", "b", "c"}) {
    bench.must(bench.system().pass_time(hours(1)));
    EXPECT_TRUE(bench.must(bench.system().status(name)).job) << name;
  }
  EXPECT_EQ(*bench.system().pass_time(minutes(1)), minutes(1)) << "all are busy: time goes by";
}

}  // namespace
}  // namespace switchback::sim
