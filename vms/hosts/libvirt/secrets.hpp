// SPDX-License-Identifier: Apache-2.0
// Keys, kept by the libvirt of a site: ephemeral, so in the daemon's memory only, and they outlive
// a controller. Not private in libvirt's sense: QEMU's own programs, which make and fold volumes
// beside libvirt, must be given them too.
#pragma once

#include <string>
#include <vector>

#include "harness/base/result.hpp"
#include "vms/hosts/libvirt/connection.hpp"

namespace switchback::libvirt {

/// The UUID of the secret of that name of this run and site.
std::string secret_uuid(const SiteConfig& site, const std::string& name);

/// Keeps a key under a name, replacing one of that name. No message tells it.
Nothing keep_secret(const Connection& connection, const std::string& name, const std::string& key);
/// An Error of kind not_found if there is none.
Result<std::string> read_secret(const Connection& connection, const std::string& name);
/// Succeeds if there is none.
Nothing drop_secret(const Connection& connection, const std::string& name);
/// The names of all that bear the run's mark and are of this site.
Result<std::vector<std::string>> secret_names(const Connection& connection);

}  // namespace switchback::libvirt
