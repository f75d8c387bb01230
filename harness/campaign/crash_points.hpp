// SPDX-License-Identifier: Apache-2.0
// Every sequence of an enumeration, and each of its walks again with the controller killed at every
// point at which what is recorded differs.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "harness/campaign/sequence_watch.hpp"
#include "harness/sequence/enumeration.hpp"
#include "harness/system/laboratory.hpp"

namespace switchback {

/// The controller dies once in every sequence that crashes: right before a job is recorded, or
/// right after, that is before the next call. Between two such points it finds the same record when
/// it starts again, and does the same stage anew.
class CrashPoints {
 public:
  /// Runs every walk once, in a world of its own, to see where its jobs are recorded. An Error is
  /// the world's. `enumeration` outlives this. `watch` may be null.
  static Result<CrashPoints> find(WorldFactory& worlds, const Enumeration& enumeration,
                                  SequenceWatch* watch = nullptr);

  /// The sequences of the enumeration, then those that crash.
  [[nodiscard]] std::uint64_t count() const { return enumeration_->count() + crashes_.size(); }
  [[nodiscard]] std::uint64_t crash_count() const { return crashes_.size(); }
  [[nodiscard]] Sequence at(std::uint64_t index) const;

 private:
  struct Crash {
    std::uint64_t walk = 0;
    std::size_t step = 0;  ///< whose job it is
    Moment at;
  };

  explicit CrashPoints(const Enumeration& enumeration) : enumeration_(&enumeration) {}
  Nothing add_walk(WorldFactory& worlds, std::uint64_t walk, SequenceWatch* watch);

  const Enumeration* enumeration_;
  std::vector<Crash> crashes_;
};

}  // namespace switchback
