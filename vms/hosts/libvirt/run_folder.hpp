// SPDX-License-Identifier: Apache-2.0
// The folder of one run: what it made is written down there before it is made, so that a killed run
// can be cleaned up after.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/result.hpp"
#include "harness/lifecycle/state.hpp"

namespace switchback::libvirt {

inline constexpr int kManifestVersion = 1;

/// What `switchback clean` needs to know of a site.
struct SiteManifest {
  Site site{};
  std::string uri;
  std::filesystem::path storage;
  bool own_daemon = true;    ///< the daemon belongs to the run and goes with it
  std::string network = {};  ///< the namespace that is made for it, see networks_apart.hpp
};

struct Manifest {
  std::string run_id;
  std::vector<SiteManifest> sites;
};

/// The longest path in which a run may have daemons of its own: QEMU's monitor sockets are far
/// below it, and the path of a unix socket has at most 107 characters.
inline constexpr std::size_t kLongestRunBase = 19;

/// $TMPDIR, if that is short enough, or /var/tmp: VM disks do not belong into a file system in
/// memory.
std::filesystem::path default_run_base();

/// Whether the run's own sites get a network each, or use that of this process.
enum class Networks { shared, apart };

/// A folder `switchback-<run id>` with a manifest and a lock that this process holds while it
/// lives.
class RunFolder {
 public:
  /// `sites_given` are those of daemons that are not ours; none: the run starts its own.
  static Result<RunFolder> create(const std::filesystem::path& base,
                                  const std::vector<SiteManifest>& sites_given,
                                  Networks networks = Networks::shared);

  RunFolder(RunFolder&& from) noexcept;
  RunFolder& operator=(RunFolder&&) = delete;
  /// Releases the lock; the folder stays until remove().
  ~RunFolder();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] const Manifest& manifest() const { return manifest_; }
  /// The manifest tells of no networks any more: there are none.
  Nothing share_network();
  Nothing remove();

 private:
  RunFolder(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::filesystem::path path_;
  int lock_;
  Manifest manifest_;
};

/// Below it a daemon of the run's own keeps its volumes.
inline constexpr const char* kVolumes = "vol";
/// Where a run's own daemons live: `<run>/p` and `<run>/r`, see kLongestRunBase.
std::filesystem::path site_folder(const std::filesystem::path& run, Site site);

/// The network namespace of a site of that run.
std::string network_name(const std::string& run_id, Site site);

/// Folders of runs below `base`, by their names `switchback-<8 hex digits>`, in order.
std::vector<std::filesystem::path> run_folders(const std::filesystem::path& base);
/// The run that a folder belongs to, by its name.
std::string run_id_of(const std::filesystem::path& run);
bool has_manifest(const std::filesystem::path& run);
Result<Manifest> read_manifest(const std::filesystem::path& run);
/// Removes the folder of a run that was killed before its manifest was written; false if there is
/// more in it than such a run makes.
bool remove_unused_folder(const std::filesystem::path& run);
/// Takes the lock of a run whose process is dead; nothing, after a second, while it lives.
std::optional<int> take_lock(const std::filesystem::path& run);

}  // namespace switchback::libvirt
