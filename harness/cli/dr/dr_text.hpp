// SPDX-License-Identifier: Apache-2.0
// What `switchback dr` says of items, jobs and points.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "harness/cli/dr/lab_folder.hpp"
#include "harness/system/dr_system.hpp"

namespace switchback {

/// Some lines: state, health, data sent, points, and the commands that are possible now.
std::string status_text(const ItemName& item, const ItemStatus& status);
nlohmann::ordered_json status_json(const ItemName& item, const ItemStatus& status);

/// "2026-11-23 04:05:06Z  enable of web: done, 1.2 MiB to recovery, 0 B to primary".
std::string job_note_text(const JobNote& note);
nlohmann::ordered_json job_note_json(const JobNote& note);
/// "  wire:    1.2 MiB to recovery, 0 B to primary" and a newline; empty if nothing crossed.
std::string wire_text(const JobNote& note);

/// "planned_failover [###---] 3/6 prepare_for_failover, 1.2 MiB on the wire".
std::string job_line(const JobPoint& point, const Capabilities& capabilities, Bytes crossed);

/// An instant since the UNIX epoch, as UTC: "2026-11-23 04:05:06Z".
std::string clock_text(Instant at);

/// A name as people type it: "link-cut" for "link_cut".
std::string dashed(std::string_view name);

/// The subcommand of `switchback dr` for an operation, e.g. "complete-failover".
std::string dr_command_for(Operation operation);

}  // namespace switchback
