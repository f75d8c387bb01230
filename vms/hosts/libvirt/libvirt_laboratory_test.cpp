// SPDX-License-Identifier: Apache-2.0
// The laboratory on two real libvirt daemons and real QEMU VMs. A missing libvirt fails them.
#include "vms/hosts/libvirt/libvirt_laboratory.hpp"

#include <algorithm>
#include <csignal>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vms/hosts/libvirt/libvirt_host.hpp"
#include "vms/hosts/libvirt/qcow2_header.hpp"
#include "vms/hosts/libvirt/run_processes.hpp"
#include "vms/hosts/libvirt/two_sites.hpp"

namespace switchback::libvirt {
namespace {

constexpr Bytes kMiB = Bytes{1} << 20;
constexpr Bytes kGrain = 65536;
/// No multiple of a block, nor of a cluster.
constexpr Bytes kOddSize = 64 * kMiB + 7 * kSectorBytes;
constexpr BlockNumber kLastOddBlock = 64 * kMiB / kBlockBytes;

/// What a disk shows: write numbers by block.
using Content = std::map<BlockNumber, WriteSeq>;

/// Reads a whole image; anything but whole writes is a failure.
Content content_of(ImageReader& image) {
  Content content;
  const Nothing visited = image.visit_blocks([&](BlockNumber block, Shown shown) {
    EXPECT_EQ(Shown::Kind::write, shown.kind) << "block " << block;
    EXPECT_TRUE(content.emplace(block, shown.seq).second) << "block " << block << " twice";
  });
  EXPECT_TRUE(visited.has_value()) << visited.error().message;
  return content;
}

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message + "; " + result.error().remedy);
  return std::move(*result);
}
void must(const Nothing& result) {
  if (!result) throw std::runtime_error(result.error().message + "; " + result.error().remedy);
}

std::vector<std::string> lines(const std::vector<CensusEntry>& census) {
  std::vector<std::string> text;
  for (const CensusEntry& entry : census)
    text.push_back(fmt::format("{} {} {}", name_of(entry.site), entry.kind, entry.name));
  return text;
}

class LibvirtLaboratoryTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    sites_ = must(TwoSites::open(default_run_base(), std::nullopt)).release();
  }
  static void TearDownTestSuite() {
    delete sites_;
    sites_ = nullptr;
  }

  LibvirtLaboratoryTest() : laboratory_(open_laboratory(std::chrono::seconds(20))) {}
  ~LibvirtLaboratoryTest() override { EXPECT_TRUE(laboratory_->remove_item("vm").has_value()); }

  static std::unique_ptr<LibvirtLaboratory> open_laboratory(Duration patience) {
    return must(LibvirtLaboratory::open(site(Site::primary), site(Site::recovery),
                                        {.use_kvm = false, .patience = patience}));
  }
  static const SiteConfig& site(Site site) { return sites_->connection(site).site(); }

  void create() {
    must(
        laboratory_->create_item({.name = "vm", .disks = {{"vda", kOddSize}, {"vdb", 64 * kMiB}}}));
  }
  void write(const std::vector<GuestWrite>& writes) {
    must(laboratory_->write("vm", Site::primary, writes));
  }
  Content disk(std::size_t number) {
    return content_of(*must(laboratory_->open_disk("vm", Site::primary, number)));
  }
  Content located(const std::string& locator) {
    return content_of(*must(laboratory_->open_located("vm", 0, locator)));
  }
  LibvirtHost host(Site at) {
    return LibvirtHost(sites_->connection(at), laboratory_->meter(), false);
  }

  static TwoSites* sites_;
  std::unique_ptr<LibvirtLaboratory> laboratory_;
};

TwoSites* LibvirtLaboratoryTest::sites_ = nullptr;

/// Writes `count` blocks scattered over the disk, numbered from `first`.
std::vector<GuestWrite> scattered(std::size_t disk, WriteSeq first, std::size_t count) {
  std::vector<GuestWrite> writes;
  for (std::size_t n = 0; n < count; ++n)
    writes.push_back({.disk = disk, .block = (n * 53 + first) % kLastOddBlock, .seq = first + n});
  return writes;
}

