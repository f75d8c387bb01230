// SPDX-License-Identifier: Apache-2.0
// A disk that moves from the VM of one item to that of another, and back.
#include "vms/hosts/sim/sim_moves.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vms/hosts/sim/sim_laboratory.hpp"

namespace switchback::sim {
namespace {

using testing::ElementsAre;

constexpr Bytes kDisk = Bytes{1} << 20;

class SimMovesTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(laboratory_.create_item({"a", {{"vda", kDisk, 0}, {"vdb", kDisk, 0}}}));
    ASSERT_TRUE(laboratory_.create_item({"b", {{"vda", kDisk, 0}}}));
    ASSERT_TRUE(laboratory_.write("a", Site::primary, {{1, 3, 17}}));
  }

  std::vector<std::string> volumes_of(const std::string& vm) {
    const recovery::VmDefinition definition = host_.find_vm(vm)->value();
    std::vector<std::string> volumes;
    for (const recovery::VmDisk& disk : definition.disks)
      volumes.push_back(disk.volume);
    return volumes;
  }
  std::vector<std::string> devices_of(const std::string& vm) {
    const recovery::VmDefinition definition = host_.find_vm(vm)->value();
    std::vector<std::string> devices;
    for (const recovery::VmDisk& disk : definition.disks)
      devices.push_back(disk.device);
    return devices;
  }
  void shut_down_and_delete(const std::string& vm) {
    ASSERT_TRUE(host_.shut_down_vm(vm));
    ASSERT_TRUE(laboratory_.edit(vm, Edit::delete_vm));
  }

  SimLaboratory laboratory_;
  SimHost host_{laboratory_.site(Site::primary), laboratory_.link()};
};

TEST_F(SimMovesTest, TakesTheDiskWithAllThatIsOnIt) {
  ASSERT_TRUE(host_.open_view("a", std::nullopt, "c1"));
  ASSERT_TRUE(host_.close_view("a"));
  ASSERT_TRUE(laboratory_.move_disk("a", "b"));
  EXPECT_THAT(volumes_of("a"), ElementsAre("a-vda"));
  EXPECT_THAT(volumes_of("b"), ElementsAre("b-vda", "a-vdb"));
  EXPECT_THAT(devices_of("b"), ElementsAre("vda", "vdb"));
  EXPECT_EQ(*host_.find_user("a-vdb"), "b");
  EXPECT_THAT(*host_.list_checkpoints("b"), ElementsAre("c1"));
  const auto moved = laboratory_.open_moved_disk("a");
  ASSERT_TRUE(moved) << moved.error().message;
  EXPECT_THAT(*(*moved)->read_all().value(),
              ElementsAre(std::pair(BlockNumber{3}, Shown{Shown::Kind::write, 17})));
}

TEST_F(SimMovesTest, UndoGivesItBack) {
  ASSERT_TRUE(laboratory_.move_disk("a", "b"));
  EXPECT_FALSE(laboratory_.move_disk("a", "b")) << "the other disk is the only one";
  ASSERT_TRUE(laboratory_.edit("b", Edit::undo));
  EXPECT_THAT(volumes_of("b"), ElementsAre("b-vda", "a-vdb")) << "it is not its disk";
  ASSERT_TRUE(laboratory_.edit("a", Edit::undo));
  EXPECT_THAT(volumes_of("a"), ElementsAre("a-vda", "a-vdb"));
  EXPECT_THAT(devices_of("a"), ElementsAre("vda", "vdb"));
  EXPECT_THAT(volumes_of("b"), ElementsAre("b-vda"));
  EXPECT_FALSE(laboratory_.open_moved_disk("a"));
  EXPECT_TRUE(laboratory_.move_disk("a", "b")) << "and again";
}

TEST_F(SimMovesTest, WhatCanNotMoveStaysWhereItWas) {
  const auto stays = [&](const std::string& from, const std::string& to) {
    const Nothing answer = laboratory_.move_disk(from, to);
    ASSERT_FALSE(answer);
    EXPECT_FALSE(answer.error().remedy.empty());
    EXPECT_THAT(volumes_of("a"), ElementsAre("a-vda", "a-vdb"));
    EXPECT_THAT(volumes_of("b"), ElementsAre("b-vda"));
  };
  stays("b", "a");  // its only disk
  stays("a", "a");
  stays("a", "nobody");
  for (const std::string reader : {"a", "b"}) {
    const auto view = host_.open_view(reader, std::nullopt, "c1");
    ASSERT_TRUE(view);
    stays("a", "b");
    ASSERT_TRUE(host_.close_view(reader));
  }
  Hardware hardware;
  hardware.boot_disk = 1;
  ASSERT_TRUE(laboratory_.create_item({"c", {{"vda", kDisk, 0}, {"vdb", kDisk, 0}}, {hardware}}));
  stays("c", "b");  // it boots from it
  EXPECT_FALSE(laboratory_.edit("a", Edit::move_disk)) << "where to?";
}

TEST_F(SimMovesTest, TheDiskOutlivesItsVmUntilItIsGivenBack) {
  ASSERT_TRUE(laboratory_.move_disk("a", "b"));
  shut_down_and_delete("a");
  EXPECT_TRUE(laboratory_.open_moved_disk("a"));
  ASSERT_TRUE(laboratory_.edit("a", Edit::undo));
  EXPECT_THAT(volumes_of("b"), ElementsAre("b-vda"));
  EXPECT_FALSE(host_.volume_size("a-vdb")) << "it has followed its VM";
}

TEST_F(SimMovesTest, ADiskThatWasDeletedOrTakenOrSharedIsNotRead) {
  ASSERT_TRUE(laboratory_.move_disk("a", "b"));
  SimSite& site = laboratory_.site(Site::primary);
  site.vms.change("a")->definition.disks.push_back({"vdb", "a-vdb"});
  EXPECT_FALSE(laboratory_.open_moved_disk("a")) << "both have it";
  site.vms.change("a")->definition.disks.pop_back();
  EXPECT_TRUE(laboratory_.open_moved_disk("a"));
  site.volumes.remove("a-vdb");
  EXPECT_FALSE(laboratory_.open_moved_disk("a"));
}

}  // namespace
}  // namespace switchback::sim
