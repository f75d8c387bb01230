// SPDX-License-Identifier: Apache-2.0
// The two daemons of a run come up, go without a trace, and say what is missing.
#include "vms/hosts/libvirt/two_sites.hpp"

#include <cstdlib>
#include <fstream>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vms/hosts/libvirt/networks_apart.hpp"
#include "vms/hosts/libvirt/run_processes.hpp"

namespace switchback::libvirt {
namespace {

class TwoSitesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = default_run_base().string() + "/sbXXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    base_ = name;
    std::filesystem::permissions(base_, std::filesystem::perms(0755));
    path_ = getenv("PATH");
  }
  void TearDown() override {
    setenv("PATH", path_.c_str(), 1);
    EXPECT_TRUE(run_folders(base_).empty()) << "a run left its folder behind";
    std::filesystem::remove_all(base_);
  }

  /// A PATH with these programs only.
  void only_programs(const std::vector<std::string>& names) {
    const std::filesystem::path folder = base_ / "bin";
    std::filesystem::create_directory(folder);
    for (const std::string& name : names)
      std::filesystem::create_symlink(*find_program(name), folder / name);
    setenv("PATH", folder.c_str(), 1);
  }

  void expect_refused(const std::optional<ForeignSites>& foreign, const std::string& message,
                      const std::string& remedy) {
    const auto sites = TwoSites::open(base_, foreign);
    ASSERT_FALSE(sites);
    EXPECT_NE(sites.error().message.find(message), std::string::npos) << sites.error().message;
    EXPECT_NE(sites.error().remedy.find(remedy), std::string::npos) << sites.error().remedy;
  }

  std::filesystem::path base_;
  std::string path_;
};

TEST_F(TwoSitesTest, ComeUpWithNothingOnThemAndGoWithoutATrace) {
  std::string run;
  {
    const auto sites = TwoSites::open(base_, std::nullopt);
    ASSERT_TRUE(sites) << sites.error().message;
    run = (*sites)->folder().manifest().run_id;
    for (const Site site : {Site::primary, Site::recovery}) {
      const auto domains = (*sites)->connection(site).domains();
      ASSERT_TRUE(domains) << domains.error().message;
      EXPECT_TRUE(domains->empty());
    }
    EXPECT_NE((*sites)->connection(Site::primary).site().uri,
              (*sites)->connection(Site::recovery).site().uri);
    ASSERT_EQ((*sites)->notes().size(), 2U);
    EXPECT_NE((*sites)->notes()[0].find("network"), std::string::npos);
    EXPECT_NE((*sites)->notes()[1].find("KVM"), std::string::npos);
    EXPECT_GE(processes_of_run(run).size(), 2U) << "the two daemons";
  }
  EXPECT_TRUE(processes_of_run(run).empty());
}

/// What /proc/PID/ns/net and the files of namespaces have in common.
ino_t network_of(const std::filesystem::path& path) {
  struct stat found {};
  EXPECT_EQ(stat(path.c_str(), &found), 0) << path;
  return found.st_ino;
}

TEST_F(TwoSitesTest, HaveANetworkEachInWhichTheirDaemonIs) {
  if (const std::string why = why_no_networks(); !why.empty()) GTEST_SKIP() << why;
  std::string run;
  {
    const auto sites = TwoSites::open(base_, std::nullopt);
    ASSERT_TRUE(sites) << sites.error().message;
    run = (*sites)->folder().manifest().run_id;
    EXPECT_NE((*sites)->notes()[0].find("a namespace for each site"), std::string::npos)
        << (*sites)->notes()[0];
    std::set<ino_t> networks{network_of("/proc/self/ns/net")};
    for (const Site site : {Site::primary, Site::recovery})
      networks.insert(network_of(network_path(network_name(run, site))));
    EXPECT_EQ(networks.size(), 3U);
    std::set<ino_t> of_daemons;
    for (const RunProcess& process : processes_of_run(run))
      of_daemons.insert(network_of(fmt::format("/proc/{}/ns/net", process.pid)));
    networks.erase(network_of("/proc/self/ns/net"));
    EXPECT_EQ(of_daemons, networks);
    EXPECT_EQ(read_manifest((*sites)->folder().path())->sites[0].network,
              network_name(run, Site::primary));
  }
  EXPECT_TRUE(networks_of_run(run).empty());
}

