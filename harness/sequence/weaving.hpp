// SPDX-License-Identifier: Apache-2.0
// Makes one sequence of several, each of an item of its own. Internal to the generator.
#pragma once

#include <vector>

#include "harness/sequence/draw.hpp"
#include "harness/sequence/step.hpp"

namespace switchback {

/// The items' steps in any order that keeps each item's own. Many operations are left in the
/// background, so that their jobs stand at any point while others run, guests write and things
/// break; some items are asked for their next operation before the last one has ended, as a second
/// operator would. At least one sequence, each of one item; the seed is that of the first. What is
/// beyond `steps_max` is left out.
Sequence woven(Draw& draw, std::vector<Sequence> of_items, std::size_t steps_max);

}  // namespace switchback
