// SPDX-License-Identifier: Apache-2.0
// See standing.hpp.
#include "harness/cli/explain/standing.hpp"

#include <fmt/format.h>

#include "harness/lifecycle/resting_states.hpp"

namespace switchback {
namespace {

struct Counted {
  std::size_t there = 0;
  std::size_t running = 0;
};

Counted count(const std::vector<SeenVm>& vms, Site site, bool test) {
  Counted counted;
  for (const SeenVm& vm : vms) {
    if (vm.site != site || vm.test != test) continue;
    ++counted.there;
    if (vm.running) ++counted.running;
  }
  return counted;
}

std::string power_of(const Counted& vms) {
  if (vms.there == 0) return {};
  if (vms.running == 0) return "off";
  if (vms.running == vms.there) return vms.there == 1 ? "runs" : "run";
  return fmt::format("{} of {} run", vms.running, vms.there);
}

std::string words(Role role, const std::string& power, bool test) {
  std::string text(name_of(role));
  if (!power.empty()) text += ", " + power;
  if (test) text += ", test copy";
  return text;
}

}  // namespace

Standing standing_at_first(std::size_t vms) {
  const ItemState state = initial_state();
  return {.primary = words(state.primary, power_of({vms, vms}), false),
          .recovery = words(state.recovery, {}, false)};
}

Standing standing_of(const OperationEvidence& evidence) {
  const std::vector<SeenVm>& vms = evidence.after.vms;
  return {
      .primary =
          words(evidence.model_after.primary, power_of(count(vms, Site::primary, false)), false),
      .recovery = words(evidence.model_after.recovery, power_of(count(vms, Site::recovery, false)),
                        count(vms, Site::recovery, true).running > 0)};
}

}  // namespace switchback
