// SPDX-License-Identifier: Apache-2.0
// For tests and benchmarks of what is drawn: a system that has everything.
#pragma once

#include <chrono>

#include "harness/sequence/generator.hpp"

namespace switchback {

inline GeneratorOptions options_for_whole_system() {
  GeneratorOptions options;
  for (const Operation operation : kAllOperations)
    options.capabilities.operations.push_back({operation, {"first_stage", "second_stage"}, "undo"});
  options.capabilities.faults.assign(kAllFaults.begin(), kAllFaults.end());
  options.capabilities.calls = {"flush", "write"};
  options.capabilities.copy_frequency = std::chrono::minutes(5);
  options.capabilities.most_vms = 3;
  options.capabilities.encrypts = true;
  options.capabilities.app_consistent = true;
  options.profiles.assign(profiles().begin(), profiles().end());
  return options;
}

}  // namespace switchback
