// SPDX-License-Identifier: Apache-2.0
// JUnit XML, in the form that CI servers agree on.
#pragma once

#include <filesystem>
#include <string>

#include "harness/base/result.hpp"
#include "reports/summary.hpp"

namespace switchback {

/// One suite named after the world; one case a property, and the case "run" for the run itself.
///
/// Violated is a <failure>; trouble of the environment, or nothing tested, an <error> of the case
/// "run"; not exercised <skipped>. Some servers ignore all attributes but the name, so that seed,
/// replay command and story stand inside the text as well. The properties share one run, so its
/// time is shared out among them: the sum is right, the single figure means nothing. Strings are
/// made valid for XML 1.0.
std::string junit_xml(const SummaryData& data, double seconds);

/// By way of a temporary file and a rename. Errors name the path.
Nothing write_junit(const std::filesystem::path& path, const SummaryData& data, double seconds);

}  // namespace switchback
