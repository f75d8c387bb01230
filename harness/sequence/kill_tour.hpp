// SPDX-License-Identifier: Apache-2.0
// The tours of row_tours.hpp with a controller that dies everywhere.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "harness/sequence/row_tours.hpp"
#include "harness/system/capabilities.hpp"

namespace switchback {

/// How often the controller is killed at each stage: before call 0, 1, 2. By the contract of jobs
/// the stage is recorded as entered between the first two, so these are before, at the beginning of
/// and inside the stage, and the first of one stage is after the one before it.
inline constexpr std::uint32_t kKillsAtAStage = 3;

/// The same tour; the controller is killed kKillsAtAStage times at every stage of every job in it,
/// also on the way back of one that fails. Left out is the death before anything was recorded, of
/// which the item can know nothing. What is visited stays the same: killing changes no outcome.
RowTour with_kills(const RowTour& tour, const Capabilities& capabilities);

/// One death of the controller in an operation's job.
struct StageKill {
  Operation operation{};
  Moment at;
  friend auto operator<=>(const StageKill&, const StageKill&) = default;
};

/// Where to kill the controller once for each stage of an operation: when all of the stage is done
/// and the next one is not recorded yet, so that all of it is done again; in the last stage, when
/// it is recorded; and before the first call of the way back.
std::vector<StageKill> kills_at_each_stage(const StageList& operation);

struct KillTour {
  RowTour tour;
  std::vector<StageKill> kills;  ///< that are to come to pass in it
};

/// For test reports: what is killed.
inline void PrintTo(const KillTour& tour, std::ostream* out) {
  for (const StageKill& kill : tour.kills)
    *out << name_of(kill.operation) << "/" << kill.at.stage << " ";
}

/// For worlds where time is dear: as much of the tours as it takes for the controller to die once
/// at each stage of these operations.
std::vector<KillTour> kill_at_each_stage(const std::vector<RowTour>& tours,
                                         const std::vector<StageList>& operations);

}  // namespace switchback
