// SPDX-License-Identifier: Apache-2.0
// The harness's hands and eyes in the simulated world: groups, copies, and edits of VMs.
#include "vms/hosts/sim/sim_laboratory.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "vms/hosts/sim/sim_edits.hpp"
#include "vms/hosts/sim/sim_item.hpp"

namespace switchback::sim {
namespace {

using Blocks = std::map<BlockNumber, WriteSeq>;

const Hardware kFirst{.cpus = 2,
                      .memory_bytes = Bytes{64} << 20,
                      .firmware = Firmware::uefi,
                      .boot_disk = 1,
                      .nics = {{"52:54:00:ff:00:01", "lan", "192.0.2.1"}}};

/// Two VMs, whose disks bear the same device names.
const ItemSpec kGroup{
    "g",
    {{"vda", Bytes{1} << 20, 0}, {"vdb", (Bytes{2} << 20) + 512, 0}, {"vda", Bytes{3} << 20, 1}},
    {kFirst, Hardware{}}};

Blocks blocks_of(Result<std::unique_ptr<ImageReader>> image) {
  Blocks blocks;
  EXPECT_TRUE(image) << image.error().message;
  if (!image) return blocks;
  EXPECT_TRUE(
      (*image)->visit_blocks([&](BlockNumber block, Shown shown) { blocks[block] = shown.seq; }));
  return blocks;
}

class SimLaboratoryTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(laboratory_.create_item(kGroup)); }

  Blocks disk(std::size_t index, Site site = Site::primary) {
    return blocks_of(laboratory_.open_disk("g", site, index));
  }
  Bytes size(std::size_t index) {
    return (*laboratory_.open_disk("g", Site::primary, index))->size_bytes();
  }
  Nothing write(std::size_t index, BlockNumber block, WriteSeq seq, Site site = Site::primary) {
    return laboratory_.write("g", site, {{index, block, seq}});
  }
  SeenVm seen(const std::string& name, Site site = Site::primary) {
    const std::vector<SeenVm> vms = *laboratory_.vms("g");
    const auto found = std::find_if(vms.begin(), vms.end(), [&](const SeenVm& vm) {
      return vm.name == name && vm.site == site;
    });
    EXPECT_NE(found, vms.end()) << name;
    return found == vms.end() ? SeenVm{} : *found;
  }
  /// A VM on an empty disk at recovery, running.
  void make_copy(const std::string& name, const std::string& isolated_network = {}) {
    SimHost host(laboratory_.site(Site::recovery), laboratory_.link());
    const std::string volume = name + "-vda-t1";
    ASSERT_TRUE(host.create_volume(
        {.name = volume, .size_bytes = kGroup.disks[0].size_bytes, .backing = std::nullopt}));
    ASSERT_TRUE(host.ensure_vm({.name = name,
                                .disks = {{"vda", volume}},
                                .hardware = kFirst,
                                .isolated_network = isolated_network}));
    ASSERT_TRUE(host.start_vm(name, std::nullopt));
  }
  std::vector<std::string> devices_and_volumes() {
    std::vector<std::string> text;
    const auto found = primary_.find_vm("g-1");
    for (const auto& disk : (*found)->disks)
      text.push_back(disk.device + " " + disk.volume);
    return text;
  }

  SimLaboratory laboratory_;
  SimHost primary_{laboratory_.site(Site::primary), laboratory_.link()};
};

// ---- the digest of the state

TEST_F(SimLaboratoryTest, TheStateHasAnotherDigestWheneverAnythingIsOtherwise) {
  const auto digest = [&] { return *laboratory_.state_digest(); };
  std::set<std::uint64_t> seen{digest()};
  EXPECT_TRUE(seen.contains(digest())) << "looking changes nothing";
  const auto differs = [&] { return seen.insert(digest()).second; };
  ASSERT_TRUE(write(0, 1, 10));
  EXPECT_TRUE(differs()) << "a block";
  ASSERT_TRUE(primary_.create_volume({.name = "v", .size_bytes = 4096, .backing = std::nullopt}));
  EXPECT_TRUE(differs()) << "a volume";
  ASSERT_TRUE(primary_.suspend_vm("g-1"));
  EXPECT_TRUE(differs()) << "a VM that is held";
  ASSERT_TRUE(primary_.resume_vm("g-1"));
  EXPECT_FALSE(differs()) << "and is let go";
  ASSERT_TRUE(primary_.shut_down_vm("g-2"));
  EXPECT_TRUE(differs()) << "a VM that is off";
  make_copy("g-2-cloud");
  EXPECT_TRUE(differs()) << "a VM at recovery";
  ASSERT_TRUE(laboratory_.edit("g", Edit::add_memory));
  EXPECT_TRUE(differs()) << "memory";
}

