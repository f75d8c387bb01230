// SPDX-License-Identifier: Apache-2.0
// Swarms: most sequences go without a part of what they could have, another part each time. What
// is everywhere leaves no room for long runs of the rest: a pair of features that needs a third one
// to be absent would hardly ever come to pass (Groce, Zhang, Eide, Chen and Regehr, "Swarm
// Testing", ISSTA 2012). Internal to the generator.
#pragma once

#include <vector>

#include "harness/lifecycle/operation.hpp"
#include "harness/sequence/draw.hpp"
#include "harness/sequence/generator.hpp"
#include "harness/sequence/ways.hpp"

namespace switchback {

/// What one sequence is drawn with.
struct Swarm {
  GeneratorOptions options;  ///< some kinds of faults and edits are left out, perhaps trims
  Profile profile;           ///< some kinds of steps have no weight
  std::vector<Move> moves;   ///< all that these operations and faults make
  OperationSet off = {};     ///< asked for only where the walk would stand still without
};

/// One of the mixtures, by their weights.
const Profile& draw_profile(Draw& draw, const GeneratorOptions& options);

/// All of it: nothing is off.
Swarm whole_swarm(const GeneratorOptions& options, const Profile& profile,
                  const std::vector<Move>& moves);

/// Draws what is off; in a part of the sequences that is nothing. On stays what the profile calls
/// essential, a kind of fault if it has faults, and whatever leads to its goals.
Swarm draw_swarm(Draw& draw, const GeneratorOptions& options, const Profile& profile,
                 const std::vector<Move>& moves);

}  // namespace switchback
