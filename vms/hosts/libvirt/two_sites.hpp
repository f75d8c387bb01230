// SPDX-License-Identifier: Apache-2.0
// The two libvirts of a run: daemons of its own, or those that the user named.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vms/guest/image.hpp"
#include "vms/hosts/libvirt/connection.hpp"
#include "vms/hosts/libvirt/process.hpp"
#include "vms/hosts/libvirt/run_folder.hpp"
#include "vms/hosts/libvirt/site_storage.hpp"

namespace switchback::libvirt {

/// Daemons that are not ours.
struct ForeignSites {
  std::string primary_uri;
  std::string recovery_uri;
  std::filesystem::path primary_storage;
  std::filesystem::path recovery_storage;
};

/// Where daemons of our own keep volumes.
enum class OwnStorage {
  folder,  ///< in the folder of the run
  /// On file systems of the run's own, which can be made full; in the folder where none can be
  /// mounted, which notes() then tell.
  mounted,
};

class TwoSites {
 public:
  /// Brings up two private daemons, each in its own folder of the run and, if this process is root,
  /// under an unprivileged user and in a network of its own, where such can be made; or connects to
  /// foreign ones. Errors name what is missing and how to install it; nothing is left behind by a
  /// failed start. `guest`: what all VMs of the run boot; it is copied into the run's folder.
  static Result<std::unique_ptr<TwoSites>> open(const std::filesystem::path& run_base,
                                                const std::optional<ForeignSites>& foreign,
                                                const std::optional<guest::Image>& guest = {},
                                                OwnStorage storage = OwnStorage::folder);
  /// Ends and removes everything that bears the run's mark.
  ~TwoSites();

  [[nodiscard]] const Connection& connection(Site site) const {
    return *connections_[static_cast<std::size_t>(site)];
  }
  /// Whether the daemons belong to this run, so that it may break them.
  [[nodiscard]] bool own_daemons() const { return !daemons_.empty(); }
  /// Kills the daemon of a site and all that runs under it, VMs and servers of volumes, as a loss
  /// of power does, and starts the daemon again: no VM runs then. Only of daemons of our own. Tells
  /// whether anything but the daemon ran.
  Result<bool> restart_after_power_loss(Site site);

  /// What can be made full: nullptr if nothing can. Lives as long as the sites.
  [[nodiscard]] recovery::Storage* storage() { return storage_ ? &*storage_ : nullptr; }

  [[nodiscard]] const RunFolder& folder() const { return folder_; }
  [[nodiscard]] bool use_kvm() const { return use_kvm_; }
  /// What a report should say of these sites, e.g. why KVM is not used.
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

 private:
  explicit TwoSites(RunFolder folder) : folder_(std::move(folder)) {}
  Nothing take_guest(const guest::Image& image);
  /// Gives each site a network of its own, or notes why not.
  Nothing part_networks(std::string why_shared);
  Nothing prepare_homes();
  void mount_storages();
  Nothing start_daemons();
  Result<BackgroundProgram> start_daemon(const SiteConfig& site);
  Nothing connect(const SiteManifest& manifest);
  /// Waits for a daemon of our own to come up.
  Result<std::unique_ptr<Connection>> reach(const SiteManifest& manifest);
  Nothing decide_acceleration();

  RunFolder folder_;
  std::vector<std::unique_ptr<BackgroundProgram>> daemons_;  ///< by site; none of foreign ones
  std::vector<std::unique_ptr<Connection>> connections_;     ///< by site
  std::optional<SiteStorage> storage_;
  bool use_kvm_ = false;
  std::vector<std::string> notes_;
};

/// How a site of that run is reached and marked.
SiteConfig site_config(const std::filesystem::path& run, const std::string& run_id,
                       const SiteManifest& site);

/// The user that daemons of root run under: it must be in the passwd file, or libvirt starts no VM.
inline constexpr const char* kUnprivilegedUser = "nobody";

}  // namespace switchback::libvirt
