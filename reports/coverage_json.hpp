// SPDX-License-Identifier: Apache-2.0
// The part `coverage` of the summary document. The schema is docs/summary-json.md.
#pragma once

#include <nlohmann/json.hpp>

#include "reports/summary.hpp"

namespace switchback {

/// null for an empty text.
nlohmann::ordered_json text_or_null(const std::string& text);

nlohmann::ordered_json coverage_json(const SummaryData& data);

}  // namespace switchback
