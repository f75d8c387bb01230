// SPDX-License-Identifier: Apache-2.0
// See two_sites.hpp.
#include "vms/hosts/libvirt/two_sites.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include <fmt/format.h>
#include <poll.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/assert.hpp"
#include "vms/hosts/libvirt/clean.hpp"
#include "vms/hosts/libvirt/deadline.hpp"
#include "vms/hosts/libvirt/kvm_probe.hpp"
#include "vms/hosts/libvirt/last_lines.hpp"
#include "vms/hosts/libvirt/networks_apart.hpp"
#include "vms/hosts/libvirt/run_processes.hpp"

namespace switchback::libvirt {
namespace {

struct NeededProgram {
  const char* name;
  const char* package;
};
constexpr std::array kAlways = {NeededProgram{"qemu-img", "qemu-utils"},
                                NeededProgram{"qemu-nbd", "qemu-utils"}};
constexpr std::array kForOwnDaemons = {
    NeededProgram{"libvirtd", "libvirt-daemon libvirt-daemon-driver-qemu"},
    NeededProgram{"qemu-system-x86_64", "qemu-system-x86"}, NeededProgram{"tini", "tini"},
    NeededProgram{"setpriv", "util-linux"}};

template <std::size_t N>
Nothing need(const std::array<NeededProgram, N>& programs) {
  for (const NeededProgram& program : programs)
    if (!find_program(program.name))
      return environment_error(fmt::format("{} is not installed", program.name),
                               fmt::format("apt-get install {}", program.package));
  return {};
}

std::optional<uid_t> unprivileged_user() {
  if (geteuid() != 0) return std::nullopt;
  const passwd* const user = getpwnam(kUnprivilegedUser);
  return user != nullptr ? std::optional(user->pw_uid) : std::nullopt;
}

/// The folders that a session daemon wants, and its configuration.
Nothing prepare_home(const std::filesystem::path& home, std::optional<uid_t> owner) {
  std::error_code error;
  for (const char* name : {"home", "run", "c/libvirt", "cache", "data", kVolumes, "sock", "guest"})
    std::filesystem::create_directories(home / name, error);
  // Without its own log handler every VM start would bring up a log daemon as well.
  std::ofstream(home / "c/libvirt/qemu.conf") << "stdio_handler = \"file\"\n";
  if (error)
    return environment_error(fmt::format("{}: {}", home.string(), error.message()),
                             "choose another folder with --run-folder");
  const auto give = [&](const std::filesystem::path& path) {
    return !owner || chown(path.c_str(), *owner, static_cast<gid_t>(-1)) == 0;
  };
  bool given = give(home);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(home))
    given = give(entry.path()) && given;
  if (!given || chmod((home / "run").c_str(), 0700) != 0)
    return environment_error(
        fmt::format("{} can't be given to {}", home.string(), kUnprivilegedUser),
        "choose another folder with --run-folder");
  return {};
}

/// Who a daemon that is not ours runs QEMU as, as far as its storage folder tells: one that belongs
/// to root is of a system daemon, which takes and gives back files itself.
std::optional<uid_t> owner_of(const std::filesystem::path& storage) {
  struct stat found {};
  if (geteuid() != 0 || stat(storage.c_str(), &found) != 0 || found.st_uid == 0)
    return std::nullopt;
  return found.st_uid;
}

/// Where a run keeps what its VMs boot; there is nothing if they boot nothing.
GuestImage guest_files(const std::filesystem::path& run) {
  return {.kernel = run / "guest" / guest::kKernelFile,
          .initrd = run / "guest" / guest::kInitrdFile};
}

SiteConfig config_of(const RunFolder& folder, const SiteManifest& site) {
  return site_config(folder.path(), folder.manifest().run_id, site);
}

/// What is known to end badly before anything is made.
Nothing check(const ForeignSites& sites) {
  std::error_code error;
  if (sites.primary_uri == sites.recovery_uri)
    return bad_input(fmt::format("both sites are {}", sites.primary_uri),
                     "name two daemons: a VM can't be failed over to where it is");
  if (std::filesystem::equivalent(sites.primary_storage, sites.recovery_storage, error))
    return bad_input(fmt::format("both sites store in {}", sites.primary_storage.string()),
                     "give each site a folder of its own");
  for (const std::filesystem::path& storage : {sites.primary_storage, sites.recovery_storage})
    if (access(storage.c_str(), W_OK) != 0)
      return bad_input(fmt::format("storage folder {}: {}", storage.string(), std::strerror(errno)),
                       "name a folder that can be written, also by QEMU");
  return {};
}

Nothing check_own(const std::filesystem::path& run_base) {
  const std::filesystem::path base = std::filesystem::absolute(run_base).lexically_normal();
  if (base.string().size() <= kLongestRunBase) return need(kForOwnDaemons);
  return bad_input(
      fmt::format("the path {} is too long for the sockets of daemons below it", base.string()),
      fmt::format("name a --run-folder of {} characters or fewer", kLongestRunBase));
}

}  // namespace

