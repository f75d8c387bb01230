// SPDX-License-Identifier: Apache-2.0
// See site_power.hpp.
#include "vms/hosts/libvirt/site_power.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "vms/hosts/libvirt/deadline.hpp"
#include "vms/hosts/libvirt/libvirt_host.hpp"
#include "vms/hosts/libvirt/qemu_process.hpp"
#include "vms/hosts/libvirt/secrets.hpp"

namespace switchback::libvirt {
namespace {

constexpr Duration kStartPatience = std::chrono::seconds(30);

/// What each running VM's start is called, by its name.
Result<std::map<std::string, std::string>> running_vms(const Connection& connection) {
  SB_ASSIGN(running, connection.domains({}, Listed::running));
  std::map<std::string, std::string> starts;
  for (const auto& [name, domain] : running)
    starts[name] = start_of_domain(domain);
  return starts;
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
                      left.begin()->first, name_of(connection.site().site)),
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
  for (const auto& [vm, start] : ran)
    SB_TRY(host.start_vm(vm, std::nullopt));
  SB_ASSIGN(runs, running_vms(connection));
  for (const auto& [vm, start] : ran)
    restarts_.note(start, runs[vm]);
  return lost;
}

}  // namespace switchback::libvirt
