// SPDX-License-Identifier: Apache-2.0
// What people read of an item: where it is, what is wrong, and what can be done.
#include "harness/cli/dr/dr_text.hpp"

#include <gtest/gtest.h>

#include "harness/lifecycle/resting_states.hpp"
#include "harness/lifecycle/transition_table.hpp"

namespace switchback {
namespace {

ItemStatus at_rest(const ItemState& state) {
  ItemStatus status;
  status.state = state;
  status.allowed = allowed_operations(state);
  return status;
}

TEST(DrText, EveryStateIsExplainedAndSaysWhatIsNext) {
  for (const NamedState& named : named_states()) {
    const std::string text = status_text("web", at_rest(named.state));
    EXPECT_NE(text.find(std::string(named.name) + ":"), std::string::npos) << text;
    EXPECT_NE(text.find("  next:    "), std::string::npos) << text;
  }
  const std::string text = status_text("web", at_rest(resting::kFailedBack));
  EXPECT_NE(text.find("  next:    commit\n"), std::string::npos) << text;
}

TEST(DrText, WhatOnlyTheClockAsksForIsNoCommand) {
  const ItemStatus status = at_rest(resting::kProtected);
  EXPECT_EQ(status_text("web", status).find("delta"), std::string::npos);
  const auto shown = status_json("web", status);
  for (const auto& next : shown.at("next"))
    EXPECT_NE(next, "delta-replication");
}

TEST(DrText, AJobIsShownInPlaceOfAState) {
  ItemStatus status = at_rest(resting::kProtected);
  status.allowed = {Operation::cancel};
  status.job = JobPoint{Operation::planned_failover, "failover", 0, ""};
  const std::string text = status_text("web", status);
  EXPECT_NE(text.find("planned_failover in stage failover"), std::string::npos) << text;
  EXPECT_NE(text.find("next:    wait, cancel"), std::string::npos) << text;
  EXPECT_TRUE(status_json("web", status)["state"].is_null());
}

TEST(DrText, LongTroubleIsWrappedBelowItself) {
  ItemStatus status = at_rest(resting::kProtected);
  status.health = Health::critical;
  for (int n = 0; n < 30; ++n)
    status.health_reason += "trouble\n";
  const std::string text = status_text("web", status);
  EXPECT_NE(text.find("  health:  critical: trouble trouble"), std::string::npos) << text;
  EXPECT_NE(text.find("\n           trouble"), std::string::npos) << text;
}

TEST(DrText, TheBarGrowsWithTheStages) {
  Capabilities can;
  can.operations.push_back({Operation::commit, {"one", "two"}, "undo"});
  const auto line = [&](const char* stage) {
    return job_line({Operation::commit, stage, 0, ""}, can, 1024);
  };
  EXPECT_EQ(line("one"), "commit [--------------------] 1/2 one, 1.0 KiB on the wire");
  EXPECT_EQ(line("two"), "commit [##########----------] 2/2 two, 1.0 KiB on the wire");
  EXPECT_EQ(line("undo"), "commit [####################] 2/2 undo, 1.0 KiB on the wire");
}

TEST(DrText, AJobThatMovedNothingSaysNothingOfTheWire) {
  JobNote note{
      .at = Instant::zero(), .item = "web", .operation = "pause", .outcome = "done", .reason = {}};
  EXPECT_EQ(job_note_text(note), "1970-01-01 00:00:00Z  pause of web: done");
  note.outcome = "failed";
  note.reason = "why";
  note.to_recovery = 2048;
  EXPECT_EQ(job_note_text(note),
            "1970-01-01 00:00:00Z  pause of web: failed, 2.0 KiB to recovery, 0 B to primary: why");
}

}  // namespace
}  // namespace switchback
