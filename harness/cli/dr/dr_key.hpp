// SPDX-License-Identifier: Apache-2.0
// The key of an encrypted replica: from a file or from standard input, never from the command line,
// which everybody on the machine can read.
#pragma once

#include <filesystem>
#include <string>

#include "harness/base/result.hpp"

namespace switchback {

/// The first line of the file; "-" is standard input, which is asked for without echo if it is a
/// terminal.
Result<std::string> read_key(const std::filesystem::path& file);

}  // namespace switchback
