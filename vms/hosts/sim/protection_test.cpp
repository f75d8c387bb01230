// SPDX-License-Identifier: Apache-2.0
// What can be protected, pause and resume, settings, and undos that fail.
#include <gtest/gtest.h>

#include "vms/hosts/sim/service_bench.hpp"
#include "vms/hosts/sim/sim_laboratory.hpp"

namespace switchback::sim {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

// ---- prerequisites

TEST(Prerequisites, RefuseWhatBreaksALimitAndSendNothing) {
  const std::vector<std::pair<std::string, std::function<void(ItemSpec&)>>> breaks = {
      {"copy frequency", [](ItemSpec& item) { item.policy.copy_frequency = seconds(31); }},
      {"25 hours", [](ItemSpec& item) { item.policy.retention = hours(25); }},
      {"-1 hours", [](ItemSpec& item) { item.policy.retention = hours(-1); }},
      {"0 points", [](ItemSpec& item) { item.policy.most_points = 0; }},
      {"25 points", [](ItemSpec& item) { item.policy.most_points = 25; }},
      {"13 hours", [](ItemSpec& item) { item.policy.app_consistent = hours(13); }},
      {"key", [](ItemSpec& item) { item.policy.encrypted = true; }},
      {"vdb", [](ItemSpec& item) { item.disks[1].size_bytes += 512; }},
      {"disks", [](ItemSpec& item) { item.disks.pop_back(); }},
      {"disks", [](ItemSpec& item) { std::swap(item.disks[0], item.disks[1]); }},
      {"boot disk", [](ItemSpec& item) { item.disks[0].size_bytes = Bytes{2049} << 30; }},
      {"data disk", [](ItemSpec& item) { item.disks[1].size_bytes = Bytes{4096} << 30; }},
      {"18 disks", [](ItemSpec& item) { item.disks.resize(18, item.disks[0]); }},
      {"vm-2", [](ItemSpec& item) { item.vms.resize(2); }},
      {"VM number 3", [](ItemSpec& item) { item.disks[0].vm = 2; }},
  };
  ServiceBench bench;
  bench.write_some(1);
  const std::vector<std::string> before = bench.everything();
  for (const auto& [told, break_it] : breaks) {
    SCOPED_TRACE(told);
    ItemSpec item = bench.item;
    break_it(item);
    Progress progress = bench.must(bench.system().start(item, Operation::enable));
    while (std::holds_alternative<JobPoint>(progress))
      progress = bench.must(bench.system().advance(item.name));
    const Outcome& outcome = std::get<Outcome>(progress);
    ASSERT_TRUE(std::holds_alternative<Failed>(outcome));
    EXPECT_NE(reason_of(outcome).find(told), std::string::npos) << reason_of(outcome);
    EXPECT_EQ(bench.everything(), before);
    EXPECT_EQ(bench.laboratory().wire().total(), 0U);
  }
  bench.run_to_done(Operation::enable);
}

TEST(Prerequisites, RefuseNamesThatAVmAtRecoveryCantHave) {
  for (const std::string& name : {std::string("-vm"), std::string("vm-"), std::string("v_m"),
                                  std::string("v m"), std::string(64, 'v')}) {
    ItemSpec item = usual_item();
    item.name = name;
    ServiceBench bench(item);
    EXPECT_NE(bench.run_to_failure(Operation::enable).find(name), std::string::npos);
    EXPECT_EQ(bench.status().state, initial_state());
  }
  ItemSpec longest = usual_item();
  longest.name = std::string(63, 'v');
  ServiceBench bench(longest);
  bench.run_to_done(Operation::enable);
}

TEST(Prerequisites, RefuseAVmThatIsOffOrHasATwinAtRecovery) {
  for (const bool off : {true, false}) {
    ServiceBench bench;
    auto& laboratory = dynamic_cast<SimLaboratory&>(bench.laboratory());
    if (off)
      laboratory.site(Site::primary).vms.change("vm")->power_off();
    else
      laboratory.site(Site::recovery).vms.make("vm").definition.name = "vm";
    EXPECT_NE(bench.run_to_failure(Operation::enable).find("vm"), std::string::npos);
    EXPECT_EQ(bench.status().state, initial_state());
    EXPECT_EQ(bench.laboratory().wire().total(), 0U);
  }
}

TEST(Prerequisites, RefuseAVmThatAnotherItemHas) {
  ServiceBench bench(usual_group());
  bench.run_to_done(Operation::enable);
  ItemSpec twin = usual_item();
  twin.name = "group-2";
  const Progress progress = bench.must(bench.system().start(twin, Operation::enable));
  const auto* const outcome = std::get_if<Outcome>(&progress);
  ASSERT_TRUE(outcome != nullptr && std::holds_alternative<Refused>(*outcome));
  EXPECT_NE(reason_of(*outcome).find("share"), std::string::npos);
}

// ---- choices of a point

TEST(Points, OnesThatAreNotThereAreRefusedAndNothingChanges) {
  ServiceBench bench;
  bench.run_to_done(Operation::enable);
  const std::vector<std::string> before = bench.everything();
  for (const Operation operation : {Operation::test_failover, Operation::unplanned_failover}) {
    Request unknown(operation);
    unknown.point = PointChoice::custom;
    unknown.point_id = "p99";
    Request none(operation);
    none.point = PointChoice::latest_app_consistent;
    for (const Request& request : {unknown, none}) {
      const Progress progress = bench.must(bench.system().start(bench.item, request));
      const auto* const outcome = std::get_if<Outcome>(&progress);
      ASSERT_TRUE(outcome != nullptr && std::holds_alternative<Refused>(*outcome));
      EXPECT_EQ(std::get<Refused>(*outcome).current, resting::kProtected);
      EXPECT_EQ(bench.everything(), before);
    }
  }
}

// ---- pause, resume, settings

TEST(Pause, SendsNothingUntilResumeAndThenEverything) {
  ServiceBench bench;
  bench.write_some(1);
  bench.run_to_done(Operation::enable);
  bench.run_to_done(Operation::pause);
  EXPECT_EQ(bench.status().state, resting::kPaused);
  const WireCount before = bench.laboratory().wire();
  for (std::uint64_t salt = 2; salt < 8; ++salt) {
    bench.write_some(salt);
    EXPECT_EQ(*bench.system().pass_time(hours(1)), hours(1));
  }
  EXPECT_EQ(bench.laboratory().wire().total(), before.total());
  bench.run_to_done(Operation::resume);
  bench.run_to_done(Operation::delta_replication);
  bench.run_to_done(Operation::process_log);
  EXPECT_EQ(bench.point(bench.status().points.back().id), bench.truth());
}

TEST(Pause, LetsWhatWasSentBecomeAPoint) {
  ServiceBench bench;
  bench.run_to_done(Operation::enable);
  bench.write_some(1);
  bench.run_to_done(Operation::delta_replication);
  const Content sent = bench.truth();
  bench.run_to_done(Operation::pause);
  bench.write_some(2);
  bench.run_to_done(Operation::process_log);
  EXPECT_EQ(bench.status().state, resting::kPaused);
  EXPECT_EQ(bench.point(bench.status().points.back().id), sent);
  EXPECT_EQ(*bench.system().pass_time(hours(9)), hours(9));
}

TEST(Settings, ThatBreakALimitAreNotTaken) {
  ServiceBench bench;
  bench.run_to_done(Operation::enable);
  Request update(Operation::update_properties);
  update.settings.name_suffix = "bad suffix";
  EXPECT_NE(bench.run_to_failure(update).find("bad suffix"), std::string::npos);
  update.settings.name_suffix = "dr";
  update.settings.cpus = 0;
  bench.run_to_failure(update);
  EXPECT_EQ(bench.status().state, resting::kProtected);
  update.settings.cpus = 2;
  bench.run_to_done(update);
  bench.run_to_done(Operation::planned_failover);
  bool seen = false;
  for (const SeenVm& vm : bench.must(bench.laboratory().vms("vm")))
    if (vm.site == Site::recovery) {
      seen = true;
      EXPECT_EQ(vm.name, "vm-dr");
      EXPECT_EQ(vm.hardware.cpus, 2U);
    }
  EXPECT_TRUE(seen);
}

// ---- undos that fail

TEST(FailedUndo, OfAPlannedFailoverIsToldAndTakenUpByTheNextRound) {
  unsigned told = 0;
  unsigned calls = 1;
  for (unsigned lost_at = 0; lost_at < calls; ++lost_at) {
    SCOPED_TRACE(fmt::format("primary lost before call {}", lost_at));
    ServiceBench bench;
    bench.write_some(1);
    bench.run_to_done(Operation::enable);
    bench.write_some(2);
    const Outcome outcome =
        bench.run(Operation::planned_failover, [&](unsigned call, const JobPoint&) {
          calls = std::max(calls, call + 1);
          if (call == lost_at) bench.must(bench.system().inject(FaultKind::primary_lost));
        });
    if (std::holds_alternative<Done>(outcome)) continue;
    ASSERT_EQ(bench.status().state, resting::kProtected);
    if (bench.status().health == Health::critical) {
      ++told;
      EXPECT_NE(bench.status().health_reason.find("going back failed"), std::string::npos);
      // A controller that starts anew knows it too.
      bench.must(bench.system().inject(FaultKind::controller_killed));
      EXPECT_EQ(bench.status().health, Health::critical);
      bench.run_to_failure(Operation::delta_replication);
    }
    bench.must(bench.system().heal());
    bench.run_to_done(Operation::delta_replication);
    bench.run_to_done(Operation::process_log);
    EXPECT_EQ(bench.status().health, Health::normal);
    bench.expect_nothing_lost();
    EXPECT_EQ(bench.point(bench.status().points.back().id), bench.truth());
    bench.run_to_done(Operation::disable);
    EXPECT_EQ(bench.census(), ServiceBench().census());
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(told, 3U);
}

}  // namespace
}  // namespace switchback::sim
