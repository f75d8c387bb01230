// SPDX-License-Identifier: Apache-2.0
// The promises, one factory each; every one is defined in the file of its name.
#pragma once

#include <memory>

#include "properties/property.hpp"

namespace switchback {

std::unique_ptr<const Property> planned_switch_loses_nothing();
std::unique_ptr<const Property> images_are_legal_cuts();
std::unique_ptr<const Property> rounds_miss_nothing();
std::unique_ptr<const Property> only_the_delta_is_sent();
std::unique_ptr<const Property> never_two_live_copies();
std::unique_ptr<const Property> refused_changes_nothing();
std::unique_ptr<const Property> lifecycle_is_followed();
std::unique_ptr<const Property> nothing_is_left_behind();

}  // namespace switchback
