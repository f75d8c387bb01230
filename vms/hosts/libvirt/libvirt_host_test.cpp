// SPDX-License-Identifier: Apache-2.0
// Real hosts under the contract of all hosts, and what only they promise. Needs libvirt and QEMU:
// where they are missing these tests fail.
#include "vms/hosts/libvirt/libvirt_host.hpp"

#include <csignal>

#include "vms/hosts/host_contract.hpp"
#include "vms/hosts/libvirt/deadline.hpp"
#include "vms/hosts/libvirt/process.hpp"
#include "vms/hosts/libvirt/real_sites.hpp"
#include "vms/hosts/libvirt/run_processes.hpp"

namespace switchback::libvirt {
namespace {

const testing::Environment* const kDaemons = testing::AddGlobalTestEnvironment(new Daemons);

}  // namespace
}  // namespace switchback::libvirt

namespace switchback::recovery {
INSTANTIATE_TEST_SUITE_P(Libvirt, HostContract,
                         testing::Values(HostWorld{"libvirt", libvirt::make_bench}));
}

namespace switchback::libvirt {
namespace {

using recovery::Host;
using recovery::VmDefinition;
using recovery::VolumeName;

constexpr Bytes kMiB = Bytes{1} << 20;

/// Two sites with one VM of two disks, on primary.
class RealHosts : public testing::Test {
 protected:
  RealHosts() : bench_(make_bench()) { must(bench_.laboratory->create_item(kItem)); }
  ~RealHosts() override { EXPECT_TRUE(bench_.laboratory->remove_item(kItem.name)); }

  static inline const ItemSpec kItem{"contract", {{"vda", 9 * kMiB + 512}, {"vdb", 64 * kMiB}}};

  Host& host(Site site) { return site == Site::primary ? *bench_.primary : *bench_.recovery; }
  static VolumeName own(const std::string& device) { return "contract-" + device; }
  static VolumeName layer(const std::string& device, const std::string& name) {
    return own(device) + "-" + name;
  }

  void write(Site site, const std::vector<BlockNumber>& blocks) {
    std::vector<GuestWrite> writes;
    for (const BlockNumber block : blocks)
      for (const std::size_t disk : {0U, 1U})
        writes.push_back({disk, block, ++last_});
    must(bench_.laboratory->write(kItem.name, site, writes));
  }
  /// Copies what a view gives of both disks to volumes of the other site; bytes copied.
  Bytes copy(recovery::View& view, Site to, const std::string& name) {
    Bytes copied = 0;
    std::vector<std::byte> bytes;
    for (const DiskSpec& disk : kItem.disks) {
      const VolumeName volume = name.empty() ? own(disk.device) : layer(disk.device, name);
      const auto replica = must(host(to).open_replica(volume));
      for (const recovery::Extent& extent : must(view.extents(disk.device))) {
        must(view.read(disk.device, extent, bytes));
        must(replica->write(extent, bytes));
        copied += extent.length;
      }
      must(replica->flush());
    }
    return copied;
  }
  void make_layer(const std::string& name, const std::optional<std::string>& backing) {
    for (const DiskSpec& disk : kItem.disks) {
      recovery::VolumeSpec spec{layer(disk.device, name), disk.size_bytes, std::nullopt};
      if (backing) spec.backing = layer(disk.device, *backing);
      must(host(Site::recovery).create_volume(spec));
    }
  }
  /// By a program of QEMU's own: chains and all, byte by byte.
  void expect_equal(const std::string& name) {
    for (const DiskSpec& disk : kItem.disks) {
      const auto file = [](const std::string& locator) {
        return locator.substr(locator.find(':') + 1);
      };
      const auto compared = run_program(
          Daemons::sites().folder().manifest().run_id,
          {"qemu-img", "compare", file(host(Site::primary).locate_volume(own(disk.device))),
           file(host(Site::recovery).locate_volume(layer(disk.device, name)))});
      EXPECT_TRUE(compared) << compared.error().message;
    }
  }
  pid_t pid_of_qemu(Site site) {
    const std::string name = connection(site).site().domain_name(kItem.name);
    for (const RunProcess& process : processes_of_run(connection(site).site().run_id))
      if (process.command.find("guest=" + name) != std::string::npos) return process.pid;
    return -1;
  }
  static const Connection& connection(Site site) { return Daemons::sites().connection(site); }
  std::vector<std::string> census() {
    std::vector<std::string> names;
    for (const CensusEntry& entry : must(bench_.laboratory->census(kItem.name)))
      names.push_back(std::string(entry.kind) + " " + entry.name);
    return names;
  }

