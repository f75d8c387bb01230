// SPDX-License-Identifier: Apache-2.0
// What is off differs from sequence to sequence, never takes away what a profile is about, and is
// decided by the random alone.
#include "harness/sequence/swarm.hpp"

#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "harness/lifecycle/resting_states.hpp"
#include "harness/sequence/step_drawing.hpp"
#include "harness/sequence/whole_system.hpp"

namespace switchback {
namespace {

Swarm swarm_of(const Profile& profile, std::uint64_t seed) {
  const GeneratorOptions options = options_for_whole_system();
  Draw draw{rc::Random(seed)};
  return draw_swarm(draw, options, profile, moves_of(options.capabilities));
}

std::vector<Operation> operations_off(const Swarm& swarm) {
  std::vector<Operation> off;
  for (const Operation operation : kAllOperations)
    if (swarm.off.contains(operation)) off.push_back(operation);
  return off;
}

/// All that can be off, as words.
std::set<std::string> words_off(const Swarm& swarm, const Profile& whole) {
  std::set<std::string> off;
  for (const Operation operation : operations_off(swarm))
    off.emplace(name_of(operation));
  const auto& faults = swarm.options.capabilities.faults;
  for (const FaultKind kind : kAllFaults)
    if (std::find(faults.begin(), faults.end(), kind) == faults.end()) off.emplace(name_of(kind));
  for (const Edit edit : kAllEdits)
    if (std::find(swarm.options.edits.begin(), swarm.options.edits.end(), edit) ==
        swarm.options.edits.end())
      off.emplace(name_of(edit));
  if (!swarm.options.trims) off.emplace("trims");
  const auto note = [&](unsigned Profile::*kind, const char* word) {
    if (swarm.profile.*kind == 0 && whole.*kind > 0) off.emplace(word);
  };
  note(&Profile::wait, "waits");
  note(&Profile::fault, "faults");
  note(&Profile::inner_operation, "a second operator");
  note(&Profile::cancel_percent, "cancelled jobs");
  return off;
}

TEST(Swarm, LeavesOutAnotherPartEachTimeAndOftenNothing) {
  const Profile crowd = *profile_named("crowd");
  std::set<std::set<std::string>> parts;
  std::set<std::string> ever;
  int whole = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const std::set<std::string> off = words_off(swarm_of(crowd, seed), crowd);
    whole += off.empty();
    parts.insert(off);
    ever.insert(off.begin(), off.end());
  }
  EXPECT_GT(whole, 100);
  EXPECT_LT(whole, 300);
  EXPECT_GT(parts.size(), 100U);
  for (const Operation operation : kAllOperations)
    EXPECT_EQ(ever.contains(std::string(name_of(operation))),
              asked_by_operator(operation) && operation != Operation::enable)
        << name_of(operation);
  for (const FaultKind kind : kAllFaults)
    EXPECT_TRUE(ever.contains(std::string(name_of(kind)))) << name_of(kind);
  for (const Edit edit : kAllEdits)
    EXPECT_EQ(ever.contains(std::string(name_of(edit))), edit != Edit::undo) << name_of(edit);
  for (const char* const kind : {"trims", "waits", "faults", "a second operator", "cancelled jobs"})
    EXPECT_TRUE(ever.contains(kind)) << kind;
}

bool leads_to(const Swarm& swarm, const ItemState& goal) {
  return !first_moves(swarm.moves, resting::kUnprotected, goal).empty();
}

TEST(Swarm, LeavesWhatAProfileIsAbout) {
  for (const Profile& profile : profiles())
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      const Swarm swarm = swarm_of(profile, seed);
      for (const auto kind : profile.essential)
        EXPECT_TRUE(kind == nullptr || swarm.profile.*kind == profile.*kind) << profile.name;
      EXPECT_EQ(swarm.profile.write, profile.write);
      EXPECT_EQ(swarm.profile.legal_operation, profile.legal_operation);
      EXPECT_FALSE(faults_drawn(swarm.profile, swarm.options.capabilities).empty());
      for (const std::string_view goal : profile.goals)
        EXPECT_TRUE(goal.empty() || leads_to(swarm, *state_named(goal)))
            << profile.name << ": " << goal;
    }
}

TEST(Swarm, LeadsNowhereByWhatIsOff) {
  const Profile journey = *profile_named("journey");
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Swarm swarm = swarm_of(journey, seed);
    const bool can_cancel = !swarm.off.contains(Operation::cancel);
    EXPECT_EQ(swarm.profile.cancel_percent > 0, can_cancel);
    for (const Move& move : swarm.moves) {
      EXPECT_FALSE(swarm.off.contains(move.operation)) << name_of(move.operation);
      EXPECT_TRUE(can_cancel || move.means != Means::cancel_job);
    }
  }
}

RC_GTEST_PROP(Swarm, IsTheSameForTheSameRandom, (std::uint64_t seed)) {
  const Profile& profile = profiles()[seed % profiles().size()];
  const Swarm one = swarm_of(profile, seed);
  const Swarm two = swarm_of(profile, seed);
  RC_ASSERT(one.off == two.off);
  RC_ASSERT(words_off(one, profile) == words_off(two, profile));
  RC_ASSERT(one.moves.size() == two.moves.size());
}

// Two kinds of faults, drawn alike: a dozen times the same one is no chance.
TEST(Swarm, ShowsInWhatIsDrawn) {
  GeneratorOptions options = options_for_whole_system();
  options.profiles = {*profile_named("faults")};
  const rc::Gen<DrawnSequence> draw = sequences(options);
  int of_one_kind = 0;
  int of_both = 0;
  for (std::uint64_t seed = 0; seed < 2400; ++seed) {
    std::vector<FaultKind> faults;
    for (const Step& step : draw(rc::Random(seed), 0).value().sequence.steps)
      if (const auto* const fault = std::get_if<FaultStep>(&step.action))
        if (fault->kind == FaultKind::controller_killed || fault->kind == FaultKind::link_cut)
          faults.push_back(fault->kind);
    if (faults.size() < 12) continue;
    const bool one = std::count(faults.begin(), faults.end(), faults.front()) ==
                     static_cast<std::ptrdiff_t>(faults.size());
    ++(one ? of_one_kind : of_both);
  }
  EXPECT_GT(of_one_kind, 5);
  EXPECT_GT(of_both, 5);
}

}  // namespace
}  // namespace switchback
