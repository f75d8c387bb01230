// SPDX-License-Identifier: Apache-2.0
// See required_coverage.hpp.
#include "reports/required_coverage.hpp"

#include <algorithm>

#include "reports/summary.hpp"

namespace switchback {

std::vector<ColdList> missing_coverage(const SummaryData& data) {
  const std::vector<std::string>& required = data.run.required_coverage;
  std::vector<ColdList> missing;
  for (ColdList& cold : cold_lists(data.coverage, data.faults))
    if (std::find(required.begin(), required.end(), cold.goal) != required.end())
      missing.push_back(std::move(cold));
  return missing;
}

}  // namespace switchback
