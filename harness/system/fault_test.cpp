// SPDX-License-Identifier: Apache-2.0
// The words that traces and reports use for faults and for the ways in which an operation ends.
#include "harness/system/fault.hpp"

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "harness/system/dr_system.hpp"

namespace switchback {
namespace {

TEST(FaultName, ComesBackToTheSameFaultAndBelongsToNoOther) {
  std::set<std::string_view> names;
  for (const FaultKind kind : kAllFaults) {
    EXPECT_EQ(fault_named(name_of(kind)), kind);
    EXPECT_TRUE(names.insert(name_of(kind)).second) << name_of(kind);
  }
}

TEST(FaultName, OfNoFaultNamesNone) {
  for (const char* name : {"", "link", "link_cut ", "LINK_CUT", "done"})
    EXPECT_EQ(fault_named(name), std::nullopt) << name;
}

// Traces hold these words: changing one makes old traces unreadable.
TEST(FaultName, IsTheOneThatTracesUse) {
  EXPECT_EQ(name_of(FaultKind::controller_killed), "controller_killed");
  EXPECT_EQ(name_of(FaultKind::link_cut), "link_cut");
  EXPECT_EQ(name_of(FaultKind::primary_lost), "primary_lost");
  EXPECT_EQ(name_of(FaultKind::shutdown_refused), "shutdown_refused");
  EXPECT_EQ(name_of(FaultKind::freeze_refused), "freeze_refused");
  EXPECT_EQ(name_of(FaultKind::thaw_refused), "thaw_refused");
  EXPECT_EQ(name_of(FaultKind::tracking_lost), "tracking_lost");
  EXPECT_EQ(name_of(FaultKind::recovery_full), "recovery_full");
  EXPECT_EQ(name_of(FaultKind::targets_deleted), "targets_deleted");
  EXPECT_EQ(name_of(FaultKind::disk_changed_behind), "disk_changed_behind");
  EXPECT_EQ(name_of(FaultKind::recovery_power_lost), "recovery_power_lost");
  EXPECT_EQ(name_of(FaultKind::primary_power_lost), "primary_power_lost");
}

TEST(OutcomeName, TellsTheFourEndsApart) {
  EXPECT_EQ(name_of(Outcome(Done{})), "done");
  EXPECT_EQ(name_of(Outcome(Refused{})), "refused");
  EXPECT_EQ(name_of(Outcome(Failed{})), "failed");
  EXPECT_EQ(name_of(Outcome(Indeterminate{})), "indeterminate");
}

TEST(OutcomeReason, IsTheOneGivenAndDoneNeedsNone) {
  EXPECT_EQ(reason_of(Outcome(Done{})), "");
  EXPECT_EQ(reason_of(Outcome(Refused{"in the wrong state", {}, {}})), "in the wrong state");
  EXPECT_EQ(reason_of(Outcome(Failed{"link down", true})), "link down");
  EXPECT_EQ(reason_of(Outcome(Indeterminate{"no answer"})), "no answer");
}

}  // namespace
}  // namespace switchback
