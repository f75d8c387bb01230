// SPDX-License-Identifier: Apache-2.0
// Reading a file that a person names: traces, baselines.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "harness/base/result.hpp"

namespace switchback {

/// The bytes of an ordinary file; of a larger one, `most_bytes` + 1 of them, so that its size is
/// seen. Anything else (a folder, a pipe, which could keep a reader waiting for ever) is refused;
/// every Error names the path.
Result<std::string> text_of_file(const std::filesystem::path& path, std::size_t most_bytes);

/// What the system calls that errno.
std::string why(int error);

}  // namespace switchback
