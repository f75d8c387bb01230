// SPDX-License-Identifier: Apache-2.0
// The tours of row_tours.hpp with a controller that dies everywhere.
#pragma once

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

}  // namespace switchback
