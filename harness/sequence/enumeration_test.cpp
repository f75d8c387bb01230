// SPDX-License-Identifier: Apache-2.0
// Every short list of requests from every state, each once.
#include "harness/sequence/enumeration.hpp"

#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "harness/lifecycle/transition_table.hpp"
#include "harness/sequence/trace.hpp"

namespace switchback {
namespace {

Capabilities offering(const std::vector<Operation>& operations) {
  Capabilities can;
  for (const Operation operation : operations)
    can.operations.push_back({operation, {"only"}});
  return can;
}

Capabilities offering_everything() {
  return offering({kAllOperations.begin(), kAllOperations.end()});
}

std::string steps_of(const Sequence& sequence) {
  std::string text;
  for (const Step& step : sequence.steps)
    text += step_to_json(step) + "\n";
  return text;
}

std::size_t states() {
  return named_states().size();
}

TEST(Enumeration, HasAllListsOfWhatOperatorsCanAskAndOfTimeThatGoesBy) {
  const Capabilities few =
      offering({Operation::enable, Operation::delta_replication, Operation::planned_failover});
  // Rounds are the clock's: two requests and time are left.
  EXPECT_EQ(Enumeration(few, 1).count(), states() * 3);
  EXPECT_EQ(Enumeration(few, 3).count(), states() * 27);
}

TEST(Enumeration, NamesNoSequenceTwice) {
  const Enumeration every(offering_everything(), 2);
  std::set<std::string> seen;
  for (std::uint64_t index = 0; index < every.count(); ++index)
    seen.insert(steps_of(every.at(index)));
  EXPECT_EQ(seen.size(), every.count());
}

TEST(Enumeration, EndsWithItsListAndWritesBeforeEachLetter) {
  const Enumeration every(offering_everything(), 3);
  for (std::uint64_t index = 0; index < every.count(); index += 97) {
    const Sequence sequence = every.at(index);
    const std::vector<std::size_t> letters = every.letters_of(sequence);
    ASSERT_EQ(letters.size(), 3U);
    EXPECT_EQ(letters.back(), sequence.steps.size() - 1);
    for (const std::size_t letter : letters) {
      const Action& action = sequence.steps[letter].action;
      EXPECT_TRUE(std::holds_alternative<OperateStep>(action) ||
                  std::holds_alternative<WaitStep>(action));
      EXPECT_TRUE(std::holds_alternative<WriteStep>(sequence.steps[letter - 1].action));
    }
  }
}

TEST(Enumeration, WalksEverywhereThatTheTableLeads) {
  const Enumeration every(offering_everything(), 1);
  const std::vector<std::uint64_t> walks = every.walks();
  const std::set<std::uint64_t> walked(walks.begin(), walks.end());
  EXPECT_EQ(walked.size(), walks.size());
  std::size_t rows = 0;
  for (std::uint64_t index = 0; index < every.count(); ++index) {
    const Sequence sequence = every.at(index);
    const auto* ask = std::get_if<OperateStep>(&sequence.steps.back().action);
    if (ask == nullptr) continue;
    const ItemState state = named_states()[index / (every.count() / states())].state;
    const bool allowed = find_transition(state, ask->operation) != nullptr;
    EXPECT_EQ(walked.contains(index), allowed)
        << name_of(ask->operation) << " in " << name_of(state);
    rows += allowed ? 1 : 0;
  }
  EXPECT_GT(rows, 50U);
}

}  // namespace
}  // namespace switchback
