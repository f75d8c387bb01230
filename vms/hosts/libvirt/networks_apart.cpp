// SPDX-License-Identifier: Apache-2.0
// See networks_apart.hpp.
#include "vms/hosts/libvirt/networks_apart.hpp"

#include <chrono>
#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

#include "vms/hosts/libvirt/process.hpp"
#include "vms/hosts/libvirt/site_config.hpp"
#include "vms/hosts/libvirt/site_link.hpp"

namespace switchback::libvirt {
namespace {

/// The networks that VMs of one site share are multicast groups (networks.hpp). They stay at the
/// site: no frame of a guest belongs on the link.
constexpr const char* kInside = "link set lo up multicast on\nroute add 239.0.0.0/8 dev lo\n";

Nothing make_all(const Manifest& manifest) {
  for (const SiteManifest& site : manifest.sites) {
    SB_TRY(run_program(manifest.run_id, {"ip", "netns", "add", site.network}));
    SB_TRY(run_program(manifest.run_id, {"ip", "-n", site.network, "-batch", "-"},
                       std::chrono::seconds(60), kInside));
  }
  SB_TRY(SiteLink::make(manifest.run_id));
  return {};
}

}  // namespace

std::string why_no_networks() {
  if (geteuid() != 0) return "only root can make network namespaces";
  if (!find_program("ip")) return "ip is not installed (apt-get install iproute2)";
  if (!find_program("nsenter")) return "nsenter is not installed (apt-get install util-linux)";
  return {};
}

Nothing make_networks(const Manifest& manifest) {
  const Nothing made = make_all(manifest);
  if (!made) remove_networks(manifest.run_id);
  return made;
}

std::vector<std::string> networks_of_run(const std::string& run_id) {
  std::vector<std::string> names;
  for (const Site site : {Site::primary, Site::recovery}) {
    std::string name = network_name(run_id, site);
    std::error_code error;
    if (std::filesystem::exists(network_path(name), error)) names.push_back(std::move(name));
  }
  return names;
}

std::vector<std::string> remove_networks(const std::string& run_id) {
  std::vector<std::string> removed;
  for (std::string& name : networks_of_run(run_id))
    if (run_program(run_id, {"ip", "netns", "delete", name})) removed.push_back(std::move(name));
  return removed;
}

}  // namespace switchback::libvirt