TEST_F(SimLaboratoryTest, TheSameDoneInAnotherWorldHasTheSameDigest) {
  SimLaboratory other;
  ASSERT_TRUE(other.create_item(kGroup));
  EXPECT_EQ(other.state_digest(), laboratory_.state_digest());
  ASSERT_TRUE(other.write("g", Site::primary, {{0, 1, 10}}));
  EXPECT_NE(other.state_digest(), laboratory_.state_digest());
  ASSERT_TRUE(write(0, 1, 10));
  EXPECT_EQ(other.state_digest(), laboratory_.state_digest());
}

TEST_F(SimLaboratoryTest, WhatIsWrittenBehindAVmsBackNoTrackingSees) {
  const auto volume = [&] { return laboratory_.site(Site::primary).volumes.find("g-1-vda"); };
  laboratory_.site(Site::primary).volumes.track(*volume(), "c1");
  ASSERT_TRUE(write(0, 1, 8));
  const recovery::ChangeMark mark = volume()->change_mark();
  ASSERT_TRUE(primary_.shut_down_vm("g-1"));
  EXPECT_EQ(volume()->change_mark(), mark) << "the guest's own writes are none of it";
  ASSERT_TRUE(laboratory_.write_behind("g", {{.disk = 0, .block = 47, .seq = 9}}));
  EXPECT_EQ(volume()->show(47), 9U);
  EXPECT_EQ(volume()->checkpoints().at("c1"), std::set<BlockNumber>{0}) << "the guest's";
  EXPECT_NE(volume()->change_mark(), mark);
  EXPECT_FALSE(laboratory_.write_behind("g", {{.disk = 0, .block = 1U << 30U, .seq = 9}}));
}

TEST_F(SimLaboratoryTest, AVolumeThatIsMadeAnewHasAnotherChangeMark) {
  const recovery::VolumeSpec spec{.name = "v", .size_bytes = 4096, .backing = std::nullopt};
  ASSERT_TRUE(primary_.create_volume(spec));
  const recovery::ChangeMark mark = *primary_.change_mark("v");
  ASSERT_TRUE(primary_.create_volume(spec));
  EXPECT_NE(*primary_.change_mark("v"), mark);
  EXPECT_FALSE(primary_.change_mark("nothing"));
}

TEST_F(SimLaboratoryTest, AnEmptiedBlockShowsTheTrimAndIsToldFromOneNeverWritten) {
  ASSERT_TRUE(laboratory_.trims());
  ASSERT_TRUE(write(0, 3, 1));
  ASSERT_TRUE(laboratory_.write(
      "g", Site::primary,
      {{.disk = 0, .block = 3, .seq = 2, .trim = true}, {.disk = 0, .block = 4, .seq = 3}}));
  EXPECT_EQ(disk(0), (Blocks{{3, 2}, {4, 3}}));
  const Volume& volume = **laboratory_.site(Site::primary).find_volume(initial_volume(kGroup, 0));
  EXPECT_TRUE(is_trimmed(volume.show(3)));
  EXPECT_FALSE(is_trimmed(volume.show(4)));
  EXPECT_FALSE(is_trimmed(volume.show(5)));
}

// ---- groups and copies

