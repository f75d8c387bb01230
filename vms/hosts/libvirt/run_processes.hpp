// SPDX-License-Identifier: Apache-2.0
// The processes of a run, found by its mark.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace switchback::libvirt {

struct RunProcess {
  pid_t pid = 0;
  std::string command;  ///< its arguments, joined by spaces, cut short
};

/// Processes that are provably this run's: they bear its id in their environment, or an argument
/// names a file or domain with its mark (libvirt gives QEMU an environment of its own). Never this
/// process or one that it descends from.
std::vector<RunProcess> processes_of_run(const std::string& run_id);

/// Those of them that work in that folder: it is in their environment or arguments.
std::vector<RunProcess> processes_in_folder(const std::string& run_id,
                                            const std::filesystem::path& folder);

struct StrayProcess {
  std::string run_id;
  RunProcess process;
};
/// Processes of runs whose folder was below `base` and is gone: by hand, or by a cleaner too eager.
std::vector<StrayProcess> processes_without_folder(const std::filesystem::path& base);

/// SIGKILL to one after the other, of which none gets to act on the end of another: all are stopped
/// first. Returns when none is left.
void kill_at_once(const std::vector<RunProcess>& processes);

/// SIGTERM to all, SIGKILL to those left after five seconds; returns when none is left.
void end_processes(const std::vector<RunProcess>& processes);

}  // namespace switchback::libvirt
