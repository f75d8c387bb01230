// SPDX-License-Identifier: Apache-2.0
// After kill -9 at any point of its work, everything of a run is found and removed, and nothing
// else. The run is this very program, started again as the test
// "Run.DISABLED_WorksUntilItIsKilled".
#include "vms/hosts/libvirt/clean.hpp"

#include <csignal>
#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

#include "vms/hosts/libvirt/deadline.hpp"
#include "vms/hosts/libvirt/libvirt_host.hpp"
#include "vms/hosts/libvirt/networks_apart.hpp"
#include "vms/hosts/libvirt/run_processes.hpp"
#include "vms/hosts/libvirt/two_sites.hpp"

namespace switchback::libvirt {
namespace {

namespace fs = std::filesystem;

constexpr Bytes kMiB = Bytes{1} << 20;
constexpr const char* kBaseVariable = "SWITCHBACK_TEST_BASE";
constexpr const char* kForeignVariable = "SWITCHBACK_TEST_FOREIGN";

class StraightWire final : public WireRoute {
 public:
  Result<std::string> route(Site, const std::string& server_socket) override {
    return server_socket;
  }
  void close(const std::string&) override {}
};

/// What a run does, one milestone after the other; `reached` is told of each.
Nothing work(const TwoSites& sites, const std::function<void()>& reached) {
  StraightWire wire;
  LibvirtHost primary(sites.connection(Site::primary), wire, false);
  LibvirtHost recovery(sites.connection(Site::recovery), wire, false);
  reached();
  SB_TRY(primary.create_volume({"vm-vda", 8 * kMiB, std::nullopt}));
  SB_TRY(recovery.create_volume({"vm-vda-replica", 8 * kMiB, std::nullopt}));
  SB_TRY(primary.ensure_vm({"vm", {{"vda", "vm-vda"}}}));
  reached();
  SB_TRY(primary.start_vm("vm", "track"));
  reached();
  SB_ASSIGN(view, primary.open_view("vm", std::nullopt, "c1"));
  reached();
  SB_ASSIGN(replica, recovery.open_replica("vm-vda-replica"));
  SB_TRY(replica->write({.offset = 0, .length = 65536}, std::vector<std::byte>(65536)));
  SB_TRY(replica->flush());
  reached();
  // All of it stays open until the end.
  pause();
  return view->extents("vda").map([](const auto&) {});
}
constexpr int kMilestones = 5;

/// "uri uri storage storage"
std::optional<ForeignSites> foreign_from_environment() {
  const char* const text = getenv(kForeignVariable);
  if (text == nullptr) return std::nullopt;
  ForeignSites foreign;
  std::istringstream(text) >> foreign.primary_uri >> foreign.recovery_uri >>
      foreign.primary_storage >> foreign.recovery_storage;
  return foreign;
}

TEST(Run, DISABLED_WorksUntilItIsKilled) {
  const char* const base = getenv(kBaseVariable);
  if (base == nullptr) GTEST_SKIP() << "only for other tests to start";
  const auto sites = TwoSites::open(base, foreign_from_environment());
  ASSERT_TRUE(sites) << sites.error().message;
  int milestone = 0;
  const Nothing worked = work(
      **sites, [&] { std::ofstream(fs::path(base) / ("reached-" + std::to_string(++milestone))); });
  EXPECT_TRUE(worked) << worked.error().message;
}

class Cleaning : public testing::Test {
 protected:
  void SetUp() override { base_ = make_folder(); }
  void TearDown() override { fs::remove_all(base_); }

  static fs::path make_folder() {
    std::string name = default_run_base().string() + "/sbXXXXXX";
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    fs::permissions(name, fs::perms(0755));
    return name;
  }

