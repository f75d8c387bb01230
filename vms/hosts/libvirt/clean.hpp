// SPDX-License-Identifier: Apache-2.0
// Removes what runs left behind: only what bears a run's mark, and never what a live run uses.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/base/result.hpp"
#include "vms/hosts/libvirt/connection.hpp"

namespace switchback::libvirt {

struct CleanedObject {
  std::string run_id;
  std::string kind;  ///< "vm", "volume", "key", "process", "network", "folder"
  std::string name;
};

struct CleanReport {
  std::vector<CleanedObject> removed;
  std::vector<std::string> skipped;  ///< what was left, and why
};

/// Every run below `base` whose process is dead: its processes, its VMs and volumes at daemons that
/// are not its own, and its folder; and processes of runs whose folder was there and is gone. A
/// daemon that can't be reached, a manifest that can't be read, or a folder of another user is
/// skipped and said so; the folder then stays.
Result<CleanReport> clean_runs(const std::filesystem::path& base);

/// Destroys and undefines every domain of the run at this connection, forgets its keys, and deletes
/// its files in the site's storage. Goes on past single failures; gives what was removed.
std::vector<CleanedObject> remove_marked_objects(const Connection& connection);

/// Ends every process of the run.
std::vector<CleanedObject> end_run(const std::string& run_id);

}  // namespace switchback::libvirt