Content expected(const std::vector<GuestWrite>& writes, std::size_t disk) {
  Content content;
  for (const GuestWrite& write : writes)
    if (write.disk == disk) content[write.block] = write.seq;
  return content;
}

TEST_F(LibvirtLaboratoryTest, WhatTheGuestWritesIsReadBackWhileTheVmRunsAndWhenItIsOff) {
  create();
  EXPECT_EQ(Content{}, disk(0));
  std::vector<GuestWrite> writes = scattered(0, 1, 100);
  const std::vector<GuestWrite> others = scattered(1, 101, 50);
  writes.insert(writes.end(), others.begin(), others.end());
  writes.push_back({.disk = 0, .block = kLastOddBlock, .seq = 151});
  writes.push_back({.disk = 0, .block = kLastOddBlock, .seq = 152});
  write(writes);
  EXPECT_EQ(expected(writes, 0), disk(0));
  EXPECT_EQ(expected(writes, 1), disk(1));
  EXPECT_EQ(kOddSize, must(laboratory_->open_disk("vm", Site::primary, 0))->size_bytes());
  must(laboratory_->flush("vm", Site::primary));

  LibvirtHost primary = host(Site::primary);
  must(primary.shut_down_vm("vm"));
  EXPECT_EQ(expected(writes, 0), disk(0));
  EXPECT_EQ(expected(writes, 1), disk(1));
  EXPECT_EQ(expected(writes, 0), located(primary.locate_volume("vm-vda")));
  EXPECT_FALSE(laboratory_->write("vm", Site::primary, {{0, 1, 1}}).has_value());
  EXPECT_FALSE(laboratory_->write("vm", Site::recovery, {{0, 1, 1}}).has_value());
}

TEST_F(LibvirtLaboratoryTest, DuringABackupTheFrozenViewStaysAndTheNextDeltaHoldsWhatWasDirtied) {
  create();
  write({{0, 10, 1}, {1, 10, 2}});
  LibvirtHost primary = host(Site::primary);
  {
    const auto view = must(primary.open_view("vm", std::nullopt, "c1"));
    constexpr recovery::Extent kBlock = {.offset = 10 * kBlockBytes, .length = kBlockBytes};
    std::vector<std::byte> frozen_before;
    must(view->read("vda", kBlock, frozen_before));
    const std::vector<GuestWrite> during = {{0, 10, 3}, {0, 500, 4}, {0, kLastOddBlock, 5}};
    write(during);
    EXPECT_EQ(expected(during, 0), disk(0));
    std::vector<std::byte> frozen;
    must(view->read("vda", kBlock, frozen));
    EXPECT_EQ(frozen_before, frozen);
    const std::unique_ptr<ImageReader> second =
        must(laboratory_->open_disk("vm", Site::primary, 1));
    EXPECT_EQ((Content{{10, 2}}), content_of(*second));
    must(primary.close_view("vm"));
    const auto after = must(primary.open_view("vm", "c1", "c2"));
    std::vector<std::byte> now;
    must(after->read("vda", kBlock, now));
    EXPECT_NE(frozen, now);
    std::set<Bytes> grains;
    for (const recovery::Extent& extent : must(after->extents("vda")))
      for (Bytes at = 0; at < extent.length; at += kGrain)
        grains.insert((extent.offset + at) / kGrain);
    EXPECT_EQ(
        (std::set<Bytes>{0, 500 * kBlockBytes / kGrain, kLastOddBlock * kBlockBytes / kGrain}),
        grains);
    EXPECT_TRUE(must(after->extents("vdb")).empty());
    must(primary.close_view("vm"));
  }
  // The server of the guest's writes was stopped each time, or no view could have been opened.
  write({{0, 11, 6}});
  EXPECT_EQ(6U, disk(0).at(11));
}

