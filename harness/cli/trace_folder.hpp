// SPDX-License-Identifier: Apache-2.0
// Where a run keeps traces.
#pragma once

#include <filesystem>

#include "harness/base/result.hpp"

namespace switchback {

/// Makes the folder, and tries that it takes a file: before a run is worth its time.
Nothing prepare_trace_folder(const std::filesystem::path& folder);

}  // namespace switchback
