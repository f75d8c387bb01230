// SPDX-License-Identifier: Apache-2.0
// See clean.hpp.
#include "vms/hosts/libvirt/clean.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vms/hosts/libvirt/networks_apart.hpp"
#include "vms/hosts/libvirt/run_folder.hpp"
#include "vms/hosts/libvirt/run_processes.hpp"
#include "vms/hosts/libvirt/secrets.hpp"
#include "vms/hosts/libvirt/site_storage.hpp"

namespace switchback::libvirt {
namespace {

void append(std::vector<CleanedObject>& all, std::vector<CleanedObject> more) {
  all.insert(all.end(), more.begin(), more.end());
}

std::vector<CleanedObject> remove_marked_files(const SiteConfig& site) {
  std::vector<CleanedObject> removed;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(site.storage, error)) {
    const std::string name = entry.path().filename().string();
    std::error_code ignored;
    if (name.starts_with(site.prefix()) && entry.is_regular_file(ignored) &&
        std::filesystem::remove(entry.path(), ignored))
      removed.push_back({site.run_id, "volume", entry.path().string()});
  }
  return removed;
}

/// What a dead run made at a daemon that is not its own. False if that could not be seen to.
bool clean_foreign_site(const Manifest& manifest, const SiteManifest& site, CleanReport& report) {
  const SiteConfig config{.site = site.site,
                          .uri = site.uri,
                          .storage = site.storage,
                          .sockets = {},
                          .run_id = manifest.run_id,
                          .owner = std::nullopt};
  const Result<std::unique_ptr<Connection>> connection = Connection::open(config);
  if (!connection) {
    report.skipped.push_back(
        fmt::format("run {}: {}", manifest.run_id, connection.error().message));
    return false;
  }
  append(report.removed, remove_marked_objects(**connection));
  return true;
}

/// False if one of them is still there.
bool clean_networks(const Manifest& manifest, CleanReport& report) {
  for (std::string& name : remove_networks(manifest.run_id))
    report.removed.push_back({manifest.run_id, "network", std::move(name)});
  const std::vector<std::string> left = networks_of_run(manifest.run_id);
  for (const std::string& name : left)
    report.skipped.push_back(
        fmt::format("run {}: network namespace {} can't be removed", manifest.run_id, name));
  return left.empty();
}

/// Everything of a run whose lock we hold.
void clean_dead_run(const std::filesystem::path& folder, CleanReport& report) {
  if (!has_manifest(folder)) {
    if (remove_unused_folder(folder))
      report.removed.push_back({run_id_of(folder), "folder", folder.string()});
    else
      report.skipped.push_back(fmt::format("{} has no manifest and is not empty", folder.string()));
    return;
  }
  const Result<Manifest> manifest = read_manifest(folder);
  if (!manifest) {
    report.skipped.push_back(manifest.error().message);
    return;
  }
  bool all_seen_to = true;
  for (const SiteManifest& site : manifest->sites)
    if (!site.own_daemon) all_seen_to = clean_foreign_site(*manifest, site, report) && all_seen_to;
  append(report.removed, end_run(manifest->run_id));
  for (const RunProcess& left : processes_of_run(manifest->run_id)) {
    report.skipped.push_back(
        fmt::format("run {}: process {} does not end", manifest->run_id, left.pid));
    all_seen_to = false;
  }
  for (const SiteManifest& site : manifest->sites) {
    if (!site.own_daemon) continue;
    const Nothing unmounted = unmount_storage(site_folder(folder, site.site) / kVolumes);
    if (unmounted) continue;
    report.skipped.push_back(
        fmt::format("run {}: {}", manifest->run_id, unmounted.error().message));
    all_seen_to = false;
  }
  if (!all_seen_to) return;
  if (!clean_networks(*manifest, report)) return;
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  if (error)
    report.skipped.push_back(fmt::format("{}: {}", folder.string(), error.message()));
  else
    report.removed.push_back({manifest->run_id, "folder", folder.string()});
}

/// Another user's folder could name anything as its manifest.
bool is_ours(const std::filesystem::path& folder) {
  struct stat found {};
  return stat(folder.c_str(), &found) == 0 && found.st_uid == geteuid();
}

void clean_run(const std::filesystem::path& folder, CleanReport& report) {
  if (!is_ours(folder)) {
    report.skipped.push_back(fmt::format("{} belongs to another user", folder.string()));
    return;
  }
  const std::optional<int> lock = take_lock(folder);
  if (!lock) {
    report.skipped.push_back(fmt::format("run {} is still going on", run_id_of(folder)));
    return;
  }
  clean_dead_run(folder, report);
  close(*lock);
}

}  // namespace

std::vector<CleanedObject> remove_marked_objects(const Connection& connection) {
  const SiteConfig& site = connection.site();
  std::vector<CleanedObject> removed;
  const auto domains = connection.domains();
  if (domains) {
    for (const auto& [vm, domain] : *domains) {
      virDomainDestroy(domain.get());  // fails if it does not run
      if (virDomainUndefineFlags(domain.get(), kUndefineAll) == 0)
        removed.push_back({site.run_id, "vm", site.domain_name(vm)});
    }
  }
  const auto keys = secret_names(connection);
  if (keys) {
    for (const std::string& key : *keys)
      if (drop_secret(connection, key)) removed.push_back({site.run_id, "key", key});
  }
  append(removed, remove_marked_files(site));
  return removed;
}

std::vector<CleanedObject> end_run(const std::string& run_id) {
  std::vector<CleanedObject> ended;
  // The second look is for what the first ones started while they ended.
  for (int look = 0; look < 2; ++look) {
    const std::vector<RunProcess> processes = processes_of_run(run_id);
    end_processes(processes);
    for (const RunProcess& process : processes)
      ended.push_back({run_id, "process", fmt::format("{} {}", process.pid, process.command)});
  }
  return ended;
}

Result<CleanReport> clean_runs(const std::filesystem::path& given_base) {
  CleanReport report;
  std::error_code error;
  if (!std::filesystem::is_directory(given_base, error))
    return bad_input(fmt::format("{} is no folder", given_base.string()),
                     "name the folder of runs with --run-folder");
  const std::filesystem::path base = std::filesystem::absolute(given_base).lexically_normal();
  for (const std::filesystem::path& folder : run_folders(base))
    clean_run(folder, report);
  for (const StrayProcess& stray : processes_without_folder(base)) {
    end_processes({stray.process});
    report.removed.push_back(
        {stray.run_id, "process", fmt::format("{} {}", stray.process.pid, stray.process.command)});
    // Its name is all that tells whose it is: another run's would have processes.
    if (!processes_of_run(stray.run_id).empty()) continue;
    for (std::string& name : remove_networks(stray.run_id))
      report.removed.push_back({stray.run_id, "network", std::move(name)});
  }
  return report;
}

}  // namespace switchback::libvirt
