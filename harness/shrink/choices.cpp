// SPDX-License-Identifier: Apache-2.0
// Back to the defaults: a reader need not wonder about a choice that does not matter.
#include <array>

#include "harness/shrink/passes.hpp"

namespace switchback {
namespace {

/// Makes one thing in a part of the sequence as it is by default.
template <class Part>
using Reset = void (*)(Part&);

OperateStep plain(const OperateStep& ask) {
  return {.operation = ask.operation};
}

constexpr std::array<Reset<OperateStep>, 11> kRequestResets = {
    [](OperateStep& ask) { ask = plain(ask); },
    [](OperateStep& ask) {
      ask.point = PointChoice::latest;
      ask.custom_point = 0;
    },
    [](OperateStep& ask) { ask.custom_point = 0; },
    [](OperateStep& ask) { ask.shut_down_source = true; },
    [](OperateStep& ask) { ask.create_missing_vm = true; },
    [](OperateStep& ask) { ask.key = KeyGiven::right; },
    [](OperateStep& ask) { ask.settings.name_suffix.reset(); },
    [](OperateStep& ask) { ask.settings.cpus.reset(); },
    [](OperateStep& ask) { ask.settings.memory_bytes.reset(); },
    [](OperateStep& ask) { ask.settings.network.reset(); },
    [](OperateStep& ask) { ask.settings.nic_addresses.clear(); },
};

constexpr std::array<Reset<Policy>, 6> kPolicyResets = {
    [](Policy& policy) { policy = {}; },
    [](Policy& policy) { policy.copy_frequency = Policy{}.copy_frequency; },
    [](Policy& policy) { policy.retention = Policy{}.retention; },
    [](Policy& policy) { policy.most_points = Policy{}.most_points; },
    [](Policy& policy) { policy.app_consistent = Policy{}.app_consistent; },
    [](Policy& policy) { policy.encrypted = false; },
};

constexpr std::array<Reset<Hardware>, 6> kHardwareResets = {
    [](Hardware& vm) { vm = {}; },
    [](Hardware& vm) { vm.nics.clear(); },
    [](Hardware& vm) { vm.cpus = Hardware{}.cpus; },
    [](Hardware& vm) { vm.memory_bytes = Hardware{}.memory_bytes; },
    [](Hardware& vm) { vm.firmware = Hardware{}.firmware; },
    [](Hardware& vm) { vm.boot_disk = 0; },
};

Sequence all_plain(const Sequence& sequence) {
  Sequence candidate = sequence;
  candidate.policy = {};
  for (Hardware& vm : candidate.vms)
    vm = {};
  for (Step& step : candidate.steps)
    if (auto* const ask = std::get_if<OperateStep>(&step.action))
      *ask = plain(*ask);
    else if (auto* const write = std::get_if<WriteStep>(&step.action))
      write->trim = false;
  return candidate;
}

/// Candidates that change nothing cost nothing: they are no simpler than the best.
bool reset_requests(Trials& trials) {
  bool better = false;
  for (std::size_t n = 0; n < trials.best().steps.size(); ++n)
    for (const Reset<OperateStep> reset : kRequestResets) {
      if (n >= trials.best().steps.size()) return better;
      Sequence candidate = trials.best();
      auto* const ask = std::get_if<OperateStep>(&candidate.steps[n].action);
      if (ask == nullptr) break;
      reset(*ask);
      better |= trials.attempt(candidate);
    }
  return better;
}

bool reset_trims(Trials& trials) {
  bool better = false;
  for (std::size_t n = 0; n < trials.best().steps.size(); ++n) {
    Sequence candidate = trials.best();
    auto* const write = std::get_if<WriteStep>(&candidate.steps[n].action);
    if (write == nullptr || !write->trim) continue;
    write->trim = false;
    better |= trials.attempt(candidate);
  }
  return better;
}

/// Any call instead of one of that name: as far into the stage, or at its beginning.
bool reset_names(Trials& trials) {
  bool better = false;
  for (std::size_t n = 0; n < trials.best().steps.size(); ++n) {
    const std::optional<Moment> at = trials.best().steps[n].at;
    if (!at || at->name.empty()) continue;
    for (const std::uint32_t call : {std::uint32_t{0}, at->call, at->call + 1, at->call + 2}) {
      Sequence candidate = trials.best();
      candidate.steps[n].at = Moment{at->stage, call};
      if (!trials.attempt(candidate)) continue;
      better = true;
      break;
    }
  }
  return better;
}

bool reset_policy(Trials& trials) {
  bool better = false;
  for (const Reset<Policy> reset : kPolicyResets) {
    Sequence candidate = trials.best();
    reset(candidate.policy);
    better |= trials.attempt(candidate);
  }
  return better;
}

bool reset_hardware(Trials& trials) {
  bool better = false;
  for (std::size_t vm = 0; vm < trials.best().vms.size(); ++vm) {
    for (const Reset<Hardware> reset : kHardwareResets) {
      Sequence candidate = trials.best();
      reset(candidate.vms[vm]);
      better |= trials.attempt(candidate);
    }
    for (std::size_t nic = trials.best().vms[vm].nics.size(); nic-- > 0;) {
      Sequence candidate = trials.best();
      std::vector<Nic>& nics = candidate.vms[vm].nics;
      nics.erase(nics.begin() + static_cast<std::ptrdiff_t>(nic));
      better |= trials.attempt(candidate);
    }
  }
  return better;
}

}  // namespace

bool choose_defaults(Trials& trials) {
  bool better = trials.attempt(all_plain(trials.best()));
  better |= reset_policy(trials);
  better |= reset_hardware(trials);
  better |= reset_requests(trials);
  better |= reset_trims(trials);
  better |= reset_names(trials);
  return better;
}

}  // namespace switchback