TEST_F(TwoSitesTest, ShareANetworkAndSaySoWhereNoneCanBeMade) {
  only_programs({"qemu-img", "qemu-nbd", "qemu-system-x86_64", "libvirtd", "setpriv", "tini",
                 "nsenter", "env"});
  std::ofstream(base_ / "bin/ip") << "#!/bin/sh\necho no such thing here >&2\nexit 1\n";
  std::filesystem::permissions(base_ / "bin/ip", std::filesystem::perms::owner_all);
  const auto sites = TwoSites::open(base_, std::nullopt);
  ASSERT_TRUE(sites) << sites.error().message;
  EXPECT_NE((*sites)->notes()[0].find("network: one for both sites"), std::string::npos);
  if (geteuid() == 0) {
    EXPECT_NE((*sites)->notes()[0].find("no such thing here"), std::string::npos)
        << (*sites)->notes()[0];
  }
  EXPECT_EQ(read_manifest((*sites)->folder().path())->sites[0].network, "");
}

TEST_F(TwoSitesTest, SayWhichProgramIsMissingAndWhichPackageHasIt) {
  only_programs({"qemu-img", "qemu-nbd", "qemu-system-x86_64", "tini", "setpriv"});
  expect_refused(std::nullopt, "libvirtd is not installed", "libvirt-daemon-driver-qemu");
}

TEST_F(TwoSitesTest, SayWhyADaemonDoesNotComeUp) {
  only_programs({"qemu-img", "qemu-nbd", "qemu-system-x86_64", "libvirtd", "setpriv"});
  std::ofstream(base_ / "bin/tini") << "#!/bin/sh\necho the moon is full >&2\nexit 1\n";
  std::filesystem::permissions(base_ / "bin/tini", std::filesystem::perms::owner_all);
  expect_refused(std::nullopt, "the moon is full", "libvirt-daemon");
}

TEST_F(TwoSitesTest, RefuseAFolderInWhichNoSocketCanBe) {
  const auto sites = TwoSites::open(base_ / "a-folder-with-a-rather-long-name", std::nullopt);
  ASSERT_FALSE(sites);
  EXPECT_NE(sites.error().message.find("too long"), std::string::npos) << sites.error().message;
  EXPECT_NE(sites.error().remedy.find("--run-folder"), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_empty(base_));
}

TEST_F(TwoSitesTest, NameTheUriThatCantBeReached) {
  std::filesystem::create_directory(base_ / "p");
  std::filesystem::create_directory(base_ / "r");
  expect_refused(ForeignSites{.primary_uri = "qemu+unix:///session?socket=/nowhere/sock",
                              .recovery_uri = "qemu+unix:///session?socket=/nowhere/else",
                              .primary_storage = base_ / "p",
                              .recovery_storage = base_ / "r"},
                 "/nowhere/sock", "URI");
}

TEST_F(TwoSitesTest, AreTwo) {
  std::filesystem::create_directory(base_ / "p");
  std::filesystem::create_directory(base_ / "r");
  expect_refused(ForeignSites{.primary_uri = "qemu:///system",
                              .recovery_uri = "qemu:///system",
                              .primary_storage = base_ / "p",
                              .recovery_storage = base_ / "r"},
                 "both sites are qemu:///system", "two daemons");
  expect_refused(ForeignSites{.primary_uri = "qemu:///system",
                              .recovery_uri = "qemu:///session",
                              .primary_storage = base_ / "p",
                              .recovery_storage = base_ / "r/../p"},
                 "both sites store in", "of its own");
}

}  // namespace
}  // namespace switchback::libvirt
