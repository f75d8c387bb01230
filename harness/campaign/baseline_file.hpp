// SPDX-License-Identifier: Apache-2.0
// The file of --baseline: findings that are known, and until when they are accepted.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/base/result.hpp"
#include "harness/events/event.hpp"

namespace switchback {

/// Reads the text of a baseline as docs/regressions.md has it; `origin` is its name in messages. An
/// entry whose last day is before `today` (UTC) comes out as expired. What is not understood, a
/// promise or a day that does not exist, and a finding that is named twice are an Error.
Result<std::vector<BaselineEntry>> baseline_from_json(const std::string& text,
                                                      const std::string& origin,
                                                      std::chrono::year_month_day today);

/// The same of a file.
Result<std::vector<BaselineEntry>> load_baseline(const std::filesystem::path& path,
                                                 std::chrono::year_month_day today);

}  // namespace switchback
