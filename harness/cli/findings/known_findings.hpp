// SPDX-License-Identifier: Apache-2.0
// The findings that a trace folder keeps, replayed before anything new is looked for.
#pragma once

#include <cstdio>
#include <vector>

#include "harness/campaign/finding_file.hpp"
#include "harness/cli/arguments.hpp"
#include "harness/cli/reporting.hpp"

namespace switchback {

/// Replays every trace of the folder that names a violation of the system that the run is about,
/// each with that promise judged and no other, and gives those that are still there. What is fixed
/// is removed, if the file has the name that runs give it (see finding_file()). A line of each, and
/// of what can't be judged and is left alone, goes to `out`; nothing if that is null.
/// One that does not come back ends the process, with the reports of the run so far.
std::vector<KnownFinding> replay_known_findings(const RunArguments& arguments, Reporting& reporting,
                                                std::FILE* out);

}  // namespace switchback