TEST_F(LibvirtLaboratoryTest, ABackingFileOfARunningVmCanBeRead) {
  create();
  write({{0, 7, 1}});
  LibvirtHost primary = host(Site::primary);
  must(primary.shut_down_vm("vm"));
  must(primary.create_volume({.name = "vm-vda-p1", .size_bytes = kOddSize, .backing = "vm-vda"}));
  must(primary.remove_vm("vm"));
  must(primary.ensure_vm({.name = "vm", .disks = {{"vda", "vm-vda-p1"}}}));
  must(primary.start_vm("vm", std::nullopt));
  write({{0, 7, 2}, {0, 8, 3}});
  EXPECT_EQ((Content{{7, 1}}), located(primary.locate_volume("vm-vda")));
  EXPECT_EQ((Content{{7, 2}, {8, 3}}), disk(0));
  const auto open_top = laboratory_->open_located("vm", 0, primary.locate_volume("vm-vda-p1"));
  EXPECT_FALSE(open_top.has_value()) << "a file that is written to can't be trusted";
}

TEST_F(LibvirtLaboratoryTest, TheMeterCountsWhatReachesAReplicaAndACutStopsIt) {
  LibvirtHost recovery = host(Site::recovery);
  must(recovery.create_volume(
      {.name = "vm-vda-replica", .size_bytes = kOddSize, .backing = std::nullopt}));
  const Bytes before = laboratory_->wire().total();
  {
    const auto replica = must(recovery.open_replica("vm-vda-replica"));
    const std::vector<std::byte> payload(kMiB, std::byte{0x5a});
    for (Bytes n = 0; n < 4; ++n)
      must(replica->write({.offset = n * kMiB, .length = kMiB}, payload));
    must(replica->flush());
    const WireCount wire = laboratory_->wire();
    EXPECT_GE(wire.to_recovery, 4 * kMiB);
    EXPECT_LE(wire.total() - before, 4 * kMiB + 4096) << "four requests, a handshake, a flush";
    EXPECT_LE(wire.to_primary, 4096U);
    laboratory_->meter().cut();
    EXPECT_FALSE(replica->write({.offset = 0, .length = kMiB}, payload).has_value());
  }
  EXPECT_FALSE(recovery.open_replica("vm-vda-replica").has_value());
  laboratory_->meter().heal();
  EXPECT_TRUE(recovery.open_replica("vm-vda-replica").has_value());
  EXPECT_THAT(lines(must(laboratory_->census("vm"))),
              testing::ElementsAre("recovery volume vm-vda-replica"));
}

TEST_F(LibvirtLaboratoryTest, TheCensusSeesEachKindAndRemovingLeavesNothingButTheNeighbour) {
  using testing::IsSupersetOf;
  create();
  must(laboratory_->create_item({.name = "vm2", .disks = {{"vda", 64 * kMiB}}}));
  const std::vector<std::string> at_start = {"primary vm vm", "primary volume vm-vda",
                                             "primary volume vm-vdb"};
  EXPECT_EQ(at_start, lines(must(laboratory_->census("vm"))));
  LibvirtHost primary = host(Site::primary);
  LibvirtHost recovery = host(Site::recovery);
  auto view = must(primary.open_view("vm", std::nullopt, "c1"));
  must(recovery.create_volume(
      {.name = "vm-vda-replica", .size_bytes = kOddSize, .backing = std::nullopt}));
  auto replica = must(recovery.open_replica("vm-vda-replica"));
  const std::vector<std::string> in_the_middle = lines(must(laboratory_->census("vm")));
  EXPECT_THAT(in_the_middle,
              IsSupersetOf({"primary vm vm", "primary checkpoint vm/c1",
                            "primary checkpoint vm-vda/c1", "primary checkpoint vm-vdb/c1",
                            "primary export vm.backup", "recovery volume vm-vda-replica",
                            "recovery process vm-vda-replica (qemu-nbd)"}));
  EXPECT_THAT(in_the_middle,
              testing::Contains(testing::StartsWith("recovery export vm-vda-replica")));
  replica.reset();
  view.reset();
  must(primary.close_view("vm"));
  EXPECT_TRUE(must(laboratory_->live_copies("vm")).primary);
  EXPECT_FALSE(must(laboratory_->live_copies("vm")).recovery);
  must(primary.shut_down_vm("vm"));
  EXPECT_FALSE(must(laboratory_->live_copies("vm")).primary);
  EXPECT_THAT(lines(must(laboratory_->census("vm"))),
              testing::UnorderedElementsAre(
                  "primary vm vm", "primary volume vm-vda", "primary volume vm-vdb",
                  "primary checkpoint vm-vda/c1", "primary checkpoint vm-vdb/c1",
                  "primary checkpoint vm/c1", "recovery volume vm-vda-replica"));
  must(laboratory_->remove_item("vm"));
  EXPECT_THAT(lines(must(laboratory_->census("vm"))), testing::IsEmpty());
  EXPECT_THAT(lines(must(laboratory_->census("vm2"))),
              testing::ElementsAre("primary vm vm2", "primary volume vm2-vda"));
  must(laboratory_->remove_item("vm2"));
}

