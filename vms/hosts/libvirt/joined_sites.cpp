// SPDX-License-Identifier: Apache-2.0
// See joined_sites.hpp.
#include "vms/hosts/libvirt/joined_sites.hpp"

#include "vms/hosts/libvirt/run_folder.hpp"
#include "vms/hosts/libvirt/two_sites.hpp"

namespace switchback::libvirt {

Result<std::unique_ptr<JoinedSites>> JoinedSites::join(const std::filesystem::path& run) {
  SB_ASSIGN(manifest, read_manifest(run));
  std::unique_ptr<JoinedSites> joined(new JoinedSites);
  for (const SiteManifest& site : manifest.sites) {
    const SiteConfig config = site_config(run, manifest.run_id, site);
    Result<std::unique_ptr<Connection>> connection = Connection::open(config);
    joined->troubles_.push_back(connection ? std::optional<Error>() : connection.error());
    joined->connections_.push_back(connection ? std::move(*connection)
                                              : Connection::unreachable(config));
    joined->connections_.back()->load_schemas();
  }
  return joined;
}

}  // namespace switchback::libvirt
