// SPDX-License-Identifier: Apache-2.0
// What `switchback dr` says of items, jobs and points.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "harness/system/dr_system.hpp"

namespace switchback {

/// Some lines: state, health, data sent, points, and the commands that are possible now.
std::string status_text(const ItemName& item, const ItemStatus& status);
nlohmann::ordered_json status_json(const ItemName& item, const ItemStatus& status);

/// "planned_failover [###---] 3/6 prepare_for_failover, 1.2 MiB on the wire".
std::string job_line(const JobPoint& point, const Capabilities& capabilities, Bytes crossed);

/// An instant since the UNIX epoch, as UTC: "2026-11-23 04:05:06Z".
std::string clock_text(Instant at);

/// The subcommand of `switchback dr` for an operation, e.g. "complete-failover".
std::string dr_command_for(Operation operation);

}  // namespace switchback
