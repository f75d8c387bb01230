// SPDX-License-Identifier: Apache-2.0
// Points and the cuts that they were made of, where several were made in one instant.
#include "harness/runner/cut_ledger.hpp"

#include <gtest/gtest.h>

namespace switchback {
namespace {

constexpr Instant kInstant = std::chrono::minutes(5);
constexpr std::uint32_t kBranch = 0;

std::vector<Hardware> with_memory(Bytes bytes) {
  Hardware hardware;
  hardware.memory_bytes = bytes;
  return {hardware};
}

RecoveryPoint point(std::string id) {
  return {.id = std::move(id), .cut = kInstant, .app_consistent = false};
}

const SeenCut kOlder{.began = 10, .config = with_memory(1), .frozen = true};
const SeenCut kNewer{.began = 20, .config = with_memory(2), .frozen = false};

SeenCut doubtful(SeenCut cut) {
  cut.doubtful = true;
  return cut;
}

/// Two cuts of one instant, after tick 7.
CutLedger ledger_of(const SeenCut& first, const SeenCut& second) {
  CutLedger ledger;
  ledger.clock_leaves(kInstant - std::chrono::minutes(1), kBranch, 7);
  ledger.add(kInstant, first);
  ledger.add(kInstant, second);
  return ledger;
}

TEST(CutLedger, GivesTheNewestCutToTheOnlyPointThatIsLeft) {
  CutLedger ledger = ledger_of(kOlder, kNewer);
  ledger.assign({point("p2")}, kBranch);
  ASSERT_NE(ledger.find("p2"), nullptr);
  EXPECT_EQ(ledger.find("p2")->config, with_memory(2));
  EXPECT_EQ(ledger.complete_to(point("p2"), kBranch), 20U);
}

TEST(CutLedger, GivesEachPointItsOwnCutIfThereAreAsMany) {
  CutLedger ledger = ledger_of(kOlder, doubtful(kNewer));
  ledger.assign({point("p1"), point("p2")}, kBranch);
  EXPECT_EQ(ledger.find("p1")->config, with_memory(1));
  EXPECT_EQ(ledger.find("p2")->config, with_memory(2));
}

TEST(CutLedger, SaysOnlyWhatIsSoOfBothIfTheNewerMayNotHaveBeenMade) {
  CutLedger ledger = ledger_of(kOlder, doubtful(kNewer));
  ledger.assign({point("p")}, kBranch);
  EXPECT_TRUE(ledger.find("p")->config.empty());
  EXPECT_TRUE(ledger.find("p")->frozen);
  EXPECT_EQ(ledger.complete_to(point("p"), kBranch), 7U);
}

TEST(CutLedger, TellsTheTicksOfOneBranchFromThoseOfAnother) {
  CutLedger ledger = ledger_of(kOlder, doubtful(kNewer));
  ledger.clock_leaves(kInstant - std::chrono::minutes(1), kBranch + 1, 2);
  EXPECT_EQ(ledger.complete_to(point("unknown"), kBranch), 7U);
  EXPECT_EQ(ledger.complete_to(point("unknown"), kBranch + 1), 2U);
  EXPECT_EQ(ledger.complete_to(point("unknown"), kBranch + 2), 0U);
  ledger.assign({point("p")}, kBranch + 1);
  EXPECT_EQ(ledger.complete_to(point("p"), kBranch + 1), 2U);
}

TEST(CutLedger, SaysWhatTheVmsWereMadeOfIfThatIsSoOfBoth) {
  SeenCut same = kNewer;
  same.config = kOlder.config;
  CutLedger ledger = ledger_of(kOlder, doubtful(same));
  ledger.assign({point("p")}, kBranch);
  EXPECT_EQ(ledger.find("p")->config, with_memory(1));
}

TEST(CutLedger, TellsNoneApartIfOneWasNotSeen) {
  CutLedger ledger = ledger_of(kOlder, kNewer);
  ledger.assign({point("p1"), point("p2"), point("p3")}, kBranch);
  for (const char* id : {"p1", "p2", "p3"})
    EXPECT_TRUE(ledger.find(id)->config.empty()) << id;
}

std::vector<SeenVm> guest(Hold hold) {
  SeenVm vm;
  vm.site = Site::primary;
  vm.running = true;
  vm.hold = hold;
  return {vm};
}

TEST(FreezeWatch, TakesAGuestForFrozenOnlyIfItStillIsWhenItsDisksAreCut) {
  const JobPoint cut{
      .operation = Operation::enable, .stage = "copy", .call = 7, .call_name = "open_view"};
  for (const Hold then : {Hold::none, Hold::frozen}) {
    FreezeWatch watch;
    watch.look(cut, guest(Hold::frozen), 1);
    watch.look_again(cut, guest(then), 1);
    EXPECT_EQ(watch.frozen_at_cut(), then == Hold::frozen);
    EXPECT_TRUE(watch.saw_frozen());
  }
  FreezeWatch watch;
  watch.look(cut, guest(Hold::none), 1);
  watch.look_again(cut, guest(Hold::frozen), 1);
  EXPECT_FALSE(watch.frozen_at_cut()) << "too late";
}

TEST(FreezeWatch, BeginsAnewWithAStageThatIsEnteredAgain) {
  const auto at = [](unsigned call, const char* name) {
    return JobPoint{
        .operation = Operation::enable, .stage = "copy", .call = call, .call_name = name};
  };
  FreezeWatch watch;
  watch.look(at(4, "open_view"), guest(Hold::none), 1);
  watch.look(at(5, "list_extents"), guest(Hold::none), 1);
  // The controller was killed there. This time the guest is frozen first, so the cut comes later.
  watch.look(at(0, "record"), guest(Hold::none), 1);
  watch.look(at(6, "open_view"), guest(Hold::frozen), 1);
  EXPECT_TRUE(watch.frozen_at_cut());
  watch.look(at(7, "open_view"), guest(Hold::none), 1);
  EXPECT_FALSE(watch.frozen_at_cut()) << "the second VM of the same cut";
}

}  // namespace
}  // namespace switchback
