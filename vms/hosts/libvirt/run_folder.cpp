// SPDX-License-Identifier: Apache-2.0
// See run_folder.hpp.
#include "vms/hosts/libvirt/run_folder.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vms/hosts/libvirt/deadline.hpp"
#include "vms/hosts/libvirt/site_config.hpp"

namespace switchback::libvirt {
namespace {

constexpr const char* kFormat = "switchback-run";

std::filesystem::path manifest_path(const std::filesystem::path& run) {
  return run / "manifest.json";
}

std::filesystem::path manifest_draft(const std::filesystem::path& run) {
  return run / "manifest.new";
}

std::string new_run_id() {
  return fmt::format("{:08x}", std::random_device{}());
}

int open_lock(const std::filesystem::path& run, bool make) {
  // Not handed on to children: a daemon that outlives us must not look like a live run.
  return open((run / "lock").c_str(), O_RDWR | O_CLOEXEC | (make ? O_CREAT : 0), 0600);
}

Nothing write_manifest(const std::filesystem::path& run, const Manifest& manifest) {
  nlohmann::ordered_json json{{"format", kFormat},
                              {"version", kManifestVersion},
                              {"run_id", manifest.run_id},
                              {"pid", getpid()},
                              {"sites", nlohmann::ordered_json::array()}};
  for (const SiteManifest& site : manifest.sites)
    json["sites"].push_back({{"site", name_of(site.site)},
                             {"uri", site.uri},
                             {"storage", site.storage.string()},
                             {"own_daemon", site.own_daemon},
                             {"network", site.network}});
  // Written aside and renamed, so that it is never seen half done.
  std::ofstream file(manifest_draft(run));
  file << json.dump(2) << '\n';
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(manifest_draft(run), manifest_path(run), error);
  if (file && !error) return {};
  return environment_error(fmt::format("{} can't be written", manifest_path(run).string()),
                           "choose another folder with --run-folder");
}

}  // namespace

std::filesystem::path default_run_base() {
  const char* const chosen = getenv("TMPDIR");
  const std::string_view path = chosen != nullptr ? chosen : "";
  return path.starts_with('/') && path.size() <= kLongestRunBase ? path : "/var/tmp";
}

std::filesystem::path site_folder(const std::filesystem::path& run, Site site) {
  return run / (site == Site::primary ? "p" : "r");
}

std::string network_name(const std::string& run_id, Site site) {
  return fmt::format("{}-{}-{}", kMark, run_id, site == Site::primary ? "p" : "r");
}

Result<RunFolder> RunFolder::create(const std::filesystem::path& given_base,
                                    const std::vector<SiteManifest>& sites_given,
                                    Networks networks) {
  // Absolute: daemons have another working directory.
  const std::filesystem::path base = std::filesystem::absolute(given_base).lexically_normal();
  std::error_code error;
  std::filesystem::create_directories(base, error);
  const std::string id = new_run_id();
  const std::filesystem::path path = base / fmt::format("{}-{}", kMark, id);
  if (error || !std::filesystem::create_directory(path, error))
    return environment_error(
        fmt::format("the run folder {} can't be made: {}", path.string(), error.message()),
        "choose another folder with --run-folder");
  const int lock = open_lock(path, true);
  if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) != 0)
    return environment_error(
        fmt::format("the run folder {} can't be locked: {}", path.string(), std::strerror(errno)),
        "choose another folder with --run-folder");
  chmod(path.c_str(), 0755);
  RunFolder folder(path, lock);
  folder.manifest_ = {.run_id = id, .sites = sites_given};
  for (const Site site : {Site::primary, Site::recovery}) {
    if (!sites_given.empty()) break;
    const std::filesystem::path home = site_folder(path, site);
    folder.manifest_.sites.push_back(
        {.site = site,
         .uri =
             fmt::format("qemu+unix:///session?socket={}/run/libvirt/libvirt-sock", home.string()),
         .storage = home / kVolumes,
         .own_daemon = true,
         .network = networks == Networks::apart ? network_name(id, site) : ""});
  }
  SB_TRY(write_manifest(path, folder.manifest_));
  return folder;
}

Nothing RunFolder::share_network() {
  for (SiteManifest& site : manifest_.sites)
    site.network.clear();
  return write_manifest(path_, manifest_);
}

RunFolder::RunFolder(RunFolder&& from) noexcept
    : path_(std::move(from.path_)),
      lock_(std::exchange(from.lock_, -1)),
      manifest_(std::move(from.manifest_)) {}

RunFolder::~RunFolder() {
  if (lock_ >= 0) close(lock_);
}

Nothing RunFolder::remove() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
  if (!error) return {};
  return environment_error(fmt::format("{} can't be removed: {}", path_.string(), error.message()),
                           "run: switchback clean");
}

std::vector<std::filesystem::path> run_folders(const std::filesystem::path& base) {
  const std::string prefix = std::string(kMark) + "-";
  std::vector<std::filesystem::path> folders;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(base, error)) {
    const std::string name = entry.path().filename().string();
    const bool named_so =
        name.starts_with(prefix) && name.size() == prefix.size() + kRunIdLength &&
        name.find_first_not_of("0123456789abcdef", prefix.size()) == std::string::npos;
    if (named_so && entry.is_directory(error)) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

bool has_manifest(const std::filesystem::path& run) {
  std::error_code error;
  return std::filesystem::exists(manifest_path(run), error);
}

std::string run_id_of(const std::filesystem::path& run) {
  return run.filename().string().substr(std::strlen(kMark) + 1);
}

Result<Manifest> read_manifest(const std::filesystem::path& run) {
  const auto refuse = [&](std::string_view what) {
    return bad_input(fmt::format("{}: {}", manifest_path(run).string(), what),
                     "remove the folder by hand if it is no longer needed");
  };
  std::ifstream file(manifest_path(run));
  const nlohmann::json json = nlohmann::json::parse(file, nullptr, false);
  if (!json.is_object() || !json.contains("format") || json["format"] != kFormat)
    return refuse("is no manifest of a run");
  try {
    if (json.value("version", 0) != kManifestVersion) return refuse("is of another version");
    Manifest manifest{.run_id = json.value("run_id", ""), .sites = {}};
    if (manifest.run_id != run_id_of(run)) return refuse("is of another run than its folder");
    for (const nlohmann::json& site : json.value("sites", nlohmann::json::array()))
      manifest.sites.push_back(
          {.site = site.value("site", "") == "primary" ? Site::primary : Site::recovery,
           .uri = site.value("uri", ""),
           .storage = site.value("storage", ""),
           .own_daemon = site.value("own_daemon", true),
           .network = site.value("network", "")});
    return manifest;
  } catch (const nlohmann::json::exception& error) {
    return refuse(error.what());
  }
}

bool remove_unused_folder(const std::filesystem::path& run) {
  std::error_code error;
  std::filesystem::remove(run / "lock", error);
  std::filesystem::remove(manifest_draft(run), error);
  return std::filesystem::remove(run, error);
}

std::optional<int> take_lock(const std::filesystem::path& run) {
  const int lock = open_lock(run, true);
  if (lock < 0) return std::nullopt;
  // A program that the run was just starting when it died holds on to the lock for a moment more.
  const Deadline deadline = Deadline::after(std::chrono::seconds(1));
  while (flock(lock, LOCK_EX | LOCK_NB) != 0) {
    if (deadline.passed()) {
      close(lock);
      return std::nullopt;
    }
    deadline.pause();
  }
  return lock;
}

}  // namespace switchback::libvirt
