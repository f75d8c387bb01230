// SPDX-License-Identifier: Apache-2.0
// Where a run keeps traces.
#pragma once

#include <filesystem>
#include <vector>

#include "harness/base/result.hpp"

namespace switchback {

/// Makes the folder, and tries that it takes a file: before a run is worth its time.
Nothing prepare_trace_folder(const std::filesystem::path& folder);

/// The trace files that the path names: a file itself, whatever it is, or the *.json of a folder in
/// the order of their names. That there is no such path, or no trace in the folder, is an Error.
Result<std::vector<std::filesystem::path>> traces_in(const std::filesystem::path& path);

}  // namespace switchback