TEST_F(SimLaboratoryTest, AGroupsDisksAreNumberedOverAllItsVms) {
  ASSERT_TRUE(laboratory_.write("g", Site::primary, {{0, 1, 10}, {1, 2, 11}, {2, 3, 12}}));
  EXPECT_EQ(disk(0), (Blocks{{1, 10}}));
  EXPECT_EQ(disk(1), (Blocks{{2, 11}}));
  EXPECT_EQ(disk(2), (Blocks{{3, 12}}));
  EXPECT_FALSE(write(3, 0, 13));
  EXPECT_FALSE(laboratory_.open_disk("g", Site::primary, 3));
  const std::vector<SeenVm> vms = *laboratory_.vms("g");
  ASSERT_EQ(vms.size(), 2U);
  EXPECT_EQ(vms[0].name, "g-1");
  EXPECT_EQ(vms[0].hardware, kFirst);
  EXPECT_EQ(vms[0].disks, (std::vector<DiskSpec>{kGroup.disks[0], kGroup.disks[1]}));
  EXPECT_EQ(vms[1].vm, 1U);
  EXPECT_EQ(vms[1].disks, (std::vector<DiskSpec>{kGroup.disks[2]}));
  EXPECT_NE(vms[0].incarnation, vms[1].incarnation);
}

TEST_F(SimLaboratoryTest, AWriteToAVmThatIsHeldWritesNowhereAndTheOthersGoOn) {
  ASSERT_TRUE(primary_.suspend_vm("g-1"));
  EXPECT_FALSE(laboratory_.write("g", Site::primary, {{2, 0, 1}, {0, 0, 2}}));
  EXPECT_EQ(disk(2), Blocks{}) << "all of them or none";
  EXPECT_TRUE(write(2, 0, 3)) << "the other VM";
  ASSERT_TRUE(primary_.resume_vm("g-1"));
  EXPECT_TRUE(write(0, 0, 4));
}

TEST_F(SimLaboratoryTest, AGroupIsLiveWhereAnyOfItsVmsRuns) {
  ASSERT_TRUE(primary_.shut_down_vm("g-1"));
  EXPECT_TRUE(laboratory_.live_copies("g")->primary);
  EXPECT_FALSE(laboratory_.flush("g", Site::primary)) << "not all of its guests can";
  ASSERT_TRUE(primary_.shut_down_vm("g-2"));
  EXPECT_FALSE(laboratory_.live_copies("g")->primary);
  make_copy("g-2-cloud");
  EXPECT_TRUE(laboratory_.live_copies("g")->recovery);
}

TEST_F(SimLaboratoryTest, ATestCopyIsNoLiveOneAndHasDisksOfItsOwn) {
  make_copy("g-1-test", "g-test");
  EXPECT_FALSE(laboratory_.live_copies("g")->recovery);
  EXPECT_FALSE(laboratory_.open_disk("g", Site::recovery, 0));
  EXPECT_FALSE(write(0, 0, 1, Site::recovery));
  ASSERT_TRUE(write(0, 0, 1));
  ASSERT_TRUE(laboratory_.write_test("g", {{0, 5, 2}}));
  EXPECT_EQ(blocks_of(laboratory_.open_test_disk("g", 0)), (Blocks{{5, 2}}));
  EXPECT_EQ(disk(0), (Blocks{{0, 1}}));
  EXPECT_TRUE(seen("g-1-test", Site::recovery).test);
  EXPECT_FALSE(laboratory_.write_test("g", {{2, 0, 3}})) << "the other VM has no test copy";
}

TEST_F(SimLaboratoryTest, ACopyIsFoundByWhateverSuffixAndTheRunningOneFirst) {
  make_copy("g-1-a");
  make_copy("g-1-b");
  SimHost recovery(laboratory_.site(Site::recovery), laboratory_.link());
  ASSERT_TRUE(recovery.shut_down_vm("g-1-a"));
  ASSERT_TRUE(write(0, 4, 9, Site::recovery));
  EXPECT_EQ(disk(0, Site::recovery), (Blocks{{4, 9}}));
  EXPECT_EQ(seen("g-1-b", Site::recovery).vm, 0U);
  make_copy("g-10");  // another item's, however alike
  EXPECT_EQ(laboratory_.vms("g")->size(), 4U);
}

