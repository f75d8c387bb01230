// SPDX-License-Identifier: Apache-2.0
// VMs that boot the Linux guest: it writes, holds still, shuts down, and says who it is. Needs an
// image: vms/guest/build-image. Where there is none these tests fail.
#include <csignal>
#include <filesystem>
#include <map>

#include <gtest/gtest.h>

#include "vms/guest/image.hpp"
#include "vms/hosts/libvirt/guest_agent.hpp"
#include "vms/hosts/libvirt/libvirt_host.hpp"
#include "vms/hosts/libvirt/libvirt_laboratory.hpp"
#include "vms/hosts/libvirt/run_processes.hpp"
#include "vms/hosts/libvirt/two_sites.hpp"

namespace switchback::libvirt {
namespace {

constexpr Bytes kSize = (Bytes{8} << 20) + 7 * kSectorBytes;
const ItemSpec kItem{.name = "vm", .disks = {{"vda", kSize}, {"vdb", kSize}}};

template <class T>
T must_have(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message + "; " + result.error().remedy);
  return std::move(*result);
}
void must_do(const Nothing& result) {
  if (!result) throw std::runtime_error(result.error().message + "; " + result.error().remedy);
}

/// One pair of daemons for all tests, whose VMs boot Linux.
class LinuxGuest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    const guest::Image image = must_have(guest::find_image(std::nullopt));
    sites_ = must_have(TwoSites::open(default_run_base(), std::nullopt, image)).release();
  }
  static void TearDownTestSuite() {
    delete sites_;
    sites_ = nullptr;
  }

  LinuxGuest() : laboratory_(open_laboratory(std::chrono::seconds(60))) {
    must_do(laboratory_->create_item(kItem));
  }
  ~LinuxGuest() override { EXPECT_TRUE(laboratory_->remove_item("vm")); }

  static const SiteConfig& site() { return sites_->connection(Site::primary).site(); }
  static std::unique_ptr<LibvirtLaboratory> open_laboratory(Duration patience) {
    return must_have(LibvirtLaboratory::open(site(), sites_->connection(Site::recovery).site(),
                                             {.use_kvm = false, .patience = patience}));
  }
  LibvirtHost host() {
    return LibvirtHost(sites_->connection(Site::primary), laboratory_->meter(), false);
  }
  Nothing write(const std::vector<GuestWrite>& writes) {
    return laboratory_->write("vm", Site::primary, writes);
  }
  guest::Status status() {
    return must_have(GuestAgent::connect(site(), "vm", std::chrono::seconds(60))).status();
  }
  Hold hold() { return must_have(laboratory_->vms("vm"))->at(0).hold; }

  using Content = std::map<BlockNumber, WriteSeq>;
  Content disk(std::size_t number) {
    Content content;
    const auto image = must_have(laboratory_->open_disk("vm", Site::primary, number));
    must_do(image->visit_blocks([&](BlockNumber block, Shown shown) {
      EXPECT_EQ(Shown::Kind::write, shown.kind) << "block " << block;
      content[block] = shown.seq;
    }));
    return content;
  }
  static Content expected(const std::vector<GuestWrite>& writes, std::size_t disk) {
    Content content;
    for (const GuestWrite& write : writes)
      if (write.disk == disk) content[write.block] = write.seq;
    return content;
  }

  static TwoSites* sites_;
  std::unique_ptr<LibvirtLaboratory> laboratory_;
};

TwoSites* LinuxGuest::sites_ = nullptr;

TEST_F(LinuxGuest, WhatItWritesToTwoDisksIsThereWhileItRunsAndAfterItHasShutDown) {
  const BlockNumber last_block =
      DiskGeometry{.size_bytes = kSize, .volatile_cache = true}.block_count() - 1;
  std::vector<GuestWrite> writes;
  // More than one request holds, a block twice among them, and the odd end of a disk.
  for (WriteSeq seq = 1; seq <= guest::kMostWrites + 100; ++seq)
    writes.push_back({.disk = seq % 2, .block = (seq * 53) % last_block, .seq = seq});
  writes.push_back({.disk = 0, .block = last_block, .seq = 1000});
  writes.push_back({.disk = 0, .block = last_block, .seq = 1001});
  must_do(write(writes));
  for (const std::size_t number : {0U, 1U})
    EXPECT_EQ(expected(writes, number), disk(number));
  must_do(laboratory_->flush("vm", Site::primary));
  EXPECT_FALSE(write({{0, last_block + 1, 2000}})) << "behind the end";

  const guest::Status first = status();
  EXPECT_EQ(first.vm, site().domain_name("vm"));
  LibvirtHost primary = host();
  must_do(primary.shut_down_vm("vm"));
  for (const std::size_t number : {0U, 1U})
    EXPECT_EQ(expected(writes, number), disk(number));
  EXPECT_FALSE(write({{0, 1, 2001}})) << "it is off";

  // Started again it is another boot of the same VM.
  must_do(primary.start_vm("vm", "track"));
  const guest::Status second = status();
  EXPECT_EQ(second.vm, first.vm);
  EXPECT_NE(second.boot_id, first.boot_id);
  must_do(write({{0, 1, 2002}}));
  EXPECT_EQ(2002U, disk(0).at(1));
}

