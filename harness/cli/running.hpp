// SPDX-License-Identifier: Apache-2.0
// What the commands that run sequences have in common, beside the world that they run in.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/result.hpp"
#include "harness/campaign/campaign.hpp"
#include "harness/cli/arguments.hpp"
#include "harness/cli/reporting.hpp"
#include "harness/cli/watchdog.hpp"
#include "harness/cli/worlds.hpp"
#include "harness/sequence/trace.hpp"
#include "properties/property.hpp"

namespace switchback {

using Properties = std::vector<std::unique_ptr<const Property>>;

/// Those of these names, all if there are none. An unknown name is a bad_input Error.
Result<Properties> chosen_properties(const std::vector<std::string>& names);

/// The code, unless the run was interrupted: then that of the signal.
int exit_code_after(int code);

/// Of two exit codes of traces that were run one after the other: a violation is worst, then what
/// could not be run, then what is inconclusive.
int worse_of(int one, int other);

/// What a trace says of its world, unless the command line says otherwise.
WorldArguments world_of(WorldArguments given, const Trace& trace);

/// A trace may name only stages that the system has: at any other, its steps would never be in
/// time. `file` is named in the Error.
Nothing know_stages(WorldFactory& worlds, const Trace& trace, const std::filesystem::path& file);

/// For all that a command runs in this world, with these options. `reporting` may be null.
WatchdogOptions watched(const ChosenWorld& world, const CampaignOptions& options,
                        std::optional<double> timeout, Reporting* reporting);

}  // namespace switchback
