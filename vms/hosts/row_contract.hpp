// SPDX-License-Identifier: Apache-2.0
// Every row of the lifecycle, taken on hosts of a world: written once, run in both.
#pragma once

#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "harness/runner/run_sequence.hpp"
#include "harness/sequence/kill_tour.hpp"
#include "harness/sequence/trace.hpp"

namespace switchback {

/// Keeps how the operations of a sequence ended, and where in them the controller died.
class OperationRecord final : public EventSink {
 public:
  void on(const Event& event) override {
    if (const auto* ended = std::get_if<OperationEnded>(&event)) operations.push_back(*ended);
    if (const auto* inside = std::get_if<StepInJob>(&event))
      if (inside->in_time) last_ = *inside;
    if (const auto* fault = std::get_if<FaultInjected>(&event))
      if (fault->kind == name_of(FaultKind::controller_killed) && !fault->stage.empty())
        kills.insert({*operation_named(last_.operation), {last_.stage, last_.call}});
  }
  std::vector<OperationEnded> operations;
  std::set<StageKill> kills;

 private:
  StepInJob last_;
};

/// Runs a tour with all promises watched, and expects every row of it to come to pass in order, and
/// these kills.
inline void expect_tour(WorldFactory& worlds, const RowTour& tour,
                        const std::vector<StageKill>& kills = {}) {
  Result<World> world = worlds.make(tour.sequence.seed);
  ASSERT_TRUE(world) << world.error().message;
  OperationRecord record;
  const SequenceContext context{.index = 0,
                                .properties = all_properties(),
                                .events = record,
                                .interrupted = {},
                                .slow_images = !worlds.deterministic()};
  const SequenceResult result = run_sequence(*world, tour.sequence, context);
  EXPECT_FALSE(result.error) << result.error->message;
  for (const FoundViolation& found : result.violations)
    ADD_FAILURE() << found.violation.property << "/" << found.violation.kind << ": "
                  << found.violation.message;
  std::size_t next = 0;
  for (const RowVisit& visit : tour.visits) {
    std::string seen;
    bool found = false;
    while (next < record.operations.size() && !found) {
      const OperationEnded& ended = record.operations[next++];
      found = ended.operation == name_of(visit.operation) && ended.outcome == visit.outcome &&
              ended.state_after == name_of(visit.to);
      seen += fmt::format("\n  {} {} -> {} {}", ended.operation, ended.outcome, ended.state_after,
                          ended.reason);
    }
    ASSERT_TRUE(found) << "row " << visit.row
                       << " did not come to pass: " << name_of(visit.operation) << " "
                       << visit.outcome << " -> " << name_of(visit.to)
                       << "; seen since the row before:" << seen;
  }
  for (const StageKill& kill : kills)
    EXPECT_TRUE(record.kills.contains(kill))
        << "not killed in " << name_of(kill.operation) << ", stage " << kill.at.stage;
}

}  // namespace switchback
