// SPDX-License-Identifier: Apache-2.0
// The reference service round the whole loop in the simulated world: what it promises while
// everything works, what it refuses, and what it puts on the wire.
#include "vms/recovery/reference_system.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "vms/hosts/sim/service_bench.hpp"

namespace switchback::sim {
namespace {

void go_there_and_back_twice(const ItemSpec& item) {
  ServiceBench bench(item);
  const std::vector<std::string> unprotected = bench.census();
  std::uint64_t salt = 0;
  Content sent;
  for (const Operation operation : whole_life()) {
    SCOPED_TRACE(name_of(operation));
    bench.write_some(++salt);
    const Transition* const row = find_transition(bench.status().state, operation);
    ASSERT_NE(row, nullptr);
    const std::size_t points = bench.status().points.size();
    const Content before = bench.truth();

    bench.run_to_done(operation);
    const ItemStatus after = bench.status();
    EXPECT_EQ(after.state, row->to);
    EXPECT_EQ(after.allowed, allowed_operations(row->to));
    EXPECT_EQ(after.health, Health::normal) << after.health_reason;
    bench.expect_nothing_lost();
    if (operation == Operation::delta_replication) sent = before;
    switch (row->points) {
      case PointsEffect::adds:
        if (operation == Operation::process_log && sent.empty()) {
          EXPECT_EQ(after.points.size(), points) << "it only folds";
          break;
        }
        ASSERT_EQ(after.points.size(), points + 1);
        EXPECT_EQ(bench.point(after.points.back().id),
                  operation == Operation::process_log ? sent : before);
        sent.clear();
        break;
      case PointsEffect::deletes_all:
        EXPECT_TRUE(after.points.empty());
        break;
      case PointsEffect::keeps:
      case PointsEffect::may_add:
        EXPECT_EQ(after.points.size(), points);
        break;
    }
  }
  EXPECT_EQ(bench.census(), unprotected) << "disable leaves nothing";
}

TEST(ReferenceSystem, GoesThereAndBackTwiceAndLosesNothing) {
  go_there_and_back_twice(usual_item());
}
TEST(ReferenceSystem, GoesThereAndBackTwiceWithAGroup) {
  go_there_and_back_twice(usual_group());
}
TEST(ReferenceSystem, GoesThereAndBackTwiceWithGuestsQuiesced) {
  for (ItemSpec item : {usual_item(), usual_group()}) {
    item.policy.app_consistent = std::chrono::hours(1);
    go_there_and_back_twice(item);
  }
}

void go_while_the_guest_writes(const ItemSpec& item) {
  ServiceBench bench(item);
  std::uint64_t salt = 0;
  for (const Operation operation : whole_life()) {
    SCOPED_TRACE(name_of(operation));
    const Outcome outcome = bench.run(operation, [&](unsigned, const JobPoint&) {
      ++salt;
      bench.write(salt % item.disks.size(), salt * 53);
    });
    ASSERT_TRUE(std::holds_alternative<Done>(outcome)) << reason_of(outcome);
    bench.expect_nothing_lost();
    for (const RecoveryPoint& point : bench.status().points)
      EXPECT_TRUE(bench.was_ever(bench.point(point.id))) << point.id << " is no legal cut";
  }
}
TEST(ReferenceSystem, GoesThereAndBackWhileTheGuestWritesBetweenAllCalls) {
  go_while_the_guest_writes(usual_item());
}
TEST(ReferenceSystem, CutsAGroupAtOneInstantWhileItsGuestsWriteBetweenAllCalls) {
  go_while_the_guest_writes(usual_group());
}
TEST(ReferenceSystem, CutsQuiescedGuestsAtOneInstantWhileTheyWriteBetweenAllCalls) {
  ItemSpec item = usual_group();
  item.policy.app_consistent = std::chrono::hours(1);
  go_while_the_guest_writes(item);
}

/// What may be asked for while this operation's job runs.
OperationSet allowed_while(Operation operation) {
  if (operation == Operation::planned_failover || operation == Operation::planned_failback)
    return {Operation::cancel};
  return {};
}

TEST(ReferenceSystem, ShowsThePointsOfAJobInTheOrderOfItsStages) {
  ServiceBench bench;
  for (const Operation operation : whole_life()) {
    const StageList* const declared = bench.system().capabilities().find(operation);
    ASSERT_NE(declared, nullptr);
    const Transition* const row = find_transition(bench.status().state, operation);
    std::vector<std::string> seen;
    unsigned expected_call = 0;
    bench.run(operation, [&](unsigned, const JobPoint& point) {
      if (seen.empty() || seen.back() != point.stage) {
        seen.push_back(point.stage);
        expected_call = 0;
      }
      EXPECT_EQ(point.operation, operation);
      EXPECT_EQ(point.call, expected_call++);
      const ItemStatus status = bench.status();
      EXPECT_EQ(status.job, point);
      EXPECT_EQ(status.state, row->during);
      EXPECT_EQ(status.allowed, allowed_while(operation));
    });
    EXPECT_EQ(seen, declared->stages) << name_of(operation);
  }
}

TEST(ReferenceSystem, RefusesEveryOperationThatTheTableDoesNotAllowAndChangesNothing) {
  ServiceBench bench;
  unsigned refused = 0;
  for (const Operation next : whole_life()) {
    bench.write_some(refused);
    const ItemStatus status = bench.status();
    const std::vector<std::string> before = bench.everything();
    for (const Operation operation : kAllOperations) {
      if (status.allowed.contains(operation)) continue;
      const Progress progress = bench.must(bench.system().start(bench.item, operation));
      const auto* const outcome = std::get_if<Outcome>(&progress);
      ASSERT_TRUE(outcome != nullptr && std::holds_alternative<Refused>(*outcome));
      const Refused& refusal = std::get<Refused>(*outcome);
      EXPECT_EQ(refusal.current, status.state);
      EXPECT_EQ(refusal.allowed, status.allowed);
      EXPECT_NE(refusal.reason.find(name_of(operation)), std::string::npos) << refusal.reason;
      EXPECT_EQ(bench.everything(), before);
      ++refused;
    }
    bench.run_to_done(next);
  }
  EXPECT_GT(refused, 100U);
}

TEST(ReferenceSystem, RefusesEverythingWhileAJobRunsAndTheJobGoesOn) {
  ServiceBench bench;
  ServiceBench undisturbed;
  for (const Operation operation : whole_life()) {
    bench.write_some(1);
    undisturbed.write_some(1);
    undisturbed.run_to_done(operation);
    const Outcome outcome = bench.run(operation, [&](unsigned, const JobPoint& point) {
      for (const Operation other : kAllOperations) {
        if (allowed_while(operation).contains(other)) continue;
        const Progress progress = bench.must(bench.system().start(bench.item, other));
        const auto* const answer = std::get_if<Outcome>(&progress);
        ASSERT_TRUE(answer != nullptr && std::holds_alternative<Refused>(*answer));
      }
      EXPECT_EQ(bench.status().job, point);
    });
    EXPECT_TRUE(std::holds_alternative<Done>(outcome));
    EXPECT_EQ(bench.everything(), undisturbed.everything());
  }
}

TEST(ReferenceSystem, HasNoJobToAdvanceWhenNothingWasAsked) {
  ServiceBench bench;
  EXPECT_FALSE(bench.system().advance("vm"));
  EXPECT_FALSE(bench.system().locate_point("vm", "p1"));
  bench.run_to_done(Operation::enable);
  EXPECT_FALSE(bench.system().advance("vm"));
  const auto missing = bench.system().locate_point("vm", "p99");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("p99"), std::string::npos);
}

TEST(ReferenceSystem, RefusesToProtectWhatItWasNotToldTheTruthAbout) {
  ServiceBench bench;
  const std::vector<std::string> before = bench.census();
  std::vector<ItemSpec> wrong(3, bench.item);
  wrong[0].disks.pop_back();
  wrong[1].disks[0].size_bytes += 512;
  wrong[2].name = "nobody";
  for (const ItemSpec& item : wrong) {
    Progress progress = bench.must(bench.system().start(item, Operation::enable));
    while (std::holds_alternative<JobPoint>(progress))
      progress = bench.must(bench.system().advance(item.name));
    EXPECT_TRUE(std::holds_alternative<Failed>(std::get<Outcome>(progress)));
    EXPECT_NE(reason_of(std::get<Outcome>(progress)).find(item.name), std::string::npos);
    EXPECT_EQ(bench.census(), before);
    EXPECT_EQ(bench.status().state, initial_state());
  }
  bench.run_to_done(Operation::enable);
}

// ---- the wire

using Dirtied = std::vector<std::set<BlockNumber>>;  ///< grains, by disk

/// The most that one synchronization of these grains may cost.
Bytes bound(const Capabilities& system, const Dirtied& dirtied) {
  Bytes bytes = 0;
  for (const auto& grains : dirtied)
    bytes += system.sync_overhead_per_disk +
             grains.size() * (system.tracking_grain + system.sync_overhead_per_grain);
  return bytes;
}

/// The most that the checksums of the item's disks may cost.
Bytes checksum_bound(const Capabilities& system, const ItemSpec& item) {
  Bytes bytes = 0;
  for (const DiskSpec& disk : item.disks)
    bytes += system.sync_overhead_per_disk +
             (disk.size_bytes / system.checksum_chunk + 1) * system.checksum_bytes;
  return bytes;
}

RC_GTEST_PROP(ReferenceSystemWire, CarriesNoMoreThanTheGrainsDirtiedSinceTheLastTime, ()) {
  ServiceBench bench;
  bench.write_some(1);
  bench.run_to_done(Operation::enable);
  const Capabilities& system = bench.system().capabilities();
  Dirtied dirtied(2);
  const auto write_any = [&] {
    for (int writes = *rc::gen::inRange(0, 8); writes > 0; --writes) {
      const auto disk = *rc::gen::inRange<std::size_t>(0, 2);
      const auto block = *rc::gen::inRange<BlockNumber>(0, bench.block_count(disk));
      RC_ASSERT(bench.write(disk, block));
      dirtied[disk].insert(block / kBlocksPerGrain);
    }
  };
  for (int round = 0; round < 2; ++round) {
    for (const Operation operation : kThereAndBack) {
      write_any();
      const WireCount before = bench.laboratory().wire();
      bench.run_to_done(operation);
      const WireCount after = bench.laboratory().wire();
      const Bytes out = after.to_recovery - before.to_recovery;
      const Bytes back = after.to_primary - before.to_primary;
      switch (operation) {
        case Operation::planned_failover:
        case Operation::reverse_replicate:
          RC_ASSERT(out <= bound(system, dirtied));
          RC_ASSERT(back == 0U);
          break;
        case Operation::planned_failback:
          RC_ASSERT(back <= bound(system, dirtied));
          RC_ASSERT(out <= checksum_bound(system, bench.item));
          break;
        case Operation::complete_failover:
          RC_ASSERT(back <= bound(system, dirtied));
          RC_ASSERT(out == 0U);
          break;
        default:
          RC_ASSERT(out + back == 0U);
          continue;  // nothing was synchronized: what is dirty stays so
      }
      dirtied.assign(2, {});
    }
  }
}

TEST(ReferenceSystemWire, CarriesNoDataWhenNothingChanged) {
  ServiceBench bench;
  bench.write_some(1);
  bench.run_to_done(Operation::enable);
  const Capabilities& system = bench.system().capabilities();
  const Bytes no_data = bound(system, Dirtied(2));
  EXPECT_LT(no_data, system.tracking_grain);
  for (int round = 0; round < 2; ++round) {
    for (const Operation operation : kThereAndBack) {
      const Bytes before = bench.laboratory().wire().total();
      bench.run_to_done(operation);
      const Bytes compared =
          operation == Operation::planned_failback ? checksum_bound(system, bench.item) : Bytes{0};
      EXPECT_LE(bench.laboratory().wire().total() - before, no_data + compared)
          << name_of(operation);
    }
  }
  EXPECT_EQ(bench.point(bench.status().points.back().id), bench.truth());
}

TEST(ReferenceSystem, EndsInNothingWhereverProtectionEnds) {
  for (const bool after_failback : {false, true}) {
    ServiceBench bench;
    const std::vector<std::string> unprotected = bench.census();
    bench.write_some(1);
    bench.run_to_done(Operation::enable);
    bench.run_to_done(Operation::delta_replication);
    if (after_failback)
      for (const Operation operation : kThereAndBack)
        if (operation != Operation::reverse_replicate) bench.run_to_done(operation);
    bench.run_to_done(Operation::disable);
    EXPECT_EQ(bench.census(), unprotected);
    EXPECT_EQ(bench.status().state, initial_state());
    bench.run_to_done(Operation::enable);
  }
}

}  // namespace
}  // namespace switchback::sim