  /// Starts a run, kills it when it has reached the milestone, and gives its id.
  std::string run_killed_at(int milestone, const std::string& foreign = {}) {
    std::vector<std::string> environment{std::string("PATH=") + getenv("PATH"),
                                         std::string(kBaseVariable) + "=" + base_.string()};
    if (!foreign.empty()) environment.push_back(std::string(kForeignVariable) + "=" + foreign);
    auto run =
        BackgroundProgram::start({.command = {fs::read_symlink("/proc/self/exe").string(),
                                              "--gtest_filter=Run.DISABLED_WorksUntilItIsKilled",
                                              "--gtest_also_run_disabled_tests"},
                                  .environment = environment,
                                  .log = base_ / "log",
                                  .listening_socket = std::nullopt});
    EXPECT_TRUE(run) << run.error().message;
    const fs::path mark = base_ / ("reached-" + std::to_string(milestone));
    const Deadline deadline = Deadline::after(std::chrono::minutes(2));
    while (!fs::exists(mark) && !deadline.passed() && !run->has_ended())
      deadline.pause();
    std::ostringstream log;
    log << std::ifstream(base_ / "log").rdbuf();
    EXPECT_TRUE(fs::exists(mark)) << log.str();
    if (!run->has_ended()) kill(run->pid(), SIGKILL);
    run->wait_until_ended(std::chrono::minutes(1));
    const auto folders = run_folders(base_);
    EXPECT_EQ(folders.size(), 1U);
    return folders.empty() ? "" : run_id_of(folders[0]);
  }

  CleanReport clean() {
    const auto report = clean_runs(base_);
    EXPECT_TRUE(report) << report.error().message;
    return report ? *report : CleanReport{};
  }
  static std::size_t count(const CleanReport& report, const std::string& kind) {
    return static_cast<std::size_t>(
        std::count_if(report.removed.begin(), report.removed.end(),
                      [&](const CleanedObject& object) { return object.kind == kind; }));
  }

  fs::path base_;
};

TEST_F(Cleaning, EndsAndRemovesAllOfARunKilledAtAnyPoint) {
  for (int milestone = 1; milestone <= kMilestones; ++milestone) {
    const std::string run = run_killed_at(milestone);
    EXPECT_FALSE(processes_of_run(run).empty()) << "its daemons outlive it";
    const CleanReport report = clean();
    EXPECT_TRUE(report.skipped.empty()) << report.skipped.front();
    EXPECT_TRUE(processes_of_run(run).empty()) << "killed at milestone " << milestone;
    EXPECT_TRUE(run_folders(base_).empty()) << "killed at milestone " << milestone;
    EXPECT_TRUE(networks_of_run(run).empty()) << "killed at milestone " << milestone;
    EXPECT_EQ(count(report, "network"), why_no_networks().empty() ? 2U : 0U);
    EXPECT_EQ(count(report, "folder"), 1U);
    EXPECT_GE(count(report, "process"), milestone < 3 ? 2U : 3U) << "daemons, and the VM";
    EXPECT_TRUE(clean().removed.empty()) << "a second time";
    for (int n = 1; n <= kMilestones; ++n)
      fs::remove(base_ / ("reached-" + std::to_string(n)));
  }
}

TEST_F(Cleaning, EndsProcessesOfARunWhoseFolderIsGone) {
  const std::string run = run_killed_at(3);
  fs::remove_all(run_folders(base_).at(0));
  EXPECT_FALSE(processes_of_run(run).empty());
  const CleanReport report = clean();
  EXPECT_GE(count(report, "process"), 3U) << "two daemons and a VM";
  EXPECT_TRUE(networks_of_run(run).empty());
  EXPECT_TRUE(processes_of_run(run).empty());
}

/// Daemons that are not the killed run's, with what others have on them.
class CleaningForeignDaemons : public Cleaning {
 protected:
  void SetUp() override {
    Cleaning::SetUp();
    other_base_ = make_folder();
    auto opened = TwoSites::open(other_base_, std::nullopt);
    ASSERT_TRUE(opened) << opened.error().message;
    daemons_ = std::move(*opened);
    const SiteConfig& primary = daemons_->connection(Site::primary).site();
    const SiteConfig& recovery = daemons_->connection(Site::recovery).site();
    storage_ = primary.storage;
    foreign_ = primary.uri + " " + recovery.uri + " " + primary.storage.string() + " " +
               recovery.storage.string();
    // A domain without mark, one whose name alone looks marked, and files of the same kinds.
    for (const std::string& name : bystander_domains_)
      ASSERT_TRUE(daemons_->connection(Site::primary)
                      .define("<domain type='qemu'><name>" + name +
                              "</name><memory>32768</memory><os><type arch='x86_64'>hvm</type>"
                              "</os></domain>"));
    for (const std::string& name : bystander_files_)
      std::ofstream(storage_ / name) << "not yours";
  }
  void TearDown() override {
    if (connection_ != nullptr) virConnectClose(connection_);
    daemons_.reset();
    fs::remove_all(other_base_);
    Cleaning::TearDown();
  }

