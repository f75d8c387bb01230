// SPDX-License-Identifier: Apache-2.0
// See crash_points.hpp.
#include "harness/campaign/crash_points.hpp"

#include <algorithm>
#include <map>

#include "harness/runner/run_sequence.hpp"

namespace switchback {
namespace {

/// Where the jobs of a step stand, as it goes by.
using JobPoints = std::map<std::size_t, std::vector<JobPoint>>;

/// Each call that records, and the call after it, each once. If nothing is told of recording, all.
std::vector<Moment> crash_points_of(const std::vector<JobPoint>& points,
                                    const std::string& record_call) {
  std::vector<Moment> moments;
  bool recorded = false;
  for (const JobPoint& point : points) {
    const bool records = record_call.empty() || point.call_name == record_call;
    const Moment moment{point.stage, point.call};
    if ((records || recorded) && std::find(moments.begin(), moments.end(), moment) == moments.end())
      moments.push_back(moment);
    recorded = records;
  }
  return moments;
}

}  // namespace

Nothing CrashPoints::add_walk(WorldFactory& worlds, std::uint64_t walk, SequenceWatch* watch) {
  const Sequence sequence = enumeration_->at(walk);
  const WatchedSequence watched(watch, walk, sequence);
  SB_ASSIGN(world, worlds.make(sequence.seed));
  const std::string record_call = world.system->capabilities().record_call;
  NoEvents nobody;
  JobPoints points;
  const std::vector<std::unique_ptr<const Property>> none;
  const SequenceResult result =
      run_sequence(world, sequence,
                   {.index = walk,
                    .properties = none,
                    .events = nobody,
                    .interrupted = {},
                    .at_point = [&](std::size_t step, const JobPoint& point) {
                      points[step].push_back(point);
                    }});
  if (result.error) return tl::unexpected(*result.error);
  for (const std::size_t letter : enumeration_->letters_of(sequence))
    for (const Moment& moment : crash_points_of(points[letter], record_call))
      crashes_.push_back({walk, letter, moment});
  return {};
}

Result<CrashPoints> CrashPoints::find(WorldFactory& worlds, const Enumeration& enumeration,
                                      SequenceWatch* watch) {
  CrashPoints found(enumeration);
  for (const std::uint64_t walk : enumeration.walks())
    SB_TRY(found.add_walk(worlds, walk, watch));
  return found;
}

Sequence CrashPoints::at(std::uint64_t index) const {
  if (index < enumeration_->count()) return enumeration_->at(index);
  const Crash& crash = crashes_[index - enumeration_->count()];
  Sequence sequence = enumeration_->at(crash.walk);
  sequence.steps.insert(sequence.steps.begin() + static_cast<std::ptrdiff_t>(crash.step) + 1,
                        {.action = FaultStep{FaultKind::controller_killed}, .at = crash.at});
  return sequence;
}

}  // namespace switchback
