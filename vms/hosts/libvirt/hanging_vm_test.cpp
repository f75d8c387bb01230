// SPDX-License-Identifier: Apache-2.0
// A QEMU that does not answer hinders its own item only.
#include <csignal>

#include "vms/hosts/libvirt/deadline.hpp"
#include "vms/hosts/libvirt/qemu_process.hpp"
#include "vms/hosts/libvirt/real_sites.hpp"

namespace switchback::libvirt {
namespace {

using recovery::Host;

/// Two items of one disk each on the same two sites, and one pair of hosts for both.
class HangingVm : public testing::Test {
 protected:
  HangingVm() : bench_(make_bench_with(std::chrono::seconds(5))) {
    for (const char* name : {kHanging, kOther})
      must(bench_.laboratory->create_item({.name = name, .disks = {{"vda", Bytes{1} << 20}}}));
  }
  ~HangingVm() override {
    for (const char* name : {kHanging, kOther})
      EXPECT_TRUE(bench_.laboratory->remove_item(name));
  }

  static constexpr const char* kHanging = "hanging";
  static constexpr const char* kOther = "other";

  Host& primary() { return *bench_.primary; }
  Host& recovery() { return *bench_.recovery; }

  /// A round of replication: a cut, all that it shows copied to a volume of the other site, the
  /// end.
  Nothing round(const std::string& vm, const std::string& checkpoint) {
    const recovery::VolumeName replica = vm + "-vda-" + checkpoint;
    SB_ASSIGN(view, primary().open_view(vm, std::nullopt, checkpoint));
    SB_TRY(recovery().create_volume(
        {.name = replica, .size_bytes = Bytes{1} << 20, .backing = std::nullopt}));
    SB_ASSIGN(onto, recovery().open_replica(replica));
    SB_ASSIGN(extents, view->extents("vda"));
    std::vector<std::byte> bytes;
    for (const recovery::Extent& extent : extents) {
      SB_TRY(view->read("vda", extent, bytes));
      SB_TRY(onto->write(extent, bytes));
    }
    SB_TRY(onto->flush());
    SB_TRY(primary().close_view(vm));
    return primary().remove_checkpoint(vm, checkpoint);
  }

  recovery::HostBench bench_;
};

TEST_F(HangingVm, FailsItsOwnOperationsInTimeAndNobodyElses) {
  for (const char* name : {kHanging, kOther})
    must(bench_.laboratory->write(name, Site::primary, {{0, 1, 7}}));
  const auto qemu = qemu_of(must(Daemons::sites().connection(Site::primary).domain(kHanging)));
  ASSERT_TRUE(qemu);
  ASSERT_EQ(kill(qemu->pid, SIGSTOP), 0);
  // Ends, with an error; and so does the next one, which finds the first still pending.
  const Nothing first = round(kHanging, "c1");
  const Nothing second = primary().shut_down_vm(kHanging);
  const Nothing of_other = round(kOther, "c1");
  ASSERT_EQ(kill(qemu->pid, SIGCONT), 0);
  EXPECT_FALSE(first);
  EXPECT_FALSE(second);
  EXPECT_TRUE(of_other) << of_other.error().message;
  EXPECT_FALSE(must(recovery().digests("other-vda-c1", 65536)).empty());

  // What was given up comes to its end by itself; then the VM is asked again.
  const Deadline deadline = Deadline::after(std::chrono::seconds(60));
  Nothing again = round(kHanging, "c2");
  while (!again && !deadline.passed()) {
    deadline.pause();
    again = round(kHanging, "c2");
  }
  EXPECT_TRUE(again) << again.error().message;
  EXPECT_TRUE(must(primary().is_running(kHanging)));
}

}  // namespace
}  // namespace switchback::libvirt
