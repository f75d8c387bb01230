// SPDX-License-Identifier: Apache-2.0
// What may still have an effect.
#include "harness/runner/fault_ledger.hpp"

#include <gtest/gtest.h>

namespace switchback {
namespace {

using Kinds = std::vector<FaultKind>;

TEST(FaultLedger, KnowsALastingFaultUntilItIsHealed) {
  FaultLedger ledger;
  ledger.inject(FaultKind::link_cut);
  EXPECT_EQ(ledger.since(ledger.mark()), Kinds{FaultKind::link_cut});
  ledger.heal();
  EXPECT_FALSE(ledger.any_in_force());
  EXPECT_EQ(ledger.since(ledger.mark()), Kinds{});
}

TEST(FaultLedger, KnowsALossOfPowerOnlyWhereItTookPlace) {
  for (const FaultKind kind : {FaultKind::recovery_power_lost, FaultKind::primary_power_lost}) {
    FaultLedger ledger;
    const FaultLedger::Mark before = ledger.mark();
    ledger.inject(kind);
    EXPECT_EQ(ledger.since(before), Kinds{kind});
    EXPECT_EQ(ledger.since(ledger.mark()), Kinds{}) << "it is over";
    EXPECT_EQ(ledger.kills_since(before), kills_controller(kind) ? 1U : 0U);
  }
}

TEST(FaultLedger, KnowsTrackingThatWentWithThePowerUntilDataWasSent) {
  FaultLedger ledger;
  ledger.inject(FaultKind::primary_power_lost);
  ledger.lose_tracking();
  ledger.heal();
  const FaultLedger::Mark began = ledger.mark();
  EXPECT_EQ(ledger.since(began), Kinds{FaultKind::tracking_lost});
  ledger.operation_ended(began, Operation::resynchronize, /*done=*/false, /*saw_frozen=*/false);
  EXPECT_TRUE(ledger.any_in_force()) << "nothing was sent";
  ledger.operation_ended(began, Operation::resynchronize, /*done=*/true, /*saw_frozen=*/false);
  EXPECT_FALSE(ledger.any_in_force());
}

TEST(FaultLedger, KnowsADeletionThatDeletedSomethingUntilItWasMadeGoodFor) {
  FaultLedger ledger;
  ledger.inject(FaultKind::targets_deleted);
  EXPECT_TRUE(ledger.ever());
  EXPECT_FALSE(ledger.any_in_force()) << "there was nothing to delete";
  const FaultLedger::Mark before = ledger.mark();
  ledger.took_effect(FaultKind::targets_deleted);
  EXPECT_TRUE(ledger.injected_since(before, FaultKind::targets_deleted));
  ledger.operation_ended(before, Operation::resynchronize, /*done=*/true, /*saw_frozen=*/false);
  EXPECT_TRUE(ledger.any_in_force()) << "it took place meanwhile";
  ledger.heal();
  const FaultLedger::Mark began = ledger.mark();
  EXPECT_EQ(ledger.since(began), Kinds{FaultKind::targets_deleted});
  ledger.operation_ended(began, Operation::resynchronize, /*done=*/false, /*saw_frozen=*/false);
  ledger.operation_ended(began, Operation::complete_failover, /*done=*/true, /*saw_frozen=*/false);
  EXPECT_TRUE(ledger.any_in_force()) << "the replica is not whole";
  ledger.operation_ended(began, Operation::resynchronize, /*done=*/true, /*saw_frozen=*/false);
  EXPECT_FALSE(ledger.any_in_force());
}

TEST(FaultLedger, ADiskThatWasChangedExcusesWhoTrustsItUntilItWasCompared) {
  constexpr FaultKind kChanged = FaultKind::disk_changed_behind;
  FaultLedger ledger;
  ledger.inject(kChanged);
  EXPECT_FALSE(ledger.any_in_force()) << "its VM ran";
  ledger.took_effect(kChanged);
  const FaultLedger::Mark began = ledger.mark();
  for (const Operation operation : kAllOperations)
    EXPECT_EQ(ledger.excuses(began, operation) == Kinds{kChanged},
              may_fail_for_changed_disk(operation))
        << name_of(operation);
  ledger.heal();
  ledger.operation_ended(began, Operation::commit, /*done=*/true, /*saw_frozen=*/false);
  ledger.operation_ended(began, Operation::resynchronize, /*done=*/false, /*saw_frozen=*/false);
  EXPECT_TRUE(ledger.in_force(kChanged));
  ledger.operation_ended(began, Operation::resynchronize, /*done=*/true, /*saw_frozen=*/false);
  EXPECT_FALSE(ledger.in_force(kChanged));
}

TEST(FaultLedger, NeitherASlowLinkNorAClockExcusesAFailure) {
  for (const FaultKind kind : kAllFaults) {
    if (may_hit_nothing(kind)) continue;  // see below and above
    const bool none = kind == FaultKind::link_slow || kind == FaultKind::clock_stepped;
    FaultLedger before;
    before.inject(kind);
    FaultLedger meanwhile;
    const FaultLedger::Mark began = meanwhile.mark();
    meanwhile.inject(kind);
    EXPECT_TRUE(meanwhile.ever()) << "the healthy phase heals it: " << name_of(kind);
    EXPECT_EQ(meanwhile.since(began).empty(), none) << name_of(kind);
    if (kills_controller(kind) || site_without_power(kind)) continue;  // over at once
    EXPECT_EQ(before.since(before.mark()).empty(), none) << name_of(kind);
    EXPECT_EQ(before.any_in_force(), !none) << name_of(kind);
  }
}

}  // namespace
}  // namespace switchback
