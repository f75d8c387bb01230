// SPDX-License-Identifier: Apache-2.0
// A network namespace for each site of a run: what goes from one site to the other then has to go
// over a link between them (site_link.hpp), and nothing else of either is reached.
#pragma once

#include <string>
#include <vector>

#include "harness/base/result.hpp"
#include "vms/hosts/libvirt/run_folder.hpp"

namespace switchback::libvirt {

/// Why this process can't make networks, as far as can be told without trying: it is not root, or a
/// program is missing. Empty: it may well be able to.
std::string why_no_networks();

/// Makes the namespaces that the manifest names, with their loopback up, and proves that a link can
/// be made between them. On an Error those that were made are gone again.
Nothing make_networks(const Manifest& manifest);

/// Removes those of that run that exist, and with them the links in them; gives their names. What
/// still runs in one keeps it, without a name: end the processes first.
std::vector<std::string> remove_networks(const std::string& run_id);

/// Those of that run that exist.
std::vector<std::string> networks_of_run(const std::string& run_id);

}  // namespace switchback::libvirt
