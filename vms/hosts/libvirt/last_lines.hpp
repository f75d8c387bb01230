// SPDX-License-Identifier: Apache-2.0
// The end of a log, for messages.
#pragma once

#include <filesystem>
#include <string>

namespace switchback::libvirt {

/// The last five lines, each on a line of its own and indented; empty if there is no such file.
std::string last_lines(const std::filesystem::path& log);

}  // namespace switchback::libvirt
