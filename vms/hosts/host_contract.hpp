// SPDX-License-Identifier: Apache-2.0
// What vms/recovery/host.hpp promises, as tests that every implementation of Host is put under.
//
// A world joins with INSTANTIATE_TEST_SUITE_P(World, HostContract,
// testing::Values(HostWorld{...})). Sizes are multiples of the sector only, as real images allow;
// see each world's own tests for more.
#pragma once

#include "vms/hosts/checksum_contract.hpp"
#include "vms/hosts/hold_contract.hpp"
#include "vms/hosts/host_bench.hpp"
#include "vms/hosts/key_contract.hpp"
#include "vms/hosts/view_contract.hpp"

namespace switchback::recovery {

// ---- volumes

TEST_P(HostContract, AReplicaTakesOverWhatTheViewShows) {
  HostStage stage(GetParam());
  stage.write(0, {0, 7, 33, stage.block_count(0) - 1});
  const Blocks expected = stage.make_layer("base", std::nullopt, std::nullopt, "c1");
  EXPECT_EQ(expected.size(), 4U);
  EXPECT_EQ(stage.volume(stage.layer("base"), 0), expected);
  EXPECT_EQ(*stage.recovery().volume_size(stage.layer("base")), stage.item.disks[0].size_bytes);
  EXPECT_EQ(*stage.recovery().find_user(stage.layer("base")), std::nullopt);
}

TEST_P(HostContract, AnOverlayShowsItsBackingUnderItsOwnBlocksAndNeverWritesToIt) {
  HostStage stage(GetParam());
  stage.write(0, {0, 7, 33});
  const Blocks below = stage.make_layer("base", std::nullopt, std::nullopt, "c1");
  stage.write(0, {7, 34, 47});
  const Blocks above = stage.make_layer("p1", "base", "c1", "c2");
  EXPECT_EQ(stage.volume(stage.layer("p1"), 0), above);
  EXPECT_EQ(stage.volume(stage.layer("base"), 0), below);
}

TEST_P(HostContract, MakingAVolumeAgainDiscardsWhatItHeld) {
  HostStage stage(GetParam());
  stage.write(0, {0});
  stage.make_layer("base", std::nullopt, std::nullopt, "c1");
  ASSERT_TRUE(stage.recovery().create_volume(
      {stage.layer("base"), stage.item.disks[0].size_bytes, std::nullopt}));
  EXPECT_TRUE(stage.volume(stage.layer("base"), 0).empty());
}

TEST_P(HostContract, FoldingGivesTheBaseTheContentOfTheTop) {
  HostStage stage(GetParam());
  stage.write(0, {0, 7, 33});
  stage.make_layer("base", std::nullopt, std::nullopt, "c1");
  stage.write(0, {7, 34});
  stage.make_layer("p1", "base", "c1", "c2");
  stage.write(0, {34, 48});
  const Blocks top = stage.make_layer("p2", "p1", "c2", "c3");
  for (const char* times : {"once", "twice"}) {
    const Nothing folded =
        stage.recovery().fold_volumes(stage.layer("base"), stage.layer("p2"), std::nullopt, {});
    ASSERT_TRUE(folded) << folded.error().message;
    EXPECT_EQ(stage.volume(stage.layer("base"), 0), top) << times;
  }
  for (const char* name : {"p2", "p1"})
    ASSERT_TRUE(stage.recovery().remove_volume(stage.layer(name)));
  EXPECT_EQ(stage.volume(stage.layer("base"), 0), top);
}

TEST_P(HostContract, FoldingMovesWhatRestedOnTheFoldedVolumeToTheBase) {
  HostStage stage(GetParam());
  stage.write(0, {0, 7});
  stage.make_layer("base", std::nullopt, std::nullopt, "c1");
  stage.write(0, {7, 34});
  stage.make_layer("p1", "base", "c1", "c2");
  stage.write(0, {48});
  const Blocks top = stage.make_layer("p2", "p1", "c2", "c3");
  ASSERT_TRUE(stage.recovery().fold_volumes(stage.layer("base"), stage.layer("p1"), {}, {}));
  ASSERT_TRUE(stage.recovery().remove_volume(stage.layer("p1")));
  EXPECT_EQ(stage.volume(stage.layer("p2"), 0), top);
}

TEST_P(HostContract, FoldingUnderARunningVmChangesNothingThatItSees) {
  HostStage stage(GetParam());
  stage.write(0, {0, 7, 33});
  stage.make_layer("base", std::nullopt, std::nullopt, "c1");
  stage.write(0, {7, 34});
  Blocks vda = stage.make_layer("p1", "base", "c1", "c2");
  ASSERT_TRUE(stage.primary().shut_down_vm(stage.vm));
  ASSERT_TRUE(stage.recovery().create_volume(
      {stage.layer("t2"), stage.item.disks[0].size_bytes, stage.layer("p1")}));
  ASSERT_TRUE(stage.recovery().ensure_vm({stage.vm, {{"vda", stage.layer("t2")}}}));
  ASSERT_TRUE(stage.recovery().start_vm(stage.vm, "track"));
  stage.write(0, {33, 49}, &vda, Site::recovery);

  const VmDisk user{"vda", stage.layer("t2")};
  for (const char* times : {"once", "twice"}) {
    const Nothing folded =
        stage.recovery().fold_volumes(stage.layer("base"), stage.layer("p1"), user, stage.vm);
    ASSERT_TRUE(folded) << folded.error().message;
    EXPECT_EQ(stage.disk(0, Site::recovery), vda) << times;
  }
  ASSERT_TRUE(stage.recovery().remove_volume(stage.layer("p1")));
  ASSERT_TRUE(stage.recovery().fold_volumes(stage.layer("base"), stage.layer("p1"), user, stage.vm))
      << "again, with the folded volume gone";
  stage.write(0, {0}, &vda, Site::recovery);
  EXPECT_EQ(stage.disk(0, Site::recovery), vda);

  const auto view = stage.recovery().open_view(stage.vm, "track", "next");
  ASSERT_TRUE(view) << view.error().message;
  EXPECT_EQ(stage.grains_of(stage.extents(**view, "vda")), stage.grains_of({0, 33, 49}, 0))
      << "what was folded is no change of the VM's";
  ASSERT_TRUE(stage.recovery().close_view(stage.vm));
  ASSERT_TRUE(stage.recovery().shut_down_vm(stage.vm));
  ASSERT_TRUE(stage.recovery().start_vm(stage.vm, std::nullopt));
  EXPECT_EQ(stage.disk(0, Site::recovery), vda) << "after a restart";
}

// ---- VMs, repetition, errors

TEST_P(HostContract, AskingForWhatIsAlreadySoSucceeds) {
  HostStage stage(GetParam());
  Host& host = stage.primary();
  const auto definition = host.find_vm(stage.vm);
  ASSERT_TRUE(definition && *definition);
  EXPECT_TRUE(host.ensure_vm(**definition)) << "running, with these very disks";
  EXPECT_TRUE(host.start_vm(stage.vm, std::nullopt));
  for (int times = 0; times < 2; ++times)
    EXPECT_TRUE(host.shut_down_vm(stage.vm));
  EXPECT_FALSE(*host.is_running(stage.vm));
  for (int times = 0; times < 2; ++times)
    EXPECT_TRUE(host.ensure_vm(**definition));
  for (int times = 0; times < 2; ++times)
    EXPECT_TRUE(host.remove_vm(stage.vm));
  EXPECT_EQ(*host.find_vm(stage.vm), std::nullopt);
  EXPECT_TRUE(host.close_view(stage.vm)) << "of a VM that is gone";
  EXPECT_TRUE(host.remove_checkpoint(stage.vm, "c1")) << "of a VM that is gone";
  for (int times = 0; times < 2; ++times)
    EXPECT_TRUE(host.remove_volume((*definition)->disks[0].volume));
}

TEST_P(HostContract, ADefinitionIsReplacedWhileTheVmIsOffAndNotWhileItRuns) {
  HostStage stage(GetParam());
  Host& host = stage.primary();
  VmDefinition fewer = **host.find_vm(stage.vm);
  fewer.disks.pop_back();
  expect_named(host.ensure_vm(fewer), stage.vm);
  expect_named(host.remove_vm(stage.vm), stage.vm);
  EXPECT_EQ((*host.find_vm(stage.vm))->disks.size(), 2U);
  ASSERT_TRUE(host.shut_down_vm(stage.vm));
  ASSERT_TRUE(host.ensure_vm(fewer));
  EXPECT_EQ((*host.find_vm(stage.vm))->disks, fewer.disks);
}

TEST_P(HostContract, WhatAVmIsMadeOfComesBackAsItWasDefined) {
  HostStage stage(GetParam());
  EXPECT_EQ(stage.seen().hardware, stage.item.vms[0]);
  for (const char* device : {"vda", "vdb"})
    ASSERT_TRUE(stage.recovery().create_volume(
        {stage.vm + "-" + device + "-t1", Bytes{1} << 20, std::nullopt}));
  VmDefinition made{.name = stage.vm,
                    .disks = {{"vda", stage.vm + "-vda-t1"}, {"vdb", stage.vm + "-vdb-t1"}}};
  for (const Firmware firmware : stage.bench.firmwares) {
    made.hardware = {
        .cpus = 3,
        .memory_bytes = Bytes{48} << 20,
        .firmware = firmware,
        .boot_disk = 1,
        .nics = {{"52:54:00:0a:00:02", "front", "192.0.2.7"}, {"52:54:00:0a:00:01", "back", ""}}};
    for (const char* network : {"", "contract-test"}) {
      made.isolated_network = network;
      const Nothing ensured = stage.recovery().ensure_vm(made);
      ASSERT_TRUE(ensured) << ensured.error().message;
      const auto found = stage.recovery().find_vm(stage.vm);
      ASSERT_TRUE(found && *found);
      EXPECT_EQ((*found)->disks, made.disks);
      EXPECT_EQ((*found)->hardware, made.hardware);
      EXPECT_EQ((*found)->isolated_network, made.isolated_network);
      EXPECT_EQ(stage.seen(Site::recovery).isolated, made.isolated_network != "");
    }
  }
}

TEST_P(HostContract, PowerIsTakenAwayWhateverTheGuestDoes) {
  HostStage stage(GetParam());
  Host& host = stage.primary();
  Blocks vda;
  stage.write(0, {0, 7}, &vda);
  const auto view = stage.open_view(std::nullopt, "c1");
  ASSERT_TRUE(host.suspend_vm(stage.vm));
  for (int times = 0; times < 2; ++times)
    EXPECT_TRUE(host.force_off_vm(stage.vm));
  EXPECT_FALSE(*host.is_running(stage.vm));
  EXPECT_EQ(stage.disk(0), vda) << "what was acknowledged is on the disk";
  EXPECT_TRUE(host.force_off_vm("nobody"));
  EXPECT_TRUE(host.shut_down_vm("nobody"));
  ASSERT_TRUE(host.close_view(stage.vm));
  ASSERT_TRUE(host.start_vm(stage.vm, std::nullopt));
  EXPECT_EQ(stage.seen().hold, Hold::none);
  stage.write(0, {8}, &vda);
  EXPECT_EQ(stage.disk(0), vda);
}

TEST_P(HostContract, AfterPowerWasTakenAwayTrackingIsWholeOrGone) {
  HostStage stage(GetParam());
  Host& host = stage.primary();
  stage.open_view(std::nullopt, "c1");
  ASSERT_TRUE(host.close_view(stage.vm));
  stage.write(0, {0, 40});
  ASSERT_TRUE(host.force_off_vm(stage.vm));
  ASSERT_TRUE(host.start_vm(stage.vm, std::nullopt));
  stage.write(0, {20});
  const auto view = host.open_view(stage.vm, "c1", "c2");
  if (view) {
    EXPECT_EQ(stage.grains_of(stage.extents(**view, "vda")), stage.grains_of({0, 20, 40}, 0));
  } else {
    expect_named(view, "c1");
    EXPECT_TRUE(stage.open_view(std::nullopt, "c3")) << "and can begin anew";
  }
}

TEST_P(HostContract, AStartIsSeenAndNothingElsePassesForOne) {
  HostStage stage(GetParam());
  const std::string first = stage.seen().incarnation;
  ASSERT_TRUE(stage.primary().suspend_vm(stage.vm));
  ASSERT_TRUE(stage.primary().resume_vm(stage.vm));
  ASSERT_TRUE(stage.primary().start_vm(stage.vm, std::nullopt)) << "it runs";
  EXPECT_EQ(stage.seen().incarnation, first);
  ASSERT_TRUE(stage.primary().shut_down_vm(stage.vm));
  ASSERT_TRUE(stage.primary().start_vm(stage.vm, std::nullopt));
  EXPECT_NE(stage.seen().incarnation, first);
}

TEST_P(HostContract, ErrorsNameWhatIsMissing) {
  HostStage stage(GetParam());
  Host& host = stage.recovery();
  expect_named(host.is_running("nobody"), "nobody");
  expect_named(host.start_vm("nobody", std::nullopt), "nobody");
  expect_named(host.open_view("nobody", std::nullopt, "c1"), "nobody");
  expect_named(host.open_stopped_view("nobody", std::nullopt), "nobody");
  expect_named(host.volume_size("nothing"), "nothing");
  EXPECT_EQ(*host.find_user("nothing"), std::nullopt);
  expect_named(host.open_replica("nothing"), "nothing");
  expect_named(host.digests("nothing", 65536), "nothing");
  expect_named(host.freeze_vm("nobody"), "nobody");
  expect_named(host.suspend_vm("nobody"), "nobody");
  expect_named(host.create_volume({"contract-vda-x", 4096, "nothing"}), "nothing");
  expect_named(host.fold_volumes("nothing", "neither", std::nullopt, {}), "nothing");
  EXPECT_EQ(*host.find_vm("nobody"), std::nullopt);
}

TEST_P(HostContract, WithTheLinkCutNothingCrossesAndBothSitesGoOn) {
  HostStage stage(GetParam());
  stage.write(0, {0});
  ASSERT_TRUE(stage.recovery().create_volume(
      {stage.layer("base"), stage.item.disks[0].size_bytes, std::nullopt}));
  const auto view = stage.open_view(std::nullopt, "c1");
  auto replica = stage.recovery().open_replica(stage.layer("base"));
  ASSERT_TRUE(replica);
  std::vector<std::byte> bytes;
  const Extent extent = stage.extents(*view, "vda").front();
  ASSERT_TRUE(view->read("vda", extent, bytes));
  stage.bench.link->cut();
  const Bytes before = stage.bench.laboratory->wire().total();
  const bool all_well = (*replica)->write(extent, bytes) && (*replica)->flush();
  EXPECT_FALSE(all_well) << "written and flushed over a link that is cut";
  EXPECT_FALSE(stage.recovery().open_replica(stage.layer("base")));
  EXPECT_EQ(stage.bench.laboratory->wire().total(), before);
  stage.write(0, {1});
  EXPECT_TRUE(stage.primary().close_view(stage.vm));
  EXPECT_TRUE(stage.recovery().remove_volume(stage.layer("base")));
  stage.bench.link->heal();
  stage.make_layer("base", std::nullopt, std::nullopt, "c2");
  EXPECT_EQ(stage.volume(stage.layer("base"), 0), stage.disk(0));
}

}  // namespace switchback::recovery
