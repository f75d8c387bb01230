// SPDX-License-Identifier: Apache-2.0
// Where findings are kept: one file for each way in which a system breaks a promise.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "properties/property.hpp"

namespace switchback {

/// Whose finding it is: the world by its name, the defect and the variant of the
/// sound service that were on.
struct SystemUnderTest {
  std::string world;
  std::optional<std::string> defect;
  std::optional<std::string> variant = {};
};

/// A finding of an earlier run that is still there.
struct KnownFinding {
  std::string property;
  std::string kind;
  std::filesystem::path file;
  std::size_t steps = 0;
};

/// The name is the violation's identity, and what tells systems apart. Only files of such names are
/// ever replaced or removed: any other name is somebody's own.
std::filesystem::path finding_file(const std::filesystem::path& folder,
                                   const SystemUnderTest& system, const std::string& property,
                                   const std::string& kind);

/// `draft` holds a new finding of so many steps. Of a finding that is known the shorter trace
/// stays, at the same length the old one. Returns the file that it is in from now on: if the draft
/// can't be moved, the draft.
std::filesystem::path keep_once(const std::filesystem::path& draft, std::size_t steps,
                                const Violation& violation, const SystemUnderTest& system,
                                const std::vector<KnownFinding>& known);

}  // namespace switchback
