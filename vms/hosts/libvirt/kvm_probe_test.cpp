// SPDX-License-Identifier: Apache-2.0
// KVM is believed only if a program ran under it: with stand-ins for QEMU that do and do not.
#include "vms/hosts/libvirt/kvm_probe.hpp"

#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

namespace switchback::libvirt {
namespace {

class KvmProbes : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "kvm-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    std::filesystem::create_directory(folder_ / "bin");
    path_ = getenv("PATH");
    setenv("PATH", ((folder_ / "bin").string() + ":" + path_).c_str(), 1);
  }
  void TearDown() override {
    setenv("PATH", path_.c_str(), 1);
    std::filesystem::remove_all(folder_);
  }

  /// A QEMU that does what the shell is told; the device need only exist.
  KvmProbe probe(const std::string& commands, const std::filesystem::path& device = "/dev/null") {
    const std::filesystem::path qemu = folder_ / "bin/qemu-system-x86_64";
    std::ofstream(qemu) << "#!/bin/sh\n" << commands << '\n';
    std::filesystem::permissions(qemu, std::filesystem::perms::owner_all);
    const auto found = probe_kvm(folder_, "0badcafe", std::nullopt, device);
    EXPECT_TRUE(found) << found.error().message;
    EXPECT_FALSE(std::filesystem::exists(folder_ / "kvm-probe.bin")) << "nothing is left";
    return found ? *found : KvmProbe{};
  }

  std::filesystem::path folder_;
  std::string path_;
};

TEST_F(KvmProbes, AbsentIsNotTried) {
  const KvmProbe found = probe("exit 85", "/dev/no-such-kvm");
  EXPECT_FALSE(found.usable);
  EXPECT_NE(found.note.find("absent"), std::string::npos) << found.note;
}

TEST_F(KvmProbes, UsableIsWhatRanTheProgramToItsEnd) {
  EXPECT_TRUE(probe("exit 85").usable);
}

TEST_F(KvmProbes, RefusedIsUnusableForTheReasonThatQemuGives) {
  const KvmProbe found = probe("echo Permission denied >&2; exit 1");
  EXPECT_FALSE(found.usable);
  EXPECT_NE(found.note.find("Permission denied"), std::string::npos) << found.note;
}

TEST_F(KvmProbes, AnEndWithoutTheProgramsOwnCodeIsNoProof) {
  EXPECT_FALSE(probe("exit 0").usable);
}

TEST_F(KvmProbes, AHangingOneIsUnusable) {
  const KvmProbe found = probe("exec sleep 1000");
  EXPECT_FALSE(found.usable);
  EXPECT_NE(found.note.find("did not end"), std::string::npos) << found.note;
}

}  // namespace
}  // namespace switchback::libvirt