  recovery::HostBench bench_;
  WriteSeq last_ = 0;
};

TEST_F(RealHosts, TakeAVmThereAndBackWithEveryByte) {
  Host& a = host(Site::primary);
  Host& b = host(Site::recovery);
  const std::string vm = kItem.name;
  // There: seed, two deltas each in a layer of its own, and what changed until the shutdown.
  write(Site::primary, {0, 1, 300, 2000});
  make_layer("replica", std::nullopt);
  copy(*must(a.open_view(vm, std::nullopt, "c1")), Site::recovery, "replica");
  must(a.close_view(vm));
  write(Site::primary, {1, 700});
  make_layer("p1", "replica");
  EXPECT_EQ(copy(*must(a.open_view(vm, "c1", "c2")), Site::recovery, "p1"), 4 * 65536U);
  must(a.close_view(vm));
  must(a.remove_checkpoint(vm, "c1"));
  write(Site::primary, {2, 2304});
  must(a.shut_down_vm(vm));
  make_layer("p2", "p1");
  // Two blocks on each disk; the last one of the first disk is in a grain of 512 bytes.
  EXPECT_EQ(copy(*must(a.open_stopped_view(vm, "c2")), Site::recovery, "p2"), 3 * 65536U + 512U);
  must(a.close_view(vm));
  expect_equal("p2");

  // Failed over, with tracking; the layers folded under the running VM.
  make_layer("t", "p2");
  must(b.ensure_vm({vm, {{"vda", layer("vda", "t")}, {"vdb", layer("vdb", "t")}}}));
  must(b.start_vm(vm, "track"));
  write(Site::recovery, {5, 300});
  for (const DiskSpec& disk : kItem.disks) {
    must(b.fold_volumes(layer(disk.device, "replica"), layer(disk.device, "p2"),
                        recovery::VmDisk{disk.device, layer(disk.device, "t")}, vm));
    for (const char* name : {"p1", "p2"})
      must(b.remove_volume(layer(disk.device, name)));
  }
  write(Site::recovery, {6});

  // And back: only what was written there, then what is left after the shutdown.
  must(a.remove_checkpoint(vm, "c2"));
  EXPECT_EQ(copy(*must(b.open_view(vm, "track", "c3")), Site::primary, ""), 4 * 65536U);
  must(b.close_view(vm));
  write(Site::recovery, {2000});
  must(b.shut_down_vm(vm));
  EXPECT_EQ(copy(*must(b.open_stopped_view(vm, "c3")), Site::primary, ""), 2 * 65536U);
  must(b.close_view(vm));
  expect_equal("t");

  // Folded while it is off, and the VM's own layer rests on what is left.
  for (const DiskSpec& disk : kItem.disks) {
    must(b.fold_volumes(layer(disk.device, "replica"), layer(disk.device, "t"), std::nullopt, {}));
    must(b.remove_checkpoint(vm, "track"));
    must(b.remove_checkpoint(vm, "c3"));
  }
  must(b.remove_vm(vm));
  for (const DiskSpec& disk : kItem.disks)
    must(b.remove_volume(layer(disk.device, "t")));
  expect_equal("replica");
  must(a.start_vm(vm, std::nullopt));
  for (const DiskSpec& disk : kItem.disks)
    must(b.remove_volume(layer(disk.device, "replica")));
  EXPECT_EQ(census(), (std::vector<std::string>{"vm contract", "volume contract-vda",
                                                "volume contract-vdb"}));
}

TEST_F(RealHosts, FoldBelowARunningCopyAndWhatElseRestsThere) {
  Host& b = host(Site::recovery);
  const std::string vm = kItem.name;
  write(Site::primary, {0, 1, 300});
  make_layer("replica", std::nullopt);
  copy(*must(host(Site::primary).open_view(vm, std::nullopt, "c1")), Site::recovery, "replica");
  must(host(Site::primary).close_view(vm));
  write(Site::primary, {1, 2000});
  make_layer("p1", "replica");
  copy(*must(host(Site::primary).open_view(vm, "c1", "c2")), Site::recovery, "p1");
  must(host(Site::primary).close_view(vm));
  must(host(Site::primary).shut_down_vm(vm));
  // A copy runs on the second point, and a third one rests there too.
  make_layer("p2", "p1");
  make_layer("p3", "p2");
  make_layer("x", "p2");
  must(b.ensure_vm({vm, {{"vda", layer("vda", "x")}, {"vdb", layer("vdb", "x")}}}));
  must(b.start_vm(vm, std::nullopt));
  for (const char* top : {"p1", "p2"}) {
    for (const DiskSpec& disk : kItem.disks) {
      const recovery::VmDisk user{disk.device, layer(disk.device, "x")};
      for (int times = 0; times < 2; ++times)
        must(b.fold_volumes(layer(disk.device, "replica"), layer(disk.device, top), user, vm));
      must(b.remove_volume(layer(disk.device, top)));
    }
  }
  must(b.shut_down_vm(vm));
  expect_equal("x");
  expect_equal("p3");
  must(b.remove_vm(vm));
}

TEST_F(RealHosts, ATrackingThatAKilledQemuLostIsAnErrorThatCanBeClearedAway) {
  Host& a = host(Site::primary);
  { const auto view = must(a.open_view(kItem.name, std::nullopt, "c1")); }
  must(a.close_view(kItem.name));
  write(Site::primary, {0});
  const pid_t pid = pid_of_qemu(Site::primary);
  ASSERT_GT(pid, 0);
  ASSERT_EQ(kill(pid, SIGKILL), 0);
  const Deadline deadline = Deadline::after(std::chrono::seconds(30));
  while (must(a.is_running(kItem.name)) && !deadline.passed())
    deadline.pause();
  recovery::expect_named(a.open_stopped_view(kItem.name, "c1"), "c1");
  must(a.start_vm(kItem.name, std::nullopt));
  recovery::expect_named(a.open_view(kItem.name, "c1", "c2"), "c1");
  must(a.remove_checkpoint(kItem.name, "c1"));
  EXPECT_TRUE(must(a.list_checkpoints(kItem.name)).empty());
  must(a.open_view(kItem.name, std::nullopt, "c1"));
  must(a.close_view(kItem.name));
}

TEST_F(RealHosts, AStartThatDiedBeforeItsTrackingWasArmedIsFinished) {
  Host& a = host(Site::primary);
  must(a.shut_down_vm(kItem.name));
  {
    // What start_vm() has done when its process dies between the start and the checkpoint.
    const Domain domain = must(connection(Site::primary).domain(kItem.name));
    ASSERT_EQ(
        virDomainSetMetadata(domain.get(), VIR_DOMAIN_METADATA_ELEMENT, "<vm/>", "starting",
                             "https://switchback.example/starting/1", VIR_DOMAIN_AFFECT_CONFIG),
        0);
    ASSERT_EQ(virDomainCreateWithFlags(domain.get(), VIR_DOMAIN_START_PAUSED), 0);
  }
  must(a.start_vm(kItem.name, "track"));
  write(Site::primary, {20});
  const auto view = must(a.open_view(kItem.name, "track", "next"));
  EXPECT_EQ(must(view->extents("vda")), (std::vector<recovery::Extent>{{65536, 65536}}));
  must(a.close_view(kItem.name));
  must(a.start_vm(kItem.name, "track"));
  EXPECT_FALSE(a.start_vm(kItem.name, "other")) << "by now its guest has run";
}

TEST_F(RealHosts, AReplicaWhoseServerHangsIsAnErrorAndNoHang) {
  make_layer("replica", std::nullopt);
  const recovery::HostBench impatient = make_bench_with(std::chrono::seconds(2));
  auto replica = must(impatient.recovery->open_replica(layer("vda", "replica")));
  const std::vector<std::byte> bytes(65536);
  must(replica->write({.offset = 0, .length = bytes.size()}, bytes));
  int stopped = 0;
  for (const RunProcess& process : processes_of_run(connection(Site::recovery).site().run_id))
    if (process.command.starts_with("qemu-nbd")) stopped += kill(process.pid, SIGSTOP) == 0 ? 1 : 0;
  ASSERT_EQ(stopped, 1);
  EXPECT_FALSE(replica->flush());
  EXPECT_FALSE(replica->write({.offset = 0, .length = bytes.size()}, bytes)) << "and stays one";
  replica.reset();
  for (const RunProcess& process : processes_of_run(connection(Site::recovery).site().run_id))
    EXPECT_FALSE(process.command.starts_with("qemu-nbd")) << process.command;
}

}  // namespace
}  // namespace switchback::libvirt
