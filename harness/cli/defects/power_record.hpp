// SPDX-License-Identifier: Apache-2.0
// How many planted defects this very build was seen to find: kept by `switchback defects`, told in
// the reports of every later run.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "harness/base/result.hpp"
#include "reports/summary.hpp"

namespace switchback {

/// A digest of the program's own file (XXH3, 128 bits, in hex): another build has another. Nothing
/// if it can't be read.
std::optional<std::string> this_build();

/// Where that build's figure is kept: under $XDG_STATE_HOME, or ~/.local/state as the XDG Base
/// Directory Specification has it. Nothing if there is neither.
std::optional<std::filesystem::path> power_file(const std::string& build);

/// Takes the place of what an earlier search of this build has found.
Nothing keep_power(const Power& power);

/// What the last search of this build has found; nothing if it never searched, or if what is kept
/// can't be read.
std::optional<Power> power_of_this_build();

}  // namespace switchback
