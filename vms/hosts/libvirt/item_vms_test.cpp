// SPDX-License-Identifier: Apache-2.0
// The laboratory's groups, edits and test copies on real VMs.
#include <gmock/gmock.h>

#include "vms/hosts/libvirt/real_sites.hpp"

namespace switchback::libvirt {
namespace {

using recovery::Blocks;
using recovery::Host;
using recovery::VmDefinition;

constexpr Bytes kMiB = Bytes{1} << 20;

/// Two VMs with disks of the same names, and a NIC each.
ItemSpec usual_group() {
  ItemSpec item{.name = "group",
                .disks = {{"vda", kMiB, 0}, {"vda", 2 * kMiB, 1}, {"vdb", kMiB, 1}},
                .vms = {Hardware{}, Hardware{}}};
  item.vms[0].nics = {{"52:54:00:00:00:01", "production", ""}};
  item.vms[1].nics = {{"52:54:00:00:00:02", "production", "192.0.2.2"}};
  item.vms[1].cpus = 2;
  return item;
}

class ItemVms : public testing::Test {
 protected:
  explicit ItemVms(ItemSpec spec = usual_group()) : item_(std::move(spec)), bench_(make_bench()) {
    must(laboratory().create_item(item_));
  }
  ~ItemVms() override { EXPECT_TRUE(laboratory().remove_item(item_.name)); }

  Laboratory& laboratory() { return *bench_.laboratory; }
  Host& primary() { return *bench_.primary; }
  Host& recovery() { return *bench_.recovery; }
  Blocks shown(Result<std::unique_ptr<ImageReader>> image) {
    Blocks blocks;
    must(must(std::move(image))->visit_blocks([&](BlockNumber block, Shown shown) {
      EXPECT_EQ(shown.kind, Shown::Kind::write);
      blocks[block] = shown.seq;
    }));
    return blocks;
  }
  Blocks disk(std::size_t number) {
    return shown(laboratory().open_disk(item_.name, Site::primary, number));
  }
  SeenVm seen(const std::string& name) {
    for (const SeenVm& vm : must(laboratory().vms(item_.name)))
      if (vm.name == name) return vm;
    throw std::runtime_error("no VM " + name);
  }
  /// A copy of the second VM at recovery that runs under that name.
  void start_copy(const std::string& name, const std::string& isolated_network) {
    VmDefinition copy{.name = name, .disks = {}, .hardware = item_.vms[1]};
    for (const char* device : {"vda", "vdb"}) {
      const recovery::VolumeName volume = name + "-" + device;
      must(recovery().create_volume(
          {.name = volume, .size_bytes = 2 * kMiB, .backing = std::nullopt}));
      copy.disks.push_back({device, volume});
    }
    copy.isolated_network = isolated_network;
    must(recovery().ensure_vm(copy));
    must(recovery().start_vm(name, std::nullopt));
  }

