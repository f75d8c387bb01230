// SPDX-License-Identifier: Apache-2.0
// A run's folder: locked while its process lives, readable after, refused when it is not one.
#include "vms/hosts/libvirt/run_folder.hpp"

#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vms/hosts/libvirt/clean.hpp"
#include "vms/hosts/libvirt/process.hpp"
#include "vms/hosts/libvirt/run_processes.hpp"

namespace switchback::libvirt {
namespace {

class RunFolders : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "runs-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    base_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(base_); }

  /// A run whose process has died without cleaning up.
  std::filesystem::path dead_run(const std::vector<SiteManifest>& sites = {}) {
    Result<RunFolder> folder = RunFolder::create(base_, sites);
    EXPECT_TRUE(folder);
    return folder->path();
  }

  std::filesystem::path base_;
};

TEST_F(RunFolders, AreListedWithTheirManifest) {
  const Result<RunFolder> run = RunFolder::create(base_, {});
  ASSERT_TRUE(run);
  ASSERT_EQ(run_folders(base_).size(), 1U);
  EXPECT_EQ(run_folders(base_).front(), run->path());
  const Result<Manifest> manifest = read_manifest(run->path());
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->run_id, run_id_of(run->path()));
  ASSERT_EQ(manifest->sites.size(), 2U);
  EXPECT_EQ(manifest->sites[0].site, Site::primary);
  EXPECT_TRUE(manifest->sites[0].own_daemon);
}

TEST_F(RunFolders, OfALiveRunAreLeftAlone) {
  const Result<RunFolder> live = RunFolder::create(base_, {});
  ASSERT_TRUE(live);
  const Result<CleanReport> report = clean_runs(base_);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->removed.empty());
  ASSERT_EQ(report->skipped.size(), 1U);
  EXPECT_TRUE(std::filesystem::exists(live->path()));
}

TEST_F(RunFolders, OfADeadRunAreRemovedAndBystandersStay) {
  const std::filesystem::path dead = dead_run();
  const std::filesystem::path bystander = base_ / "switchback-notarun";
  std::filesystem::create_directory(bystander);
  std::ofstream(base_ / "notes.txt") << "mine";
  const Result<CleanReport> report = clean_runs(base_);
  ASSERT_TRUE(report);
  ASSERT_EQ(report->removed.size(), 1U);
  EXPECT_EQ(report->removed[0].kind, "folder");
  EXPECT_FALSE(std::filesystem::exists(dead));
  EXPECT_TRUE(std::filesystem::exists(bystander));
  EXPECT_TRUE(std::filesystem::exists(base_ / "notes.txt"));
}

TEST_F(RunFolders, WithADamagedManifestAreKeptAndNamed) {
  const std::filesystem::path dead = dead_run();
  std::ofstream(dead / "manifest.json") << "{\"format\":\"switchback-run\",";
  const Result<CleanReport> report = clean_runs(base_);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->removed.empty());
  ASSERT_EQ(report->skipped.size(), 1U);
  EXPECT_NE(report->skipped[0].find("manifest.json"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(dead));
}

TEST_F(RunFolders, WithAManifestOfOtherTypesAreKeptAndNamed) {
  const std::filesystem::path dead = dead_run();
  for (const char* text :
       {R"({"format": 7})", R"({"format": "switchback-run", "version": "1"})",
        R"({"format": "switchback-run", "version": 2})",
        R"({"format": "switchback-run", "version": 1, "run_id": []})",
        R"({"format": "switchback-run", "version": 1, "sites": 3})", "[]", "null", ""}) {
    std::ofstream(dead / "manifest.json") << text;
    const Result<Manifest> manifest = read_manifest(dead);
    ASSERT_FALSE(manifest) << text;
    EXPECT_NE(manifest.error().message.find("manifest.json"), std::string::npos);
  }
}

TEST_F(RunFolders, OfARunKilledBeforeItsManifestWasWrittenAreRemoved) {
  const std::filesystem::path dead = dead_run();
  std::filesystem::rename(dead / "manifest.json", dead / "manifest.new");
  const Result<CleanReport> report = clean_runs(base_);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->removed.size(), 1U);
  EXPECT_FALSE(std::filesystem::exists(dead));
}

TEST_F(RunFolders, OfAnotherUserAreLeftAlone) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a folder away";
  const std::filesystem::path dead = dead_run();
  ASSERT_EQ(chown(dead.c_str(), 1, 1), 0);
  const Result<CleanReport> report = clean_runs(base_);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->removed.empty());
  ASSERT_EQ(report->skipped.size(), 1U);
  EXPECT_NE(report->skipped[0].find("another user"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(dead));
}

TEST_F(RunFolders, OfAnotherRunsManifestAreRefused) {
  const std::filesystem::path dead = dead_run();
  const std::filesystem::path copy = base_ / "switchback-00000000";
  std::filesystem::copy(dead, copy);
  EXPECT_FALSE(read_manifest(copy));
}

TEST_F(RunFolders, AtADaemonThatIsGoneAreKept) {
  const std::filesystem::path dead = dead_run({{.site = Site::primary,
                                                .uri = "qemu+unix:///session?socket=/nowhere",
                                                .storage = base_,
                                                .own_daemon = false}});
  const Result<CleanReport> report = clean_runs(base_);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->removed.empty());
  ASSERT_EQ(report->skipped.size(), 1U);
  EXPECT_TRUE(std::filesystem::exists(dead));
}

TEST_F(RunFolders, ThatCantBeMadeAreAnError) {
  const Result<RunFolder> folder = RunFolder::create("/proc/nowhere", {});
  ASSERT_FALSE(folder);
  EXPECT_NE(folder.error().message.find("/proc/nowhere"), std::string::npos);
}

TEST(RunProcesses, AreFoundByTheirEnvironmentAndEnded) {
  const std::string run = fmt::format("{:08x}", getpid());
  Result<BackgroundProgram> program =
      BackgroundProgram::start({.command = {"sleep", "600"},
                                .environment = {std::string(kRunVariable) + "=" + run},
                                .log = "/dev/null",
                                .listening_socket = std::nullopt});
  ASSERT_TRUE(program);
  const std::vector<RunProcess> found = processes_of_run(run);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].pid, program->pid());
  EXPECT_TRUE(processes_of_run("no-such-run").empty());
  end_processes(found);
  EXPECT_TRUE(program->wait_until_ended(std::chrono::seconds(10)));
  EXPECT_TRUE(processes_of_run(run).empty());
}

TEST(RunProgram, GivesOutputAndNamesWhatFailed) {
  EXPECT_EQ(*run_program("0", {"echo", "hello"}), "hello\n");
  const Result<std::string> failed = run_program("0", {"sh", "-c", "echo oops >&2; exit 3"});
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().message.find("oops"), std::string::npos);
  EXPECT_NE(failed.error().message.find("status 3"), std::string::npos);
  const Result<std::string> missing = run_program("0", {"no-such-program-here"});
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("no-such-program-here"), std::string::npos);
  const Result<std::string> late =
      run_program("0", {"sleep", "600"}, std::chrono::milliseconds(50));
  ASSERT_FALSE(late);
  EXPECT_NE(late.error().message.find("did not end in time"), std::string::npos);
}

}  // namespace
}  // namespace switchback::libvirt