TEST_F(LibvirtLaboratoryTest, AnItemIsRemovedInTheMiddleOfABackup) {
  create();
  LibvirtHost primary = host(Site::primary);
  LibvirtHost recovery = host(Site::recovery);
  must(recovery.create_volume(
      {.name = "vm-vda-replica", .size_bytes = kOddSize, .backing = std::nullopt}));
  const auto replica = must(recovery.open_replica("vm-vda-replica"));
  const auto view = must(primary.open_view("vm", std::nullopt, "c1"));
  must(laboratory_->remove_item("vm"));
  EXPECT_THAT(lines(must(laboratory_->census("vm"))), testing::IsEmpty());
}

TEST_F(LibvirtLaboratoryTest, AStoppedQemuIsAnErrorAndNeverAWaitWithoutEnd) {
  create();
  write({{0, 1, 1}});
  const auto impatient = open_laboratory(std::chrono::milliseconds(500));
  impatient->know_item({.name = "vm", .disks = {{"vda", kOddSize}, {"vdb", 64 * kMiB}}});
  pid_t qemu = 0;
  for (const RunProcess& process : processes_of_run(site(Site::primary).run_id))
    if (process.command.find("qemu-system") != std::string::npos) qemu = process.pid;
  ASSERT_NE(0, qemu);
  ASSERT_EQ(0, kill(qemu, SIGSTOP));
  const Nothing written = impatient->write("vm", Site::primary, {{0, 2, 2}});
  const Nothing flushed = impatient->flush("vm", Site::primary);
  const auto counted = impatient->census("vm");
  ASSERT_EQ(0, kill(qemu, SIGCONT));
  ASSERT_FALSE(written.has_value());
  EXPECT_NE(std::string::npos, written.error().message.find("no answer"))
      << written.error().message;
  EXPECT_FALSE(flushed.has_value());
  EXPECT_FALSE(counted.has_value());
  write({{0, 3, 3}});
  EXPECT_EQ(3U, disk(0).at(3));
}

TEST_F(LibvirtLaboratoryTest, ADiskThatEndsInsideASectorIsRefused) {
  const Nothing made = laboratory_->create_item({.name = "vm", .disks = {{"vda", 1000}}});
  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(ErrorKind::bad_input, made.error().kind);
}

TEST_F(LibvirtLaboratoryTest, ALocatorOfSomethingElseIsAnError) {
  EXPECT_FALSE(laboratory_->open_located("vm", 0, "sim:recovery/x").has_value());
  EXPECT_FALSE(laboratory_->open_located("vm", 0, "qcow2:/nonexistent").has_value());
}

TEST_F(LibvirtLaboratoryTest, AnImageThatIsGoneOrRestsOnWhatIsGoneIsNotFound) {
  LibvirtHost recovery = host(Site::recovery);
  must(recovery.create_volume({.name = "vm-b", .size_bytes = kMiB, .backing = std::nullopt}));
  must(recovery.create_volume({.name = "vm-p1", .size_bytes = kMiB, .backing = "vm-b"}));
  const std::string top = recovery.locate_volume("vm-p1");
  EXPECT_EQ(Content{}, located(top));
  for (const char* deleted : {"vm-b", "vm-p1"}) {
    must(recovery.remove_volume(deleted));
    const auto opened = laboratory_->open_located("vm", 0, top);
    ASSERT_FALSE(opened) << deleted;
    EXPECT_EQ(opened.error().kind, ErrorKind::not_found) << opened.error().message;
  }
}

}  // namespace
}  // namespace switchback::libvirt