  std::vector<std::string> domain_names() {
    if (connection_ == nullptr)
      connection_ = virConnectOpen(daemons_->connection(Site::primary).site().uri.c_str());
    virDomainPtr* list = nullptr;
    const int count = virConnectListAllDomains(connection_, &list, 0);
    std::vector<std::string> names;
    for (int n = 0; n < count; ++n) {
      const Domain domain(list[n]);
      names.emplace_back(virDomainGetName(domain.get()));
    }
    free(list);
    std::sort(names.begin(), names.end());
    return names;
  }
  std::vector<std::string> file_names() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(storage_))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }

  const std::vector<std::string> bystander_domains_{"bystander", "switchback-0badcafe-vm"};
  const std::vector<std::string> bystander_files_{"bystander.qcow2",
                                                  "switchback-0badcafe-vm.qcow2"};
  fs::path other_base_;
  std::unique_ptr<TwoSites> daemons_;
  fs::path storage_;
  std::string foreign_;
  virConnectPtr connection_ = nullptr;
};

TEST_F(CleaningForeignDaemons, TakesTheRunsObjectsAndLeavesWhatOthersHaveThere) {
  StraightWire wire;
  LibvirtHost other(daemons_->connection(Site::primary), wire, false);
  ASSERT_TRUE(other.create_volume({"vm-vda", kMiB, std::nullopt}));
  ASSERT_TRUE(other.ensure_vm({"vm", {{"vda", "vm-vda"}}}));
  ASSERT_TRUE(other.start_vm("vm", "track"));
  const std::vector<std::string> domains_before = domain_names();
  const std::vector<std::string> files_before = file_names();

  const std::string run = run_killed_at(kMilestones, foreign_);
  EXPECT_EQ(domain_names().size(), domains_before.size() + 1);
  EXPECT_GT(file_names().size(), files_before.size());
  const CleanReport report = clean();
  EXPECT_TRUE(report.skipped.empty()) << report.skipped.front();
  EXPECT_EQ(count(report, "vm"), 1U);
  EXPECT_GE(count(report, "volume"), 2U);
  EXPECT_EQ(domain_names(), domains_before);
  EXPECT_EQ(file_names(), files_before);
  EXPECT_TRUE(*other.is_running("vm")) << "another run's VM at the same daemon";
  EXPECT_TRUE(processes_of_run(run).empty());
  EXPECT_TRUE(run_folders(base_).empty());
}

TEST_F(CleaningForeignDaemons, AHostTouchesNothingThatOnlyHasTheRightName) {
  const Connection& connection = daemons_->connection(Site::primary);
  const std::string name = connection.site().domain_name("impostor");
  ASSERT_TRUE(connection.define("<domain type='qemu'><name>" + name +
                                "</name><memory>32768</memory><os><type arch='x86_64'>hvm</type>"
                                "</os></domain>"));
  StraightWire wire;
  LibvirtHost host(connection, wire, false);
  for (const Nothing& refused :
       {host.remove_vm("impostor"), host.shut_down_vm("impostor"), host.ensure_vm({"impostor", {}}),
        host.start_vm("impostor", std::nullopt)}) {
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("does not bear the mark"), std::string::npos);
  }
  const auto names = domain_names();
  EXPECT_NE(std::find(names.begin(), names.end(), name), names.end());
}

}  // namespace
}  // namespace switchback::libvirt
