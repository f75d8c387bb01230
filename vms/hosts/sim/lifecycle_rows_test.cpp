// SPDX-License-Identifier: Apache-2.0
// Every row of the lifecycle on simulated hosts, also with a controller that dies at every stage.
#include <gtest/gtest.h>

#include "vms/hosts/row_contract.hpp"
#include "vms/hosts/sim/sim_world.hpp"

namespace switchback {
namespace {

class LifecycleRows : public testing::TestWithParam<RowTour> {
 protected:
  sim::SimWorldFactory worlds_{recovery::reference_stages()};
};

TEST_P(LifecycleRows, ComeToPass) {
  expect_tour(worlds_, GetParam());
}

TEST_P(LifecycleRows, ComeToPassWithAControllerThatDiesEverywhere) {
  const Result<World> world = worlds_.make(1);
  ASSERT_TRUE(world);
  expect_tour(worlds_, with_kills(GetParam(), world->system->capabilities()));
}

// Sizes that end within a grain and within a block.
const std::vector<DiskSpec> kDisks = {{.device = "vda", .size_bytes = 40 * 65536 + 12345},
                                      {.device = "vdb", .size_bytes = 5000001}};

INSTANTIATE_TEST_SUITE_P(Simulated, LifecycleRows, testing::ValuesIn(row_tours(kDisks)),
                         [](const auto& info) { return "Tour" + std::to_string(info.index + 1); });

TEST(KillTours, KillTheControllerAtEachStageOfEachOperationOnce) {
  const std::vector<StageList> operations = recovery::stage_lists(recovery::reference_stages());
  std::multiset<StageKill> kills;
  sim::SimWorldFactory worlds(recovery::reference_stages());
  for (const KillTour& killed : kill_at_each_stage(row_tours(kDisks), operations)) {
    expect_tour(worlds, killed.tour, killed.kills);
    kills.insert(killed.kills.begin(), killed.kills.end());
  }
  for (const StageList& list : operations)
    for (const StageKill& kill : kills_at_each_stage(list))
      EXPECT_EQ(kills.count(kill), 1U) << name_of(kill.operation) << " " << kill.at.stage;
}

}  // namespace
}  // namespace switchback
