// SPDX-License-Identifier: Apache-2.0
// What took place in each step, in its order.
#pragma once

#include <string>

#include "harness/cli/explain/story.hpp"

namespace switchback {

/// For people: what was expected of each operation and what was seen, points, faults and steps
/// inside jobs.
std::string steps_text(const Story& story);

}  // namespace switchback
