// SPDX-License-Identifier: Apache-2.0
// What a lab keeps in its folder between two commands: what it is made of, how far its clock is
// ahead, what was broken on purpose, and the jobs that ended.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/result.hpp"
#include "harness/system/fault.hpp"
#include "harness/system/item.hpp"

namespace switchback {

/// What a lab is made of: `lab.json`.
struct LabFile {
  bool use_kvm = false;
  bool manual = false;          ///< nothing happens by itself
  std::vector<ItemSpec> items;  ///< names, VMs and disks; policies come with enable
};
/// Seen whole or not at all.
Nothing write_lab_file(const std::filesystem::path& run, const LabFile& lab);
Result<LabFile> read_lab_file(const std::filesystem::path& run);

/// The only lab below `base`; none, or several, is an Error that says what to do.
Result<std::filesystem::path> find_lab(const std::filesystem::path& base);
/// Whether the process that brought the lab up is there, or was killed and left it behind.
bool lab_process_lives(const std::filesystem::path& run);
/// Sends it SIGTERM. An Error if it is not there.
Nothing end_lab_process(const std::filesystem::path& run);

/// How far the lab's clock is ahead of the machine's.
Result<Duration> read_clock_lead(const std::filesystem::path& run);
Nothing write_clock_lead(const std::filesystem::path& run, Duration lead);
/// The machine's clock, since the UNIX epoch.
Instant wall_clock();

/// Faults that last until they are healed.
Result<std::vector<FaultKind>> read_faults(const std::filesystem::path& run);
Nothing write_faults(const std::filesystem::path& run, const std::vector<FaultKind>& faults);

/// A job that ended.
struct JobNote {
  Instant at{};  ///< on the lab's clock
  ItemName item;
  std::string operation;
  std::string outcome;
  std::string reason;
  Bytes to_recovery = 0;  ///< on the wire, by the command that brought it to its end
  Bytes to_primary = 0;
};
Nothing add_job_note(const std::filesystem::path& run, const JobNote& note);
/// Oldest first. Lines that can't be read are left out.
std::vector<JobNote> read_job_notes(const std::filesystem::path& run);

}  // namespace switchback
