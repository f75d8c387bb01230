// SPDX-License-Identifier: Apache-2.0
// Recovery points by the policy: how many, how old, and that what is kept stays as it was.
#include <gtest/gtest.h>

#include "vms/hosts/sim/service_bench.hpp"

namespace switchback::sim {
namespace {

using std::chrono::duration_cast;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// The cuts of the points listed, in minutes.
std::vector<long> cuts(ServiceBench& bench) {
  std::vector<long> found;
  for (const RecoveryPoint& point : bench.status().points)
    found.push_back(duration_cast<minutes>(point.cut).count());
  return found;
}

/// Protected, with writes before each of `rounds` rounds, whose data is processed. What each point
/// must show, by its cut.
std::map<Instant, Content> live(ServiceBench& bench, unsigned rounds) {
  std::map<Instant, Content> shown;
  bench.write_some(0);
  shown[Instant{}] = bench.truth();
  bench.run_to_done(Operation::enable);
  for (unsigned round = 1; round <= rounds; ++round) {
    bench.write_some(round);
    const Content before = bench.truth();
    bench.run_to_done(Operation::delta_replication);
    shown[bench.status().last_synchronized] = before;
    bench.run_to_done(Operation::process_log);
  }
  return shown;
}

void expect_points_show(ServiceBench& bench, const std::map<Instant, Content>& shown) {
  for (const RecoveryPoint& point : bench.status().points)
    EXPECT_EQ(bench.point(point.id), shown.at(point.cut)) << point.id;
}

std::size_t volumes_at_recovery(ServiceBench& bench) {
  std::size_t count = 0;
  for (const CensusEntry& entry : bench.must(bench.laboratory().census(bench.item.name)))
    count += entry.site == Site::recovery && entry.kind == "volume" ? 1 : 0;
  return count;
}

ItemSpec with_policy(Policy policy) {
  ItemSpec item = usual_item();
  item.policy = policy;
  return item;
}

TEST(Retention, KeepsTheNewestPointsUpToTheirNumber) {
  ServiceBench bench(with_policy({.retention = hours(24), .most_points = 3}));
  const auto shown = live(bench, 6);
  EXPECT_EQ(cuts(bench), (std::vector<long>{20, 25, 30}));
  expect_points_show(bench, shown);
  EXPECT_EQ(volumes_at_recovery(bench), 3 * bench.item.disks.size());
}

TEST(Retention, KeepsPointsUpToTheirAge) {
  ServiceBench bench(
      with_policy({.copy_frequency = seconds(900), .retention = hours(1), .most_points = 24}));
  auto shown = live(bench, 3);
  EXPECT_EQ(cuts(bench), (std::vector<long>{0, 15, 30, 45}));
  bench.run_to_done(Operation::delta_replication);
  shown[bench.status().last_synchronized] = bench.truth();
  bench.run_to_done(Operation::process_log);  // at minute 61
  EXPECT_EQ(cuts(bench), (std::vector<long>{15, 30, 45, 60}));
  bench.run_to_done(Operation::delta_replication);
  shown[bench.status().last_synchronized] = bench.truth();
  bench.run_to_done(Operation::process_log);
  EXPECT_EQ(cuts(bench), (std::vector<long>{30, 45, 60, 75}));
  expect_points_show(bench, shown);
}

TEST(Retention, KeepsOnlyTheNewestForNoHours) {
  ServiceBench bench(with_policy({.retention = hours(0), .most_points = 24}));
  const auto shown = live(bench, 4);
  EXPECT_EQ(cuts(bench), (std::vector<long>{20}));
  expect_points_show(bench, shown);
  EXPECT_EQ(volumes_at_recovery(bench), bench.item.disks.size());
}

TEST(Retention, NeverTakesTheNewestPointHoweverOldItIs) {
  ServiceBench bench(with_policy({.retention = hours(1), .most_points = 2}));
  const auto shown = live(bench, 2);
  bench.run_to_done(Operation::pause);
  bench.must(bench.system().pass_time(hours(100)));
  EXPECT_FALSE(bench.status().job);
  EXPECT_EQ(cuts(bench), (std::vector<long>{5, 10}));
  bench.run_to_done(Operation::resume);
  bench.run_to_done(Operation::delta_replication);
  const Instant newest = bench.status().last_synchronized;
  bench.run_to_done(Operation::process_log);
  ASSERT_EQ(bench.status().points.size(), 1U);
  EXPECT_EQ(bench.status().points[0].cut, newest);
  EXPECT_EQ(bench.point(bench.status().points[0].id), bench.truth());
}

TEST(Retention, KeepsThePointOfATestFailoverAndItsCopyWhileOthersGo) {
  ServiceBench bench(with_policy({.retention = hours(24), .most_points = 3}));
  auto shown = live(bench, 2);
  Request test(Operation::test_failover);
  test.point = PointChoice::custom;
  test.point_id = bench.status().points[1].id;
  const Instant chosen = bench.status().points[1].cut;
  bench.run_to_done(test);
  for (unsigned round = 10; round < 16; ++round) {
    bench.write_some(round);
    const Content before = bench.truth();
    bench.run_to_done(Operation::delta_replication);
    shown[bench.status().last_synchronized] = before;
    bench.run_to_done(Operation::process_log);
    expect_points_show(bench, shown);
    EXPECT_EQ(bench.test_disks(), shown.at(chosen));
    ASSERT_EQ(bench.status().points.size(), 3U);
    EXPECT_EQ(bench.status().points[0].cut, chosen) << "the test copy stands on it";
  }
  EXPECT_LE(volumes_at_recovery(bench), 5 * bench.item.disks.size());
  bench.run_to_done(Operation::cleanup_test_failover);
  bench.run_to_done(Operation::delta_replication);
  shown[bench.status().last_synchronized] = bench.truth();
  bench.run_to_done(Operation::process_log);
  EXPECT_NE(bench.status().points[0].cut, chosen);
  expect_points_show(bench, shown);
  EXPECT_EQ(volumes_at_recovery(bench), 3 * bench.item.disks.size());
}

TEST(Retention, ExpiresTheSamePointsWhereverTheControllerDies) {
  const ItemSpec item = with_policy({.retention = hours(24), .most_points = 2});
  const auto expire = [&](unsigned killed_at) {
    ServiceBench bench(item);
    const auto shown = live(bench, 2);
    bench.write_some(9);
    bench.run_to_done(Operation::delta_replication);
    unsigned calls = 0;
    bench.run_to_done(Operation::process_log, [&](unsigned call, const JobPoint&) {
      ++calls;
      if (call == killed_at) bench.must(bench.system().inject(FaultKind::controller_killed));
    });
    return std::pair(bench.everything(), calls);
  };
  const auto [undisturbed, calls] = expire(1000);
  EXPECT_GT(calls, 6U);
  for (unsigned call = 0; call < calls; ++call)
    EXPECT_EQ(expire(call).first, undisturbed) << "killed before call " << call;
}

}  // namespace
}  // namespace switchback::sim
