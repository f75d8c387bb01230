// SPDX-License-Identifier: Apache-2.0
// Runs one sequence in one world, takes the witnesses and asks the properties.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "harness/events/event.hpp"
#include "harness/sequence/step.hpp"
#include "harness/system/laboratory.hpp"
#include "properties/property.hpp"

namespace switchback {

/// A promise that was broken, and by which step. In the healthy phase after the last step, `step`
/// is that of the last one.
struct FoundViolation {
  Violation violation;
  std::size_t step = 0;
};

struct SequenceResult {
  /// All that broke at the first step at which anything did, in the order of the properties.
  std::vector<FoundViolation> violations;
  std::optional<Error> error;  ///< the environment's: nothing is said about the promises
  std::size_t steps_run = 0;
  std::uint64_t writes = 0;  ///< blocks written by the guest
  std::uint64_t loops = 0;   ///< times round the whole lifecycle
  WireCount wire;
  std::optional<WireCount> at_interface = {};  ///< of the link, where it has one
  std::vector<PropertyTally> tallies;
  /// Of the world before its items are removed, if it was asked for and there is one.
  std::optional<std::uint64_t> state_digest;
};

/// Everything that a run of one sequence needs beside its steps.
struct SequenceContext {
  std::uint64_t index = 0;  ///< in the campaign; part of the item's name
  const std::vector<std::unique_ptr<const Property>>& properties;
  EventSink& events;
  /// Asked between steps: true ends the sequence early, without a verdict on what did not run.
  std::function<bool()> interrupted;
  /// Reading images takes long, as on real disks: recovery points that are listed already are read
  /// again only after operations that work on points.
  bool slow_images = false;
  bool digest_state = false;  ///< the result tells the digest of what the world has come to
  /// Told of every point at which a job of the step stands, not in the healthy phase. May be empty.
  std::function<void(std::size_t step, const JobPoint& point)> at_point = {};
};

/// Makes the item, runs the steps up to the first violation, and removes the item again whatever
/// happened. If a fault was injected, a healthy phase follows: faults are mended, and the item must
/// come back to protected and in sync by what an operator can ask for.
SequenceResult run_sequence(World& world, const Sequence& sequence, const SequenceContext& context);

}  // namespace switchback