  const ItemSpec item_;
  recovery::HostBench bench_;
};

TEST_F(ItemVms, OfAGroupEachWriteToTheirOwnDisks) {
  must(laboratory().write("group", Site::primary, {{0, 1, 1}, {1, 1, 2}, {2, 200, 3}, {0, 9, 4}}));
  EXPECT_EQ(disk(0), (Blocks{{1, 1}, {9, 4}}));
  EXPECT_EQ(disk(1), (Blocks{{1, 2}}));
  EXPECT_EQ(disk(2), (Blocks{{200, 3}}));
  must(laboratory().flush("group", Site::primary));
  const std::vector<SeenVm> vms = must(laboratory().vms("group"));
  ASSERT_EQ(vms.size(), 2U);
  for (std::size_t n = 0; n < 2; ++n) {
    EXPECT_EQ(vms[n].name, n == 0 ? "group-1" : "group-2");
    EXPECT_EQ(vms[n].vm, n);
    EXPECT_TRUE(vms[n].running);
    EXPECT_FALSE(vms[n].test);
    EXPECT_FALSE(vms[n].isolated);
    EXPECT_EQ(vms[n].hardware, item_.vms[n]);
  }
  EXPECT_EQ(vms[1].disks, (std::vector<DiskSpec>{{"vda", 2 * kMiB, 1}, {"vdb", kMiB, 1}}));
  EXPECT_NE(vms[0].incarnation, vms[1].incarnation);

  // One of them held: nobody writes to it, and to the other one may be written.
  must(primary().suspend_vm("group-2"));
  EXPECT_EQ(seen("group-2").hold, Hold::suspended);
  EXPECT_FALSE(laboratory().write("group", Site::primary, {{1, 5, 5}}));
  must(laboratory().write("group", Site::primary, {{0, 5, 5}}));
  must(primary().resume_vm("group-2"));
  must(laboratory().write("group", Site::primary, {{1, 5, 6}}));
  EXPECT_EQ(disk(1), (Blocks{{1, 2}, {5, 6}}));

  must(primary().shut_down_vm("group-1"));
  EXPECT_TRUE(must(laboratory().live_copies("group")).primary) << "the second one runs";
  must(primary().force_off_vm("group-2"));
  EXPECT_FALSE(must(laboratory().live_copies("group")).primary);
}

TEST_F(ItemVms, OfATestAreNoLiveCopiesAndTheirWritesAreTheirOwn) {
  start_copy("group-2-test", "group-test");
  EXPECT_FALSE(must(laboratory().live_copies("group")).recovery);
  const SeenVm test = seen("group-2-test");
  EXPECT_TRUE(test.test && test.running && test.isolated);
  EXPECT_EQ(test.vm, 1U);
  EXPECT_EQ(test.hardware, item_.vms[1]);
  must(laboratory().write_test("group", {{2, 3, 7}}));
  EXPECT_EQ(shown(laboratory().open_test_disk("group", 2)), (Blocks{{3, 7}}));
  EXPECT_EQ(disk(2), Blocks{});
  EXPECT_FALSE(laboratory().write("group", Site::recovery, {{2, 3, 8}}));

  // A copy with a suffix is the item's own, and one on the networks of the original not isolated.
  start_copy("group-2-dr", "");
  EXPECT_TRUE(must(laboratory().live_copies("group")).recovery);
  EXPECT_FALSE(seen("group-2-dr").test);
  EXPECT_FALSE(seen("group-2-dr").isolated);
  must(laboratory().write("group", Site::recovery, {{2, 3, 9}}));
  EXPECT_EQ(shown(laboratory().open_disk("group", Site::recovery, 2)), (Blocks{{3, 9}}));
  EXPECT_EQ(shown(laboratory().open_test_disk("group", 2)), (Blocks{{3, 7}}));

  // Of one name on both sites, and yet two.
  start_copy("group-2", "");
  std::set<std::string> incarnations;
  for (const SeenVm& vm : must(laboratory().vms("group")))
    if (vm.name == "group-2") incarnations.insert(vm.incarnation);
  EXPECT_EQ(incarnations.size(), 2U);

  must(laboratory().remove_item("group"));
  EXPECT_TRUE(must(laboratory().census("group")).empty());
}

class EditedVm : public ItemVms {
 protected:
  EditedVm()
      : ItemVms({.name = "web",
                 .disks = {{"vda", kMiB}},
                 .vms = {{.cpus = 1, .nics = {{"52:54:00:00:00:01", "production", ""}}}}}) {}
};

TEST_F(EditedVm, HasItsDisksEditedWhileItRunsAndTakenBack) {
  must(laboratory().write("web", Site::primary, {{0, 1, 1}}));
  must(primary().open_view("web", std::nullopt, "c1"));
  must(primary().close_view("web"));
  const std::string incarnation = seen("web").incarnation;
  must(laboratory().edit("web", Edit::add_disk));
  EXPECT_EQ(must(primary().find_vm("web"))->disks.size(), 2U);
  EXPECT_EQ(seen("web").disks.size(), 2U);
  must(laboratory().edit("web", Edit::grow_disk));
  EXPECT_GT(seen("web").disks[0].size_bytes, kMiB);
  EXPECT_GT(must(primary().volume_size("web-vda")), kMiB);
  must(laboratory().edit("web", Edit::undo));
  EXPECT_EQ(seen("web").disks, (std::vector<DiskSpec>{{"vda", kMiB, 0}}));
  EXPECT_EQ(must(primary().find_vm("web"))->disks.size(), 1U);
  EXPECT_EQ(seen("web").incarnation, incarnation) << "all the while it ran";
  must(laboratory().write("web", Site::primary, {{0, 2, 2}}));
  EXPECT_EQ(disk(0), (Blocks{{1, 1}, {2, 2}}));
  EXPECT_TRUE(primary().open_view("web", "c1", "c2")) << "its tracking is whole";
  must(primary().close_view("web"));
}

TEST_F(EditedVm, GetsOtherHardwareAndIsDeletedOnlyWhileItIsOff) {
  const Hardware before = seen("web").hardware;
  must(laboratory().edit("web", Edit::change_nic));
  must(laboratory().edit("web", Edit::add_memory));
  const Hardware after = must(primary().find_vm("web"))->hardware;
  EXPECT_EQ(seen("web").hardware, after);
  EXPECT_NE(after.nics[0].mac, before.nics[0].mac);
  EXPECT_GT(after.memory_bytes, before.memory_bytes);
  EXPECT_FALSE(laboratory().edit("web", Edit::delete_vm));
  must(primary().shut_down_vm("web"));
  must(laboratory().edit("web", Edit::grow_disk));
  must(laboratory().edit("web", Edit::undo));
  EXPECT_EQ(seen("web").disks[0].size_bytes, kMiB);
  must(primary().start_vm("web", std::nullopt));
  EXPECT_EQ(seen("web").hardware, after) << "and starts so";
  must(primary().shut_down_vm("web"));
  must(laboratory().edit("web", Edit::delete_vm));
  EXPECT_TRUE(must(laboratory().vms("web")).empty());
  EXPECT_TRUE(must(laboratory().census("web")).empty());
  for (const Edit edit : kAllEdits)
    EXPECT_FALSE(laboratory().edit("web", edit)) << name_of(edit) << " of a VM that is gone";
}

}  // namespace
}  // namespace switchback::libvirt
