// SPDX-License-Identifier: Apache-2.0
// Resynchronization: what brings it about, that it makes both sides equal, and what it sends.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "vms/hosts/sim/service_bench.hpp"
#include "vms/hosts/sim/sim_laboratory.hpp"

namespace switchback::sim {
namespace {

using std::chrono::hours;

/// One disk of 64 grains of 64 KiB: half of it is more than the logs that are always sent.
ItemSpec large_item() {
  return {.name = "vm", .disks = {{"vda", 64 * kTrackingGrain}}};
}

/// Protected, with some data at recovery.
void protect(ServiceBench& bench) {
  bench.write_some(1);
  bench.run_to_done(Operation::enable);
  bench.write_some(2);
  bench.run_to_done(Operation::delta_replication);
  bench.run_to_done(Operation::process_log);
}

void lose_tracking(ServiceBench& bench) {
  bench.must(bench.system().inject(FaultKind::tracking_lost));
}

/// The next round finds out that a comparison is needed.
void expect_resync_required(ServiceBench& bench) {
  const std::size_t points = bench.status().points.size();
  bench.run_to_failure(Operation::delta_replication);
  const ItemStatus status = bench.status();
  EXPECT_EQ(status.state, resting::kResyncRequired);
  EXPECT_EQ(status.health, Health::critical);
  EXPECT_FALSE(status.health_reason.empty());
  EXPECT_EQ(status.points.size(), points);
  EXPECT_EQ(*bench.system().pass_time(hours(5)), hours(5)) << "no rounds";
}

void expect_protected_and_equal(ServiceBench& bench) {
  const ItemStatus status = bench.status();
  EXPECT_EQ(status.state, resting::kProtected);
  EXPECT_EQ(status.health, Health::normal);
  EXPECT_EQ(bench.point(status.points.back().id), bench.truth());
  bench.write_some(7);
  bench.run_to_done(Operation::delta_replication);
  bench.run_to_done(Operation::process_log);
  EXPECT_EQ(bench.point(bench.status().points.back().id), bench.truth()) << "rounds go on";
}

TEST(Resync, MendsLostTracking) {
  for (const ItemSpec& item : {usual_item(), usual_group()}) {
    ServiceBench bench(item);
    protect(bench);
    lose_tracking(bench);
    bench.write_some(3);
    expect_resync_required(bench);
    bench.write_some(4);
    bench.run_to_done(Operation::resynchronize);
    expect_protected_and_equal(bench);
  }
}

TEST(Resync, IsAskedForWhenMoreThanHalfADiskChangedAndNotBefore) {
  for (const BlockNumber grains : {32U, 33U}) {
    ServiceBench bench(large_item());
    protect(bench);
    for (BlockNumber grain = 0; grain < grains; ++grain)
      bench.write(0, grain * kBlocksPerGrain);
    const Bytes before = bench.laboratory().wire().total();
    if (grains == 32) {
      bench.run_to_done(Operation::delta_replication);
      EXPECT_EQ(bench.status().state, resting::kProtected);
      continue;
    }
    expect_resync_required(bench);
    EXPECT_EQ(bench.laboratory().wire().total(), before) << "nothing is sent in vain";
    bench.run_to_done(Operation::resynchronize);
    expect_protected_and_equal(bench);
  }
}

RC_GTEST_PROP(Resync, SendsTheChunksThatDifferAndOnlyThose, ()) {
  ServiceBench bench;
  protect(bench);
  std::vector<std::set<std::uint64_t>> differing(2);
  for (int writes = *rc::gen::inRange(0, 8); writes > 0; --writes) {
    const auto disk = *rc::gen::inRange<std::size_t>(0, 2);
    const auto block = *rc::gen::inRange<BlockNumber>(0, bench.block_count(disk));
    bench.write(disk, block);
    differing[disk].insert(block / kBlocksPerGrain);
  }
  if (*rc::gen::arbitrary<bool>()) lose_tracking(bench);
  Bytes expected = 0;
  Bytes messages = 0;
  const Capabilities& system = bench.system().capabilities();
  for (std::size_t disk = 0; disk < 2; ++disk) {
    messages += system.sync_overhead_per_disk;
    for (const std::uint64_t chunk : differing[disk]) {
      expected +=
          std::min(kTrackingGrain, bench.item.disks[disk].size_bytes - chunk * kTrackingGrain);
      messages += system.sync_overhead_per_grain;
    }
  }
  const Bytes claimed = bench.status().bytes_sent;
  const WireCount before = bench.laboratory().wire();
  bench.run_to_done(Operation::resynchronize);
  const WireCount after = bench.laboratory().wire();
  RC_ASSERT(bench.status().bytes_sent - claimed == expected);
  RC_ASSERT(after.to_recovery - before.to_recovery >= expected);
  RC_ASSERT(after.to_recovery - before.to_recovery <= expected + messages);
  const Bytes chunks = 6 + 16;  // of both disks
  RC_ASSERT(after.to_primary - before.to_primary <=
            chunks * system.checksum_bytes + 2 * system.sync_overhead_per_disk);
  RC_ASSERT(bench.point(bench.status().points.back().id) == bench.truth());
}

TEST(Resync, SendsZeroesWhereOnlyTheReplicaHasData) {
  ServiceBench bench;
  bench.write(0, 3);
  bench.write(0, 40);
  bench.run_to_done(Operation::enable);
  // The guest gives the blocks back: what it held reads as zeroes.
  auto& site = dynamic_cast<SimLaboratory&>(bench.laboratory()).site(Site::primary);
  Volume& volume = *site.volumes.find("vm-vda");
  site.volumes.write(volume, 3, kInitialState);
  site.volumes.write(volume, 40, kInitialState);
  const Content empty = bench.disks(Site::primary);
  bench.run_to_done(Operation::resynchronize);
  const Content point = bench.point(bench.status().points.back().id);
  for (const auto& [block, seq] : point[0])
    EXPECT_EQ(seq, kInitialState) << block;
  bench.run_to_done(Operation::planned_failover);
  const Content recovered = bench.disks(Site::recovery);
  for (const auto& [block, seq] : recovered[0])
    EXPECT_EQ(seq, kInitialState) << block;
}

TEST(Resync, GoesBackToWhereItWasWhenTheLinkIsCutAndWorksAgain) {
  for (const bool required : {false, true}) {
    unsigned calls = 1;
    for (unsigned cut_at = 0; cut_at < calls; ++cut_at) {
      SCOPED_TRACE(fmt::format("required {}, cut before call {}", required, cut_at));
      ServiceBench bench;
      protect(bench);
      if (required) {
        lose_tracking(bench);
        expect_resync_required(bench);
      }
      bench.write_some(5);
      const ItemState from = bench.status().state;
      const Outcome outcome =
          bench.run(Operation::resynchronize, [&](unsigned call, const JobPoint&) {
            calls = std::max(calls, call + 1);
            if (call == cut_at) bench.must(bench.system().inject(FaultKind::link_cut));
            bench.write(call % 2, call);
          });
      bench.must(bench.system().heal());
      if (std::holds_alternative<Failed>(outcome)) {
        EXPECT_EQ(bench.status().state, from);
        bench.run_to_done(Operation::resynchronize);
      }
      bench.run_to_done(Operation::delta_replication);
      bench.run_to_done(Operation::process_log);
      expect_protected_and_equal(bench);
      if (testing::Test::HasFailure()) return;
    }
    EXPECT_GT(calls, 20U);
  }
}

// ---- disks edited beside the service

TEST(Resync, RefusesDisksThatAreNotThoseOfTheRecordUntilTheyAreAgain) {
  for (const Edit edit : {Edit::add_disk, Edit::grow_disk, Edit::swap_disks}) {
    SCOPED_TRACE(name_of(edit));
    ServiceBench bench;
    protect(bench);
    bench.must(bench.laboratory().edit("vm", edit));
    const Bytes before = bench.laboratory().wire().total();
    expect_resync_required(bench);
    EXPECT_NE(bench.status().health_reason.find("disk"), std::string::npos)
        << bench.status().health_reason;
    bench.run_to_failure(Operation::resynchronize);
    EXPECT_EQ(bench.status().state, resting::kResyncRequired);
    EXPECT_EQ(bench.laboratory().wire().total(), before) << "nothing was sent";
    bench.must(bench.laboratory().edit("vm", Edit::undo));
    bench.run_to_done(Operation::resynchronize);
    expect_protected_and_equal(bench);
  }
}

// ---- want of room during initial replication

TEST(Resync, FinishesAnInitialReplicationThatLackedRoom) {
  unsigned incomplete = 0;
  unsigned calls = 1;
  const std::vector<std::string> unprotected = ServiceBench().census();
  for (unsigned full_at = 0; full_at < calls; ++full_at) {
    SCOPED_TRACE(fmt::format("full before call {}", full_at));
    ServiceBench bench;
    bench.write_some(1);
    const Outcome outcome = bench.run(Operation::enable, [&](unsigned call, const JobPoint&) {
      calls = std::max(calls, call + 1);
      if (call == full_at) bench.must(bench.system().inject(FaultKind::recovery_full));
    });
    if (std::holds_alternative<Done>(outcome)) continue;
    if (bench.status().state == initial_state()) {
      EXPECT_EQ(bench.census(), unprotected);
      continue;
    }
    ++incomplete;
    EXPECT_EQ(bench.status().state, resting::kSeedingIncomplete);
    EXPECT_EQ(bench.status().health, Health::critical);
    EXPECT_TRUE(bench.status().points.empty());
    bench.run_to_failure(Operation::resynchronize);
    EXPECT_EQ(bench.status().state, resting::kSeedingIncomplete);
    bench.must(bench.system().heal());
    bench.write_some(2);
    if (full_at % 2 == 0) {
      bench.run_to_done(Operation::disable);
      EXPECT_EQ(bench.census(), unprotected);
      continue;
    }
    bench.run_to_done(Operation::resynchronize);
    expect_protected_and_equal(bench);
  }
  EXPECT_GT(incomplete, 3U);
}

}  // namespace
}  // namespace switchback::sim
