// SPDX-License-Identifier: Apache-2.0
// See fault_coverage.hpp.
#include "harness/coverage/fault_coverage.hpp"

#include <utility>

namespace switchback {

FaultTable fault_table(const RunStarted& run, std::map<FaultPlace, FaultTally> seen) {
  FaultTable table;
  table.places = std::move(seen);
  std::map<std::string, std::uint64_t> effects;
  for (const auto& [place, tally] : table.places)
    effects[place.kind] += tally.effects;
  for (const std::string& kind : run.faults) {
    table.effects.all.push_back({kind, effects[kind]});
    for (const JobStage& in : run.stages) {
      const FaultPlace place{kind, in.operation, in.stage};
      const auto found = table.places.find(place);
      table.injected.all.push_back(
          {place, found == table.places.end() ? 0 : found->second.injected});
    }
  }
  return table;
}

}  // namespace switchback