TEST_F(LinuxGuest, HeldItWritesNothingUntilItIsLetGo) {
  LibvirtHost primary = host();
  for (int times = 0; times < 2; ++times) {
    must_do(primary.freeze_vm("vm"));
    EXPECT_EQ(Hold::frozen, hold()) << "by its own word";
    EXPECT_TRUE(must_have(primary.is_held("vm")));
    const Nothing refused = write({{0, 1, 1}});
    ASSERT_FALSE(refused);
    EXPECT_NE(std::string::npos, refused.error().message.find("frozen")) << refused.error().message;
  }
  EXPECT_FALSE(primary.shut_down_vm("vm")) << "a frozen guest does not shut down";
  EXPECT_TRUE(disk(0).empty());
  must_do(primary.thaw_vm("vm"));
  must_do(primary.thaw_vm("vm"));
  EXPECT_EQ(Hold::none, hold());
  must_do(write({{0, 1, 2}}));

  must_do(primary.suspend_vm("vm"));
  EXPECT_EQ(Hold::suspended, hold());
  EXPECT_FALSE(write({{0, 1, 3}}));
  EXPECT_FALSE(primary.freeze_vm("vm")) << "it does not answer";
  EXPECT_EQ(2U, disk(0).at(1)) << "read while its processors stand still";
  must_do(primary.resume_vm("vm"));
  EXPECT_EQ(Hold::none, hold());
  must_do(write({{0, 1, 4}}));
  EXPECT_EQ(4U, disk(0).at(1));
}

TEST_F(LinuxGuest, IsNotHeldByAFreezeThatDidNotReachItAndStaysFrozenWhereNoThawDoes) {
  const auto tell = [](std::string_view what) {
    auto agent = must_have(GuestAgent::connect(site(), "vm", std::chrono::seconds(60)));
    must_do(agent.disturb_qemu_agent(what));
  };
  LibvirtHost impatient(sites_->connection(Site::primary), laboratory_->meter(), false,
                        std::chrono::seconds(6));
  LibvirtHost patient = host();
  must_do(patient.freeze_vm("vm"));  // its agent is up
  must_do(patient.thaw_vm("vm"));
  tell(guest::kHangs);
  const Nothing frozen = impatient.freeze_vm("vm");
  ASSERT_FALSE(frozen);
  EXPECT_NE(std::string::npos, frozen.error().message.find("vm")) << frozen.error().message;
  EXPECT_FALSE(must_have(impatient.is_held("vm")));
  EXPECT_EQ(Hold::none, hold());
  EXPECT_TRUE(impatient.thaw_vm("vm")) << "there is nothing to thaw";
  EXPECT_FALSE(impatient.shut_down_vm("vm"));
  EXPECT_TRUE(must_have(impatient.is_running("vm")));
  must_do(write({{0, 1, 1}}));

  tell(guest::kGoesOn);
  must_do(patient.freeze_vm("vm"));
  tell(guest::kEnds);
  EXPECT_FALSE(impatient.thaw_vm("vm"));
  EXPECT_TRUE(must_have(impatient.is_held("vm")));
  EXPECT_EQ(Hold::frozen, hold());
  EXPECT_FALSE(write({{0, 1, 2}}));

  // The end of its power is the end of every hold.
  must_do(patient.force_off_vm("vm"));
  must_do(patient.start_vm("vm", std::nullopt));
  EXPECT_EQ(Hold::none, hold());
  must_do(write({{0, 1, 3}}));
  EXPECT_EQ(3U, disk(0).at(1));
}

TEST_F(LinuxGuest, OneThatDoesNotAnswerIsAnErrorThatShowsItsConsole) {
  must_do(write({{0, 1, 1}}));
  const auto impatient = open_laboratory(std::chrono::milliseconds(500));
  impatient->know_item(kItem);
  pid_t qemu = 0;
  for (const RunProcess& process : processes_of_run(site().run_id))
    if (process.command.find("qemu-system") != std::string::npos) qemu = process.pid;
  ASSERT_NE(0, qemu);
  ASSERT_EQ(0, kill(qemu, SIGSTOP));
  const Nothing written = impatient->write("vm", Site::primary, {{0, 2, 2}});
  ASSERT_EQ(0, kill(qemu, SIGCONT));
  ASSERT_FALSE(written);
  EXPECT_NE(std::string::npos, written.error().message.find("does not answer; its console says"))
      << written.error().message;
  EXPECT_NE(std::string::npos, written.error().message.find("switchback agent: up"))
      << written.error().message;
  must_do(write({{0, 3, 3}}));
  EXPECT_EQ(3U, disk(0).at(3));
}

}  // namespace
}  // namespace switchback::libvirt
