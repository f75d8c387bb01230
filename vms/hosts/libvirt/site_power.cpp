// SPDX-License-Identifier: Apache-2.0
// See site_power.hpp.
#include "vms/hosts/libvirt/site_power.hpp"

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "vms/hosts/libvirt/deadline.hpp"
#include "vms/hosts/libvirt/libvirt_host.hpp"
#include "vms/hosts/libvirt/secrets.hpp"

namespace switchback::libvirt {
namespace {

constexpr Duration kStartPatience = std::chrono::seconds(30);

Result<std::vector<std::string>> running_vms(const Connection& connection) {
  SB_ASSIGN(running, connection.domains({}, Listed::running));
  std::vector<std::string> names;
  for (const auto& entry : running)
    names.push_back(entry.first);
  return names;
}

using Keys = std::vector<std::pair<std::string, std::string>>;

Result<Keys> read_keys(const Connection& connection) {
  SB_ASSIGN(names, secret_names(connection));
  Keys keys;
  for (const std::string& name : names) {
    SB_ASSIGN(key, read_secret(connection, name));
    keys.emplace_back(name, key);
  }
  return keys;
}

/// A daemon that has just come up may take VMs for running whose QEMU died with it.
Nothing wait_until_none_runs(const Connection& connection) {
  const Deadline deadline = Deadline::after(kStartPatience);
  for (;;) {
    SB_ASSIGN(left, running_vms(connection));
    if (left.empty()) return {};
    if (deadline.passed())
      return environment_error(
          fmt::format("VM {} passes for running at the {} site, though its QEMU was killed",
                      left.front(), name_of(connection.site().site)),
          "see the log of that site's libvirt daemon");
    deadline.pause();
  }
}

}  // namespace

Result<bool> SitePower::lose(Site site) {
  const Connection& connection = sites_.connection(site);
  SB_ASSIGN(ran, running_vms(connection));
  SB_ASSIGN(keys, read_keys(connection));
  SB_ASSIGN(lost, sites_.restart_after_power_loss(site));
  SB_TRY(wait_until_none_runs(connection));
  for (const auto& [name, key] : keys)
    SB_TRY(keep_secret(connection, name, key));
  LibvirtHost host(connection, wire_, sites_.use_kvm());
  for (const std::string& vm : ran)
    SB_TRY(host.start_vm(vm, std::nullopt));
  return lost;
}

}  // namespace switchback::libvirt
