// SPDX-License-Identifier: Apache-2.0
// The summary for a person who was woken up by it: the verdict first, then what to do.
#pragma once

#include <string>

#include "reports/summary.hpp"

namespace switchback {

/// Lines of at most 100 columns, but for commands, which stay in one piece to be copied. Strings of
/// the system under test are made printable. Escape sequences only if `colour`.
std::string summary_text(const SummaryData& data, double seconds, bool colour);

/// What broke and how to see it again: property, message, story, trace, replay command. The part of
/// the summary that a test report shows for this finding. Each line starts with `indent` spaces.
std::string finding_text(const Finding& finding, std::size_t indent);

}  // namespace switchback
