// SPDX-License-Identifier: Apache-2.0
// Words for the parts of a row, shared by the renderings. Internal to them.
#pragma once

#include <string>
#include <string_view>

#include "harness/lifecycle/transition_table.hpp"

namespace switchback {

/// "keeps", "adds", "may add", "deletes all".
std::string_view name_of(PointsEffect effect);

/// The names of the operations, separated by commas, in the order of kAllOperations.
std::string names_of(OperationSet operations);

/// The name of a resting state; of a state that only jobs show: "job of planned_failback".
std::string place_in_words(const ItemState& state);

inline constexpr std::string_view kRefusedElsewhere =
    "Every other operation is refused and changes nothing.";

}  // namespace switchback