SiteConfig site_config(const std::filesystem::path& run, const std::string& run_id,
                       const SiteManifest& site) {
  const GuestImage guest = guest_files(run);
  return {.site = site.site,
          .uri = site.uri,
          .storage = site.storage,
          .sockets = site_folder(run, site.site) / "sock",
          .run_id = run_id,
          .owner = site.own_daemon ? unprivileged_user() : owner_of(site.storage),
          .guest = std::filesystem::exists(guest.kernel) ? std::optional(guest) : std::nullopt,
          .network = site.network};
}

Result<std::unique_ptr<TwoSites>> TwoSites::open(const std::filesystem::path& run_base,
                                                 const std::optional<ForeignSites>& foreign,
                                                 const std::optional<guest::Image>& guest,
                                                 OwnStorage storage) {
  SB_TRY(need(kAlways));
  std::vector<SiteManifest> given;
  if (foreign) {
    SB_TRY(check(*foreign));
    given = {{.site = Site::primary,
              .uri = foreign->primary_uri,
              .storage = std::filesystem::absolute(foreign->primary_storage),
              .own_daemon = false},
             {.site = Site::recovery,
              .uri = foreign->recovery_uri,
              .storage = std::filesystem::absolute(foreign->recovery_storage),
              .own_daemon = false}};
  } else {
    SB_TRY(check_own(run_base));
  }
  const std::string why_shared = why_no_networks();
  SB_ASSIGN(folder, RunFolder::create(run_base, given,
                                      why_shared.empty() ? Networks::apart : Networks::shared));
  std::unique_ptr<TwoSites> sites(new TwoSites(std::move(folder)));
  if (guest) SB_TRY(sites->take_guest(*guest));
  if (foreign) {
    for (const SiteManifest& site : sites->folder_.manifest().sites) {
      const SiteConfig config = config_of(sites->folder_, site);
      for (const std::filesystem::path& folder_of_qemu : {config.sockets, config.guest_folder()}) {
        std::error_code ignored;
        std::filesystem::create_directories(folder_of_qemu, ignored);
        chmod(folder_of_qemu.c_str(), 0777);  // QEMU may run as a user that we don't know
      }
    }
  } else {
    SB_TRY(sites->prepare_homes());
    // Daemons that start in a mount namespace of their own see only what is mounted before.
    if (storage == OwnStorage::mounted) sites->mount_storages();
    SB_TRY(sites->part_networks(why_shared));
    SB_TRY(sites->start_daemons());
  }
  for (const SiteManifest& site : sites->folder_.manifest().sites)
    SB_TRY(sites->connect(site));
  SB_TRY(sites->decide_acceleration());
  return sites;
}

TwoSites::~TwoSites() {
  for (const std::unique_ptr<Connection>& connection : connections_)
    remove_marked_objects(*connection);
  connections_.clear();
  daemons_.clear();
  end_run(folder_.manifest().run_id);
  remove_networks(folder_.manifest().run_id);
  for (const SiteManifest& site : folder_.manifest().sites)
    if (site.own_daemon) static_cast<void>(unmount_storage(site.storage));
  static_cast<void>(folder_.remove());
}

/// A copy: QEMU's user can't read the cache of ours, and the image may be removed from there.
Nothing TwoSites::take_guest(const guest::Image& image) {
  const GuestImage files = guest_files(folder_.path());
  std::error_code error;
  std::filesystem::create_directory(files.kernel.parent_path(), error);
  for (const std::filesystem::path& file : {files.initrd, files.kernel}) {
    if (!error) std::filesystem::copy_file(image.folder / file.filename(), file, error);
    if (!error) std::filesystem::permissions(file, std::filesystem::perms(0644), error);
  }
  if (error)
    return environment_error(
        fmt::format("the image {} can't be copied to {}: {}", image.folder.string(),
                    folder_.path().string(), error.message()),
        "choose another folder with --run-folder");
  notes_.push_back(
      fmt::format("Guest (--guest linux): Linux {}, image {}", image.kernel, image.digest));
  return {};
}

Nothing TwoSites::part_networks(std::string why_shared) {
  if (why_shared.empty()) {
    const Nothing made = make_networks(folder_.manifest());
    if (made) {
      notes_.emplace_back("network: a namespace for each site, and a link between the two");
      return {};
    }
    why_shared = made.error().message;
    SB_TRY(folder_.share_network());
  }
  notes_.push_back(fmt::format("network: one for both sites ({})", why_shared));
  return {};
}

