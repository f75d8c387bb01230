// SPDX-License-Identifier: Apache-2.0
// What goes with the power of a real site, and what comes back.
#include "vms/hosts/libvirt/site_power.hpp"

#include "vms/hosts/libvirt/process.hpp"
#include "vms/hosts/libvirt/real_sites.hpp"
#include "vms/hosts/libvirt/secrets.hpp"

namespace switchback::libvirt {
namespace {

using recovery::Host;

/// A VM of two disks that runs at primary, with a checkpoint since which one block of each was
/// written.
class SitePowerTest : public testing::Test {
 protected:
  SitePowerTest() : bench_(make_bench()) {
    must(bench_.laboratory->create_item(kItem));
    must(primary().open_view(kVm, std::nullopt, "c1"));
    must(primary().close_view(kVm));
    write(3, 1);
  }
  ~SitePowerTest() override { EXPECT_TRUE(bench_.laboratory->remove_item(kVm)); }

  static constexpr const char* kVm = "power";
  static inline const ItemSpec kItem{kVm, {{"vda", Bytes{1} << 20}, {"vdb", Bytes{2} << 20}}};

  Host& primary() { return *bench_.primary; }
  Host& recovery() { return *bench_.recovery; }
  bool cut_power(Site site) { return must(power_.lose(site)); }

  void write(BlockNumber block, WriteSeq seq) {
    must(bench_.laboratory->write(kVm, Site::primary, {{0, block, seq}, {1, block, seq + 1}}));
  }
  std::size_t blocks_shown() {
    return must(must(bench_.laboratory->open_disk(kVm, Site::primary, 0))->read_all())->size();
  }
  std::string incarnation() { return must(bench_.laboratory->vms(kVm)).at(0).incarnation; }

  recovery::HostBench bench_;
  std::unique_ptr<WireMeter> wire_ = must(WireMeter::start());
  HostRestarts restarts_;
  SitePower power_{Daemons::sites(), *wire_, restarts_};
};

TEST_F(SitePowerTest, ARunningVmIsStartedAgainWithItsDataAndWithoutTrackingViewAndHold) {
  const std::string before = incarnation();
  const auto view = must(primary().open_view(kVm, "c1", "c2"));
  must(primary().suspend_vm(kVm));
  EXPECT_TRUE(cut_power(Site::primary));
  EXPECT_TRUE(must(primary().is_running(kVm)));
  EXPECT_NE(incarnation(), before) << "another process";
  EXPECT_EQ(restarts_.first_of(incarnation()), before) << "that nobody asked for";
  EXPECT_TRUE(cut_power(Site::primary));
  EXPECT_EQ(restarts_.first_of(incarnation()), before) << "a second time";
  EXPECT_FALSE(must(primary().is_held(kVm)));
  EXPECT_EQ(blocks_shown(), 1U) << "it was acknowledged";
  std::vector<std::byte> bytes;
  EXPECT_FALSE(view->read("vda", {.offset = 0, .length = 65536}, bytes));
  must(primary().close_view(kVm));
  for (const char* lost : {"c1", "c2"}) {
    const auto since = primary().open_view(kVm, lost, "c3");
    recovery::expect_named(since, lost);
    EXPECT_EQ(since.error().kind, ErrorKind::bad_input) << "compare, do not try again";
    must(primary().remove_checkpoint(kVm, lost));
  }
  // Tracking begins anew, and the harness's guest goes on.
  must(primary().open_view(kVm, std::nullopt, "c3"));
  must(primary().close_view(kVm));
  write(20, 3);
  const auto next = must(primary().open_view(kVm, "c3", "c4"));
  EXPECT_EQ(must(next->extents("vdb")), (std::vector<recovery::Extent>{{65536, 65536}}));
  must(primary().close_view(kVm));
}

TEST_F(SitePowerTest, AVmThatIsOffStaysOffAndKeepsItsTracking) {
  must(primary().shut_down_vm(kVm));
  EXPECT_FALSE(cut_power(Site::primary)) << "there was nothing to lose";
  EXPECT_FALSE(must(primary().is_running(kVm)));
  const auto view = must(primary().open_stopped_view(kVm, "c1"));
  EXPECT_EQ(must(view->extents("vda")), (std::vector<recovery::Extent>{{0, 65536}}));
}

TEST_F(SitePowerTest, AReplicaLosesItsServerAndTheOtherSiteNothing) {
  must(recovery().create_volume(
      {.name = "power-vda-r", .size_bytes = Bytes{1} << 20, .backing = std::nullopt}));
  must(keep_secret(Daemons::sites().connection(Site::recovery), "power", "seven wet frogs"));
  const std::string before = incarnation();
  const std::vector<std::byte> bytes(65536, std::byte{1});
  auto replica = must(recovery().open_replica("power-vda-r"));
  must(replica->write({.offset = 0, .length = bytes.size()}, bytes));
  must(replica->flush());
  EXPECT_TRUE(cut_power(Site::recovery));
  EXPECT_FALSE(replica->write({.offset = 0, .length = bytes.size()}, bytes));
  replica.reset();
  EXPECT_EQ(must(recovery().digests("power-vda-r", 65536)).size(), 1U) << "it was flushed";
  must(must(recovery().open_replica("power-vda-r"))->flush());
  EXPECT_EQ(must(read_secret(Daemons::sites().connection(Site::recovery), "power")),
            "seven wet frogs")
      << "a site has a key store";
  EXPECT_EQ(incarnation(), before);
  must(primary().open_view(kVm, "c1", "c2"));
  must(primary().close_view(kVm));
}

TEST_F(SitePowerTest, OneDiskAloneThatLostItsBitmapMakesTheWholeVmsTrackingALostOne) {
  must(primary().shut_down_vm(kVm));
  const SiteConfig& site = Daemons::sites().connection(Site::primary).site();
  must(run_program(site.run_id,
                   {"qemu-img", "bitmap", "--remove", site.volume_path("power-vdb"), "c1"}));
  for (const bool running : {false, true}) {
    if (running) must(primary().start_vm(kVm, std::nullopt));
    const auto view =
        running ? primary().open_view(kVm, "c1", "c2") : primary().open_stopped_view(kVm, "c1");
    recovery::expect_named(view, "c1");
    EXPECT_EQ(view.error().kind, ErrorKind::bad_input);
  }
}

}  // namespace
}  // namespace switchback::libvirt
