// SPDX-License-Identifier: Apache-2.0
// See swarm.hpp.
#include "harness/sequence/swarm.hpp"

#include <algorithm>
#include <array>

#include "harness/lifecycle/resting_states.hpp"
#include "harness/sequence/step_drawing.hpp"

namespace switchback {
namespace {

/// Sequences in which nothing is off.
constexpr unsigned kWholePercent = 50;
/// Of what may be off, so much is.
constexpr unsigned kOffPercent = 25;

/// The kinds of steps beside operations. Guests write in all sequences; what breaks can be healed
/// in all; the cancel of a job comes and goes with its operation.
constexpr std::array kStepKinds = {&Profile::illegal_operation,
                                   &Profile::wait,
                                   &Profile::flush,
                                   &Profile::fault,
                                   &Profile::edit,
                                   &Profile::test_write,
                                   &Profile::old_primary_write,
                                   &Profile::inner_flush,
                                   &Profile::inner_operation,
                                   &Profile::inner_fault,
                                   &Profile::inner_wait,
                                   &Profile::flood_percent,
                                   &Profile::scatter_percent,
                                   &Profile::long_wait_percent};

bool is_essential(const Profile& profile, unsigned Profile::*kind) {
  return std::find(profile.essential.begin(), profile.essential.end(), kind) !=
         profile.essential.end();
}

bool goals_are_reached(const Profile& profile, const std::vector<Move>& moves) {
  return std::all_of(profile.goals.begin(), profile.goals.end(), [&](std::string_view name) {
    const std::optional<ItemState> goal = state_named(name);
    return !goal || !first_moves(moves, resting::kUnprotected, *goal).empty();
  });
}

std::vector<Move> moves_without(const std::vector<Move>& moves, Operation operation) {
  std::vector<Move> left = moves;
  std::erase_if(left, [operation](const Move& move) {
    return move.operation == operation ||
           (operation == Operation::cancel && move.means == Means::cancel_job);
  });
  return left;
}

/// Turns off what is not needed.
class Swarming {
 public:
  Swarming(Draw& draw, Swarm& swarm) : draw_(draw), swarm_(swarm) {}

  void turn_off_kinds_of_steps() {
    for (const auto kind : kStepKinds)
      if (is_off() && !is_essential(swarm_.profile, kind)) swarm_.profile.*kind = 0;
    // What was edited can be undone, as what broke can be healed.
    std::vector<Edit> edits = swarm_.options.edits;
    std::erase_if(edits, [this](Edit edit) {
      return edit != Edit::undo && is_off() && edit != swarm_.profile.mostly_edited;
    });
    if (edits.size() > 1) swarm_.options.edits = std::move(edits);
    if (is_off()) swarm_.options.trims = false;
  }

  void turn_off_kinds_of_faults() {
    Capabilities some = swarm_.options.capabilities;
    std::erase_if(some.faults,
                  [this](FaultKind kind) { return is_off() && kind != swarm_.profile.mostly; });
    if (faults_drawn(swarm_.profile, some).empty()) return;
    std::vector<Move> moves = moves_of(some);
    if (!goals_are_reached(swarm_.profile, moves)) return;
    swarm_.options.capabilities.faults = std::move(some.faults);
    swarm_.moves = std::move(moves);
  }

  void turn_off_operations() {
    for (const StageList& offered : swarm_.options.capabilities.operations) {
      const Operation operation = offered.operation;
      // Without protection nothing else has a meaning.
      if (!asked_by_operator(operation) || operation == Operation::enable || !is_off()) continue;
      std::vector<Move> left = moves_without(swarm_.moves, operation);
      if (!goals_are_reached(swarm_.profile, left)) continue;
      swarm_.moves = std::move(left);
      swarm_.off.insert(operation);
    }
    if (swarm_.off.contains(Operation::cancel)) swarm_.profile.cancel_percent = 0;
  }

 private:
  bool is_off() { return draw_.percent(kOffPercent); }

  Draw& draw_;
  Swarm& swarm_;
};

}  // namespace

const Profile& draw_profile(Draw& draw, const GeneratorOptions& options) {
  std::vector<unsigned> weights;
  for (const Profile& profile : options.profiles)
    weights.push_back(profile.weight);
  return options.profiles[draw.weighted(weights)];
}

Swarm whole_swarm(const GeneratorOptions& options, const Profile& profile,
                  const std::vector<Move>& moves) {
  return {.options = options, .profile = profile, .moves = moves};
}

Swarm draw_swarm(Draw& draw, const GeneratorOptions& options, const Profile& profile,
                 const std::vector<Move>& moves) {
  Swarm swarm = whole_swarm(options, profile, moves);
  if (draw.percent(kWholePercent)) return swarm;
  Swarming swarming(draw, swarm);
  swarming.turn_off_kinds_of_steps();
  swarming.turn_off_kinds_of_faults();
  swarming.turn_off_operations();
  return swarm;
}

}  // namespace switchback