TEST_F(SimLaboratoryTest, AVmIsIsolatedOnANetworkThatNothingElseIsOn) {
  make_copy("g-1-test", "g-test");
  make_copy("g-2-test", "g-test");
  EXPECT_TRUE(seen("g-1-test", Site::recovery).isolated) << "with the group's other test VM";
  make_copy("stranger", "g-test");
  EXPECT_FALSE(seen("g-1-test", Site::recovery).isolated);
  make_copy("g-1-test", "g-test");  // again: it runs, and nothing changes
  SimHost recovery(laboratory_.site(Site::recovery), laboratory_.link());
  ASSERT_TRUE(recovery.force_off_vm("g-2-test"));
  ASSERT_TRUE(recovery.ensure_vm({.name = "g-2-test",
                                  .disks = {{"vda", "g-2-test-vda-t1"}},
                                  .hardware = kFirst,
                                  .isolated_network = "lan"}));
  EXPECT_FALSE(seen("g-2-test", Site::recovery).isolated) << "its original's network";
}

TEST_F(SimLaboratoryTest, RemovingAnItemLeavesNothingOfIt) {
  make_copy("g-1-test", "g-test");
  SimHost recovery(laboratory_.site(Site::recovery), laboratory_.link());
  ASSERT_TRUE(recovery.set_key("g", "key"));
  const auto census = *laboratory_.census("g");
  EXPECT_NE(std::find(census.begin(), census.end(), CensusEntry{Site::recovery, "key", "g"}),
            census.end());
  ASSERT_TRUE(laboratory_.remove_item("g"));
  EXPECT_TRUE(laboratory_.census("g")->empty());
  EXPECT_FALSE(laboratory_.vms("g")) << "it is not known any more";
}

// ---- edits

TEST_F(SimLaboratoryTest, ADiskIsAddedLastAndTakenAway) {
  const std::vector<CensusEntry> before = *laboratory_.census("g");
  ASSERT_TRUE(laboratory_.edit("g", Edit::add_disk));
  EXPECT_EQ(devices_and_volumes(),
            (std::vector<std::string>{"vda g-1-vda", "vdb g-1-vdb", "vdc g-1-extra"}));
  EXPECT_FALSE(laboratory_.edit("g", Edit::add_disk)) << "once";
  EXPECT_TRUE(write(1, 0, 1));
  ASSERT_TRUE(laboratory_.edit("g", Edit::undo));
  EXPECT_EQ(*laboratory_.census("g"), before);
  EXPECT_TRUE(laboratory_.edit("g", Edit::add_disk)) << "and again";
}

TEST_F(SimLaboratoryTest, AGrownDiskKeepsItsContentAndItsGuestWritesInItsOldSize) {
  const BlockNumber last = kGroup.disks[0].size_bytes / kBlockBytes - 1;
  ASSERT_TRUE(write(0, last, 1));
  ASSERT_TRUE(laboratory_.edit("g", Edit::grow_disk));
  EXPECT_EQ(size(0), kGroup.disks[0].size_bytes + kGrowth);
  EXPECT_EQ(seen("g-1").disks[0].size_bytes, size(0));
  EXPECT_FALSE(laboratory_.edit("g", Edit::grow_disk)) << "once";
  EXPECT_FALSE(write(0, last + 1, 2));
  EXPECT_EQ(disk(0), (Blocks{{last, 1}}));
  ASSERT_TRUE(laboratory_.edit("g", Edit::undo));
  EXPECT_EQ(size(0), kGroup.disks[0].size_bytes);
  EXPECT_EQ(disk(0), (Blocks{{last, 1}}));
}

TEST_F(SimLaboratoryTest, SwappedDisksTakeTheirDataAlongAndWritesFollowThem) {
  ASSERT_TRUE(laboratory_.write("g", Site::primary, {{0, 1, 10}, {1, 2, 11}}));
  ASSERT_TRUE(laboratory_.edit("g", Edit::swap_disks));
  EXPECT_EQ(devices_and_volumes(), (std::vector<std::string>{"vda g-1-vdb", "vdb g-1-vda"}));
  EXPECT_EQ(seen("g-1").disks[0].size_bytes, kGroup.disks[1].size_bytes);
  EXPECT_EQ(disk(0), (Blocks{{1, 10}}));
  ASSERT_TRUE(laboratory_.write("g", Site::primary, {{0, 3, 12}, {1, 4, 13}}));
  EXPECT_EQ(disk(0), (Blocks{{1, 10}, {3, 12}}));
  EXPECT_EQ(disk(1), (Blocks{{2, 11}, {4, 13}}));
  EXPECT_FALSE(laboratory_.edit("g", Edit::swap_disks)) << "twice would be none";

  // Who goes by device names reads the other disk.
  const auto view = primary_.open_view("g-1", std::nullopt, "c1");
  ASSERT_TRUE(view);
  std::vector<std::byte> bytes;
  ASSERT_TRUE((*view)->read("vda", {0, kTrackingGrain}, bytes));
  EXPECT_EQ(bytes[2 * sizeof(WriteSeq)], std::byte{11});
  ASSERT_TRUE(primary_.close_view("g-1"));
  ASSERT_TRUE(laboratory_.edit("g", Edit::undo));
  EXPECT_EQ(devices_and_volumes(), (std::vector<std::string>{"vda g-1-vda", "vdb g-1-vdb"}));
  EXPECT_EQ(disk(1), (Blocks{{2, 11}, {4, 13}}));
}

