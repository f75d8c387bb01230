// SPDX-License-Identifier: Apache-2.0
// See dr_home.hpp.
#include "harness/cli/dr/dr_home.hpp"

#include <chrono>
#include <fstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <unistd.h>

#include "vms/hosts/libvirt/deadline.hpp"
#include "vms/hosts/libvirt/libvirt_host.hpp"
#include "vms/hosts/libvirt/libvirt_world.hpp"
#include "vms/recovery/sqlite_catalog.hpp"

namespace switchback {
namespace {

constexpr const char* kLabFile = "lab.json";
constexpr const char* kStartALab = "start one in another terminal: switchback dr lab";

/// Runs below `base` that are labs of a process that lives.
std::vector<std::filesystem::path> live_labs(const std::filesystem::path& base) {
  std::vector<std::filesystem::path> labs;
  for (const std::filesystem::path& run : libvirt::run_folders(base))
    if (std::filesystem::exists(run / kLabFile)) labs.push_back(run);
  return labs;
}

Result<std::filesystem::path> the_lab(const std::filesystem::path& base) {
  const std::vector<std::filesystem::path> labs = live_labs(base);
  if (labs.size() == 1) return labs.front();
  if (labs.empty())
    return bad_input(fmt::format("there is no lab in {}", base.string()), kStartALab);
  return bad_input(fmt::format("there are {} labs in {}", labs.size(), base.string()),
                   "end all but one, or clean up what a killed one left: switchback clean");
}

/// One controller at a time: a second one waits for the first to end.
Result<int> lock_catalog(const std::filesystem::path& run) {
  const std::filesystem::path file = run / "controller.lock";
  const int lock = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0)
    return environment_error(fmt::format("{}: {}", file.string(), std::strerror(errno)),
                             "run it as the user who started the lab");
  libvirt::Deadline deadline = libvirt::Deadline::after(std::chrono::seconds(10));
  while (flock(lock, LOCK_EX | LOCK_NB) != 0) {
    if (deadline.passed()) {
      close(lock);
      return environment_error("another 'switchback dr' is at work on this lab",
                               "wait for it to end, or end it");
    }
    deadline.pause();
  }
  return lock;
}

}  // namespace

Nothing write_lab_file(const std::filesystem::path& run, const LabFile& lab) {
  nlohmann::ordered_json json{{"version", 1}, {"kvm", lab.use_kvm}};
  for (const ItemSpec& item : lab.items) {
    nlohmann::ordered_json one{{"name", item.name}, {"vms", item.vms.size()}};
    for (const DiskSpec& disk : item.disks)
      one["disks"].push_back(
          {{"device", disk.device}, {"size_bytes", disk.size_bytes}, {"vm", disk.vm}});
    json["items"].push_back(std::move(one));
  }
  std::ofstream file(run / kLabFile);
  file << json.dump(2) << "\n";
  file.flush();
  if (file) return {};
  return environment_error(fmt::format("{} can't be written", (run / kLabFile).string()),
                           "check the folder");
}

Result<LabFile> read_lab_file(const std::filesystem::path& run) {
  std::ifstream file(run / kLabFile);
  const nlohmann::json json = nlohmann::json::parse(file, nullptr, false);
  const auto bad = [&] {
    return bad_input(fmt::format("{} is damaged", (run / kLabFile).string()), kStartALab);
  };
  if (!json.is_object() || !json.contains("items") || !json["items"].is_array()) return bad();
  LabFile lab{.use_kvm = json.value("kvm", false), .items = {}};
  for (const nlohmann::json& one : json["items"]) {
    if (!one.contains("disks") || !one["disks"].is_array()) return bad();
    ItemSpec item{.name = one.value("name", ""), .disks = {}};
    item.vms.assign(one.value("vms", std::size_t{1}), Hardware{});
    for (const nlohmann::json& disk : one["disks"])
      item.disks.push_back({.device = disk.value("device", ""),
                            .size_bytes = disk.value("size_bytes", Bytes{0}),
                            .vm = disk.value("vm", std::size_t{0})});
    lab.items.push_back(std::move(item));
  }
  return lab;
}

Result<std::unique_ptr<DrHome>> DrHome::open(const std::optional<std::filesystem::path>& base) {
  SB_ASSIGN(run, the_lab(base.value_or(libvirt::default_run_base())));
  SB_ASSIGN(lab, read_lab_file(run));
  SB_ASSIGN(lock, lock_catalog(run));
  std::unique_ptr<DrHome> home(new DrHome(std::move(lab), lock));
  SB_ASSIGN(sites, libvirt::JoinedSites::join(run));
  home->sites_ = std::move(sites);
  SB_ASSIGN(meter, libvirt::WireMeter::start());
  home->meter_ = std::move(meter);
  SB_ASSIGN(catalog, recovery::SqliteCatalog::open((run / "dr.sqlite").string()));
  const bool kvm = home->lab_.use_kvm;
  recovery::ServiceParts parts = libvirt::reference_service_on(
      home->sites_->connection(Site::primary), home->sites_->connection(Site::recovery),
      *home->meter_, kvm, std::move(catalog), recovery::reference_stages());
  home->system_ = std::make_unique<recovery::ReferenceSystem>(std::move(parts));
  home->catch_up();
  SB_TRY(home->system_->restore());
  return home;
}

DrHome::~DrHome() {
  system_.reset();
  meter_.reset();
  sites_.reset();
  close(lock_);
}

void DrHome::catch_up() {
  system_->set_clock(
      std::chrono::duration_cast<Instant>(std::chrono::system_clock::now().time_since_epoch()));
}

Result<ItemSpec> DrHome::item(const std::string& name) const {
  std::string known;
  for (const ItemSpec& item : lab_.items) {
    if (item.name == name || (name.empty() && lab_.items.size() == 1)) return item;
    known += (known.empty() ? "" : ", ") + item.name;
  }
  return bad_input(name.empty() ? "there are several VMs" : fmt::format("there is no VM {}", name),
                   "name one of: " + known);
}

}  // namespace switchback