Nothing TwoSites::prepare_homes() {
  for (const SiteManifest& manifest : folder_.manifest().sites)
    SB_TRY(prepare_home(site_folder(folder_.path(), manifest.site),
                        config_of(folder_, manifest).owner));
  return {};
}

void TwoSites::mount_storages() {
  const std::vector<SiteManifest>& manifests = folder_.manifest().sites;
  for (const SiteManifest& manifest : manifests) {
    const Nothing mounted = mount_storage(manifest.storage, config_of(folder_, manifest).owner);
    if (mounted) continue;
    notes_.push_back("that storage is full is pretended: " + mounted.error().message);
    return;
  }
  storage_.emplace(std::array{manifests[0].storage, manifests[1].storage});
}

Nothing TwoSites::start_daemons() {
  for (const SiteManifest& manifest : folder_.manifest().sites) {
    SB_ASSIGN(daemon, start_daemon(config_of(folder_, manifest)));
    daemons_.push_back(std::make_unique<BackgroundProgram>(std::move(daemon)));
  }
  return {};
}

Result<BackgroundProgram> TwoSites::start_daemon(const SiteConfig& site) {
  const std::filesystem::path home = site_folder(folder_.path(), site.site);
  // tini adopts and reaps QEMU processes: libvirt waits for a dead one to be reaped, which a slow
  // init takes seconds for.
  std::vector<std::string> command = site.command_there({"tini", "-s", "--"});
  if (site.owner)
    command.insert(command.end(), {"setpriv", "--reuid", std::to_string(*site.owner), "--regid",
                                   std::to_string(*site.owner), "--clear-groups"});
  command.insert(command.end(), {"libvirtd", "--timeout", "0"});
  return BackgroundProgram::start(
      {.command = command,
       .environment = {fmt::format("{}={}", kRunVariable, site.run_id),
                       "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                       fmt::format("HOME={}", (home / "home").string()),
                       fmt::format("XDG_RUNTIME_DIR={}", (home / "run").string()),
                       fmt::format("XDG_CONFIG_HOME={}", (home / "c").string()),
                       fmt::format("XDG_CACHE_HOME={}", (home / "cache").string()),
                       fmt::format("XDG_DATA_HOME={}", (home / "data").string())},
       .log = home / "libvirtd.log",
       .listening_socket = std::nullopt});
}

Result<bool> TwoSites::restart_after_power_loss(Site site) {
  const auto number = static_cast<std::size_t>(site);
  SB_ASSERT(own_daemons());
  std::unique_ptr<BackgroundProgram>& reaper = daemons_[number];
  const SiteManifest& manifest = folder_.manifest().sites[number];
  std::vector<RunProcess> killed =
      processes_in_folder(folder_.manifest().run_id, site_folder(folder_.path(), site));
  // Reaps the others, and ends with the daemon, which is the last.
  std::erase_if(killed, [&](const RunProcess& one) { return one.pid == reaper->pid(); });
  const auto others = std::stable_partition(
      killed.begin(), killed.end(),
      [](const RunProcess& one) { return !one.command.starts_with("libvirtd"); });
  const bool any = others != killed.begin();
  kill_at_once(killed);
  reaper->end();
  SB_ASSIGN(daemon, start_daemon(config_of(folder_, manifest)));
  reaper = std::make_unique<BackgroundProgram>(std::move(daemon));
  SB_ASSIGN(up, reach(manifest));
  up->load_schemas();
  return any;
}

Nothing TwoSites::connect(const SiteManifest& manifest) {
  SB_ASSIGN(connection, reach(manifest));
  connection->load_schemas();
  connections_.push_back(std::move(connection));
  return {};
}

Result<std::unique_ptr<Connection>> TwoSites::reach(const SiteManifest& manifest) {
  const SiteConfig site = config_of(folder_, manifest);
  if (!manifest.own_daemon) return Connection::open(site);
  BackgroundProgram& daemon = *daemons_[static_cast<std::size_t>(site.site)];
  const std::filesystem::path log = site_folder(folder_.path(), site.site) / "libvirtd.log";
  const Deadline deadline = Deadline::after(std::chrono::seconds(60));
  while (true) {
    Result<std::unique_ptr<Connection>> connection = Connection::open(site);
    if (connection) return connection;
    if (daemon.wait_until_ended(std::chrono::milliseconds(20)) || deadline.passed())
      return environment_error(
          fmt::format("the libvirt daemon of the {} site does not come up:{}", name_of(site.site),
                      last_lines(log)),
          "apt-get install libvirt-daemon libvirt-daemon-driver-qemu qemu-system-x86");
  }
}

Nothing TwoSites::decide_acceleration() {
  SB_ASSIGN(kvm, probe_kvm(folder_.path(), folder_.manifest().run_id, unprivileged_user()));
  use_kvm_ = kvm.usable;
  notes_.push_back(kvm.note);
  return {};
}

}  // namespace switchback::libvirt
