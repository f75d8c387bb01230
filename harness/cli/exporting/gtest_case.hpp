// SPDX-License-Identifier: Apache-2.0
// A trace as a source file with GoogleTest cases.
#pragma once

#include <filesystem>
#include <string>

#include "harness/sequence/trace.hpp"

namespace switchback {

/// The name of the test suite: that of the file, as a word of C++. "found-7.json" gives "Found7".
std::string suite_name(const std::filesystem::path& file);

/// A whole source file, that compiles beside the others of this repository: a case that the sound
/// service keeps all promises and, where the trace names a defect and its violation, one that the
/// defect breaks them.
std::string gtest_case(const std::filesystem::path& file, const Trace& trace);

}  // namespace switchback
