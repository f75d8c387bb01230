// SPDX-License-Identifier: Apache-2.0
// Sequences that together take every row of the lifecycle: each transition, each documented failure
// and each documented refusal. Derived from the table, so that a new row is toured without a word.
#pragma once

#include <chrono>
#include <ostream>
#include <span>
#include <string_view>
#include <vector>

#include "harness/lifecycle/transition_table.hpp"
#include "harness/sequence/step.hpp"

namespace switchback {

/// The copy frequency of what is toured.
inline constexpr std::chrono::seconds kTourPeriod{30};

/// What must be seen of one row: the operation ends like this, in this state.
struct RowVisit {
  std::string_view row;
  Operation operation{};
  std::string_view outcome;  ///< "done", "failed" or "refused"
  ItemState to;
  std::size_t first_step = 0;  ///< of those that bring it about; they go up to the next visit's
};

struct RowTour {
  Sequence sequence;
  std::vector<RowVisit> visits;  ///< in the order in which they come to pass
};

/// For test reports: its rows.
inline void PrintTo(const RowTour& tour, std::ostream* out) {
  for (const RowVisit& visit : tour.visits)
    *out << visit.row << " ";
}

/// Rows that no sequence of steps can bring about in any world, with what tests them instead.
struct RowTestedElsewhere {
  std::string_view row;
  std::string_view test;
};
std::span<const RowTestedElsewhere> rows_tested_elsewhere();

/// A shortest way from nothing to a resting state, by rows that it takes on purpose, failures among
/// them. For items whose copy frequency is `kTourPeriod`. Deterministic.
std::vector<Step> steps_to(const ItemState& state);

/// Tours that visit every row but those, and every way back that an operation has: also of those
/// whose failures leave no trace and so have no row of their own; they go by the number of the row
/// that they did not take, with an "x". `disks` is used for each; writes come between all steps.
/// Deterministic.
std::vector<RowTour> row_tours(const std::vector<DiskSpec>& disks);

}  // namespace switchback