TEST_F(SimLaboratoryTest, AViewKeepsItsContentWhenDisksAreSwappedUnderIt) {
  ASSERT_TRUE(laboratory_.write("g", Site::primary, {{0, 1, 10}, {1, 2, 11}}));
  const auto view = primary_.open_view("g-1", std::nullopt, "c1");
  ASSERT_TRUE(view);
  const auto before = *(*view)->digests("vda", kTrackingGrain);
  ASSERT_TRUE(laboratory_.edit("g", Edit::swap_disks));
  ASSERT_TRUE(laboratory_.write("g", Site::primary, {{0, 1, 12}, {1, 2, 13}}));
  EXPECT_EQ(*(*view)->digests("vda", kTrackingGrain), before);
}

TEST_F(SimLaboratoryTest, HardwareIsEditedAndStaysEdited) {
  const std::string incarnation = seen("g-1").incarnation;
  ASSERT_TRUE(laboratory_.edit("g", Edit::change_nic));
  EXPECT_EQ(seen("g-1").hardware.nics[0].mac, "52:54:00:00:00:01") << "ff counts up to 00";
  ASSERT_TRUE(laboratory_.edit("g", Edit::add_memory));
  EXPECT_EQ(seen("g-1").hardware.memory_bytes, kFirst.memory_bytes + kGrowth);
  ASSERT_TRUE(laboratory_.edit("g", Edit::undo));
  EXPECT_EQ(seen("g-1").hardware.memory_bytes, kFirst.memory_bytes + kGrowth);
  EXPECT_EQ(seen("g-1").incarnation, incarnation) << "an edit is no start";
  EXPECT_EQ(seen("g-2").hardware, Hardware{});
}

TEST_F(SimLaboratoryTest, AVmIsDeletedWithItsDisksAndOnlyWhileItIsOff) {
  ASSERT_TRUE(laboratory_.edit("g", Edit::add_disk));
  EXPECT_FALSE(laboratory_.edit("g", Edit::delete_vm));
  ASSERT_TRUE(primary_.shut_down_vm("g-1"));
  ASSERT_TRUE(laboratory_.edit("g", Edit::delete_vm));
  const std::vector<CensusEntry> left = *laboratory_.census("g");
  EXPECT_EQ(left, (std::vector<CensusEntry>{{Site::primary, "vm", "g-2"},
                                            {Site::primary, "volume", "g-2-vda"}}));
  EXPECT_FALSE(laboratory_.edit("g", Edit::add_memory));
  EXPECT_TRUE(laboratory_.edit("g", Edit::undo)) << "there is nothing to take back";
}

TEST_F(SimLaboratoryTest, WhatCanNotBeEditedIsAnErrorThatNamesTheVm) {
  const ItemSpec plain{"plain", {{"vda", Bytes{1} << 20}}};
  ASSERT_TRUE(laboratory_.create_item(plain));
  for (const Edit edit : {Edit::swap_disks, Edit::change_nic}) {
    const Nothing answer = laboratory_.edit("plain", edit);
    ASSERT_FALSE(answer) << name_of(edit);
    EXPECT_NE(answer.error().message.find("plain"), std::string::npos);
  }
}

TEST_F(SimLaboratoryTest, MakesEveryEditThereIs) {
  EXPECT_EQ(laboratory_.edits(), (std::vector<Edit>{kAllEdits.begin(), kAllEdits.end()}));
}

}  // namespace
}  // namespace switchback::sim
