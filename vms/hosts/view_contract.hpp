// SPDX-License-Identifier: Apache-2.0
// The part of the contract of hosts that is about views and change tracking. See host_contract.hpp.
#pragma once

#include "vms/hosts/host_bench.hpp"

namespace switchback::recovery {

TEST_P(HostContract, AViewShowsTheInstantOfItsCutWhateverTheGuestWritesAfterwards) {
  HostStage stage(GetParam());
  Blocks vda;
  Blocks vdb;
  stage.write(0, {0, 5, stage.block_count(0) - 1}, &vda);
  stage.write(1, {0, 17, 300, stage.block_count(1) - 1}, &vdb);
  const auto view = stage.open_view(std::nullopt, "c1");
  stage.write(0, {0, 6, stage.block_count(0) - 1});
  stage.write(1, {17, 18, 200});
  EXPECT_EQ(stage.read(*view, "vda"), vda);
  EXPECT_EQ(stage.read(*view, "vdb"), vdb);
  stage.write(0, {5});
  EXPECT_EQ(stage.read(*view, "vda"), vda) << "read a second time, after more writes";
}

TEST_P(HostContract, ExtentsAreTheGrainsDirtiedSinceTheCheckpointAndNothingElse) {
  const bool held = rc::check([&] {
    HostStage stage(GetParam());
    stage.open_view(std::nullopt, "c0");
    const int rounds = *rc::gen::inRange(1, 4);
    for (int round = 0; round < rounds; ++round) {
      std::array<std::set<BlockNumber>, 2> dirtied;
      for (std::size_t disk = 0; disk < 2; ++disk) {
        dirtied[disk] = *rc::gen::container<std::set<BlockNumber>>(
            rc::gen::inRange<BlockNumber>(0, stage.block_count(disk)));
        stage.write(disk, {dirtied[disk].begin(), dirtied[disk].end()});
      }
      const auto view =
          stage.open_view("c" + std::to_string(round), "c" + std::to_string(round + 1));
      for (std::size_t disk = 0; disk < 2; ++disk) {
        const auto extents = stage.extents(*view, stage.item.disks[disk].device);
        RC_ASSERT(stage.grains_of(extents) == stage.grains_of(dirtied[disk], disk));
        for (const BlockNumber block : dirtied[disk])
          RC_ASSERT(stage.read(*view, stage.item.disks[disk].device).count(block) == 1U);
      }
    }
  });
  EXPECT_TRUE(held);
}

TEST_P(HostContract, AViewOfSomeDisksAsksNothingOfTheOthersAndTracksNothingThere) {
  HostStage stage(GetParam());
  const auto open = [&](const std::optional<CheckpointName>& since, const CheckpointName& next) {
    auto view = stage.primary().open_view(ViewedVm(stage.vm, {"vda"}), since, next);
    EXPECT_TRUE(view) << view.error().message;
    return view ? std::move(*view) : nullptr;
  };
  open(std::nullopt, "c1");
  stage.write(0, {3});
  stage.write(1, {4});
  {
    const auto view = open("c1", "c2");
    ASSERT_NE(view, nullptr);
    EXPECT_EQ(stage.grains_of(stage.extents(*view, "vda")), stage.grains_of({3}, 0));
  }
  expect_named(stage.primary().open_view(stage.vm, "c2", "c3"), "c2");
}

TEST_P(HostContract, ACheckpointStartsAtTheCutOfItsView) {
  HostStage stage(GetParam());
  stage.write(0, {0});
  const auto first = stage.open_view(std::nullopt, "c1");
  stage.write(0, {20});  // after the cut, while the view is still open
  ASSERT_TRUE(stage.primary().close_view(stage.vm));
  stage.write(0, {40});
  const auto second = stage.open_view("c1", "c2");
  EXPECT_EQ(stage.grains_of(stage.extents(*second, "vda")), stage.grains_of({20, 40}, 0));
  EXPECT_TRUE(stage.extents(*second, "vdb").empty()) << "nothing changed there";
}

TEST_P(HostContract, CheckpointsAreIndependentOfEachOtherAndEndOnlyWhenRemoved) {
  HostStage stage(GetParam());
  stage.open_view(std::nullopt, "c1");
  stage.write(0, {0});
  stage.open_view("c1", "c2");
  stage.write(0, {40});
  EXPECT_EQ(*stage.primary().list_checkpoints(stage.vm), (std::vector<CheckpointName>{"c1", "c2"}));
  EXPECT_EQ(stage.grains_of(stage.extents(*stage.open_view("c1", "c3"), "vda")),
            stage.grains_of({0, 40}, 0));
  ASSERT_TRUE(stage.primary().close_view(stage.vm));
  ASSERT_TRUE(stage.primary().remove_checkpoint(stage.vm, "c1"));
  ASSERT_TRUE(stage.primary().remove_checkpoint(stage.vm, "c1")) << "a second time";
  EXPECT_EQ(*stage.primary().list_checkpoints(stage.vm), (std::vector<CheckpointName>{"c2", "c3"}));
  EXPECT_EQ(stage.grains_of(stage.extents(*stage.open_view("c2", "c4"), "vda")),
            stage.grains_of({40}, 0));
  ASSERT_TRUE(stage.primary().close_view(stage.vm));
  expect_named(stage.primary().open_view(stage.vm, "c1", "c5"), "c1");
}

TEST_P(HostContract, TrackingGoesOnOverAShutdown) {
  HostStage stage(GetParam());
  stage.open_view(std::nullopt, "c1");
  ASSERT_TRUE(stage.primary().close_view(stage.vm));
  stage.write(0, {0});
  ASSERT_TRUE(stage.primary().shut_down_vm(stage.vm));
  EXPECT_EQ(*stage.primary().list_checkpoints(stage.vm), (std::vector<CheckpointName>{"c1"}));
  {
    const auto view = stage.primary().open_stopped_view(stage.vm, "c1");
    ASSERT_TRUE(view) << view.error().message;
    EXPECT_EQ(stage.grains_of(stage.extents(**view, "vda")), stage.grains_of({0}, 0));
    EXPECT_EQ(stage.read(**view, "vda").at(0), stage.last);
    ASSERT_TRUE(stage.primary().close_view(stage.vm));
  }
  ASSERT_TRUE(stage.primary().start_vm(stage.vm, std::nullopt));
  stage.write(0, {40});
  EXPECT_EQ(stage.grains_of(stage.extents(*stage.open_view("c1", "c2"), "vda")),
            stage.grains_of({0, 40}, 0));
}

TEST_P(HostContract, AVmStartedWithTrackingIsTrackedFromItsFirstWriteOn) {
  HostStage stage(GetParam());
  stage.write(0, {0});
  ASSERT_TRUE(stage.primary().shut_down_vm(stage.vm));
  ASSERT_TRUE(stage.primary().start_vm(stage.vm, "first"));
  stage.write(0, {20});
  ASSERT_TRUE(stage.primary().start_vm(stage.vm, "first")) << "a second time";
  EXPECT_EQ(stage.grains_of(stage.extents(*stage.open_view("first", "next"), "vda")),
            stage.grains_of({20}, 0));
  ASSERT_TRUE(stage.primary().close_view(stage.vm));
  EXPECT_FALSE(stage.primary().start_vm(stage.vm, "other")) << "it runs, and not tracked so";
}

TEST_P(HostContract, AViewLeftOpenByADeadControllerIsInNobodysWay) {
  HostStage stage(GetParam());
  Blocks vda;
  stage.write(0, {0, 1}, &vda);
  { const auto left_open = stage.open_view(std::nullopt, "c1"); }
  stage.write(0, {1, 2}, &vda);
  const auto view = stage.open_view(std::nullopt, "c2");
  EXPECT_EQ(stage.read(*view, "vda"), vda);
  EXPECT_TRUE(stage.primary().close_view(stage.vm));
  EXPECT_TRUE(stage.primary().close_view(stage.vm)) << "a second time";
}

TEST_P(HostContract, AViewIsOfARunningVmOrOfAStoppedOneAsAskedFor) {
  HostStage stage(GetParam());
  expect_named(stage.primary().open_stopped_view(stage.vm, std::nullopt), stage.vm);
  ASSERT_TRUE(stage.primary().shut_down_vm(stage.vm));
  expect_named(stage.primary().open_view(stage.vm, std::nullopt, "c1"), stage.vm);
  EXPECT_TRUE(stage.primary().open_stopped_view(stage.vm, std::nullopt));
  EXPECT_TRUE(stage.primary().close_view(stage.vm));
}

}  // namespace switchback::recovery
