// SPDX-License-Identifier: Apache-2.0
// The cut checker on cases that a person can follow. See cut_property_test.cpp for all the others.
#include "harness/journal/cut_checker.hpp"

#include <gtest/gtest.h>

#include "harness/journal/fake_image.hpp"

namespace switchback {
namespace {

using Kind = Shown::Kind;

class CutCheckerTest : public ::testing::Test {
 protected:
  /// Two disks of four blocks, one of them a little longer.
  Journal journal_{{{.size_bytes = 16'384}, {.size_bytes = 16'484}}};

  WriteSeq write(DiskIndex disk, BlockNumber block, Instant now = {}) {
    const WriteSeq seq = journal_.issue(disk, block, now);
    journal_.acknowledge(seq);
    return seq;
  }
  [[nodiscard]] CutReport check(FakeImage first, FakeImage second) const {
    CutChecker checker(journal_);
    EXPECT_TRUE(checker.take(1, second));  // in any order
    EXPECT_TRUE(checker.take(0, first));
    return checker.report();
  }
  [[nodiscard]] static FakeImage first(std::map<BlockNumber, Shown> blocks) {
    return {16'384, std::move(blocks)};
  }
  [[nodiscard]] static FakeImage second(std::map<BlockNumber, Shown> blocks) {
    return {16'484, std::move(blocks)};
  }
  [[nodiscard]] static Shown shows(WriteSeq seq) { return {Kind::write, seq}; }
};

TEST_F(CutCheckerTest, NothingWrittenAndNothingShownIsLegal) {
  const CutReport report = check(first({}), second({}));
  EXPECT_TRUE(report.legal());
  EXPECT_FALSE(report.newest_shown);
  EXPECT_FALSE(report.earliest_missing);
  EXPECT_EQ(report.missing_since, kNever);
}

TEST_F(CutCheckerTest, AnImageOfTheLastWritesLosesNothing) {
  const WriteSeq a = write(0, 0);
  const WriteSeq b = write(1, 3);
  const CutReport report = check(first({{0, shows(a)}}), second({{3, shows(b)}}));
  EXPECT_TRUE(report.legal());
  EXPECT_EQ(report.lost.count, 0U);
  EXPECT_EQ(report.newest_shown->shows, b);
  EXPECT_EQ(report.stands_for, journal_.record(b).issued);
  EXPECT_EQ(describe(report, journal_), "legal cut at write 2; every acknowledged write is there");
}

TEST_F(CutCheckerTest, AnImageOfAnEarlierInstantIsLegalAndHasALoss) {
  const WriteSeq a = write(0, 0);
  write(1, 3, std::chrono::seconds(5));
  write(1, 3, std::chrono::seconds(6));
  write(0, 0, std::chrono::seconds(7));
  const CutReport report = check(first({{0, shows(a)}}), second({}));
  EXPECT_TRUE(report.legal());
  EXPECT_EQ(report.lost.count, 2U);
  EXPECT_EQ(report.lost.first->disk, 0U);
  EXPECT_EQ(report.lost.first->expected, 4U);
  EXPECT_EQ(report.lost_bytes, 4096U + 4196U);
  EXPECT_EQ(report.oldest_lost_at, std::chrono::seconds(5));
  EXPECT_EQ(report.earliest_missing->expected, 2U);
  EXPECT_EQ(report.missing_since, journal_.record(2).acknowledged);
  EXPECT_EQ(report.stale.count, 0U);
}

TEST_F(CutCheckerTest, DisksOfTwoInstantsAreNoCutAndTheTwoBlocksAreNamed) {
  const WriteSeq a = write(0, 0);
  const WriteSeq b = write(0, 1);
  const WriteSeq c = write(1, 2);
  const CutReport report = check(first({{0, shows(a)}}), second({{2, shows(c)}}));
  EXPECT_FALSE(report.in_order);
  EXPECT_EQ(report.newest_shown->shows, c);
  EXPECT_EQ(report.earliest_missing->expected, b);
  EXPECT_EQ(report.stale.count, 1U);
  EXPECT_EQ(report.stale.first->block, 1U);
  EXPECT_EQ(describe(report, journal_),
            "no legal cut: write 3 is there (disk 1 block 2), but write 2 is not (disk 0 block 1 "
            "shows 0), which was acknowledged before write 3 was issued");
}

TEST_F(CutCheckerTest, OfWritesInFlightTogetherAnyMayBeThere) {
  const WriteSeq a = journal_.issue(0, 0);
  const WriteSeq b = journal_.issue(1, 0);
  journal_.acknowledge(a);
  journal_.acknowledge(b);
  EXPECT_TRUE(check(first({{0, shows(a)}}), second({})).legal());
  EXPECT_TRUE(check(first({}), second({{0, shows(b)}})).legal());
}

TEST_F(CutCheckerTest, AnAbandonedWriteIsNoLossAndHidesNone) {
  journal_.abandon(journal_.issue(0, 0));
  EXPECT_EQ(check(first({}), second({})).lost.count, 0U);
  const WriteSeq over = write(0, 0);
  const WriteSeq later = write(1, 1);
  const CutReport report = check(first({}), second({{1, shows(later)}}));
  EXPECT_FALSE(report.in_order);
  EXPECT_EQ(report.earliest_missing->expected, over);
  // That the abandoned one shows doesn't make the next one any less missing.
  EXPECT_FALSE(check(first({{0, shows(1)}}), second({{1, shows(later)}})).in_order);
}

TEST_F(CutCheckerTest, WhatTheJournalDidNotWriteThereIsCorrupt) {
  const WriteSeq a = write(0, 0);
  const WriteSeq b = write(1, 0);
  const WriteSeq c = write(0, 1);
  EXPECT_EQ(check(first({{0, shows(c)}}), second({})).corrupt.count, 1U);   // a neighbour's
  EXPECT_EQ(check(first({{0, shows(b)}}), second({})).corrupt.count, 1U);   // another disk's
  EXPECT_EQ(check(first({{2, shows(a)}}), second({})).corrupt.count, 1U);   // another block's
  EXPECT_EQ(check(first({{0, shows(99)}}), second({})).corrupt.count, 1U);  // not issued yet
  EXPECT_EQ(check(first({{0, {Kind::torn, 99}}}), second({})).corrupt.count, 1U);
  EXPECT_EQ(check(first({{3, {Kind::torn, 0}}}), second({})).corrupt.count, 1U);  // never written
}

TEST_F(CutCheckerTest, DamagedBlocksAreCountedApartAndTheLowestIsNamed) {
  for (const BlockNumber block : {3U, 2U, 1U, 0U})
    write(1, block);
  const CutReport report = check(first({{2, {Kind::foreign, 0}}}), second({{0, {Kind::torn, 4}},
                                                                           {1, {Kind::corrupt, 0}},
                                                                           {2, {Kind::foreign, 0}},
                                                                           {3, {Kind::torn, 1}}}));
  EXPECT_FALSE(report.legal());
  EXPECT_TRUE(report.in_order);
  EXPECT_EQ(report.torn.count, 2U);
  EXPECT_EQ(report.torn.first->block, 0U);
  EXPECT_EQ(report.corrupt.count, 1U);
  EXPECT_EQ(report.foreign.count, 2U);
  EXPECT_EQ(report.foreign.first->disk, 0U);
  EXPECT_EQ(report.lost.count, 0U);
  EXPECT_EQ(describe(report, journal_).find("2 torn block(s), the first: disk 1 block 0; "), 0U);
}

TEST_F(CutCheckerTest, AnImageOfAnotherSizeIsCorruptFromTheFirstBlockThatDiffers) {
  const WriteSeq a = write(1, 0);
  const WriteSeq b = write(1, 3);
  const auto with_size = [&](Bytes size) {
    return check(first({}), FakeImage{size, {{0, shows(a)}, {3, shows(b)}}});
  };
  EXPECT_TRUE(with_size(16'484).legal());
  EXPECT_EQ(with_size(16'384).corrupt.first->block, 3U);  // the tail is cut off
  EXPECT_EQ(with_size(20'480).corrupt.first->block, 3U);  // padded: the last block is no longer one
  EXPECT_EQ(with_size(8192).corrupt.first->block, 2U);
  EXPECT_EQ(with_size(8192).corrupt.count, 2U);  // where it ends, and block 3 that was written
  EXPECT_EQ(with_size(0).corrupt.first->block, 0U);
  CutChecker grown(journal_);
  FakeImage larger{20'480, {{4, shows(a)}}};
  FakeImage other = second({{0, shows(a)}, {3, shows(b)}});
  ASSERT_TRUE(grown.take(0, larger));
  ASSERT_TRUE(grown.take(1, other));
  EXPECT_EQ(grown.report().corrupt.first->block, 4U);
}

TEST_F(CutCheckerTest, InABranchWhatTheCopyBeganWithIsTheInitialState) {
  const WriteSeq a = write(0, 0);
  write(0, 1);
  journal_ = journal_.fork(1, {{0, 0, a}});
  const CutReport start = check(first({{0, shows(a)}}), second({}));
  EXPECT_TRUE(start.legal());
  EXPECT_EQ(start.lost.count, 0U);
  EXPECT_FALSE(start.newest_shown);
  EXPECT_EQ(describe(start, journal_),
            "legal cut, as its branch of history began; every acknowledged write is there");
  const WriteSeq b = write(0, 0);
  const CutReport behind = check(first({{0, shows(a)}}), second({}));
  EXPECT_TRUE(behind.legal());
  EXPECT_EQ(behind.lost.first->expected, b);
  EXPECT_EQ(check(first({{0, shows(b)}}), second({})).lost.count, 0U);
}

TEST_F(CutCheckerTest, InABranchWhatBelongsToAnotherOneIsSuperseded) {
  const WriteSeq a = write(0, 0);
  const WriteSeq b = write(0, 1);
  Journal old = journal_;
  journal_ = journal_.fork(1, {{0, 0, a}});
  const CutReport undone = check(first({{0, shows(a)}, {1, shows(b)}}), second({}));
  EXPECT_FALSE(undone.legal());
  EXPECT_TRUE(undone.in_order);
  EXPECT_EQ(undone.superseded.count, 1U);
  EXPECT_EQ(undone.superseded.first->block, 1U);
  const CutReport empty = check(first({}), second({}));
  EXPECT_EQ(empty.superseded.count, 1U);
  EXPECT_EQ(describe(empty, journal_)
                .find("1 block(s) of another branch of history, the first: "
                      "disk 0 block 0 shows 0 instead of 1; "),
            0U);
  // The old primary's guest goes on writing: that shows nowhere in the new branch.
  const WriteSeq c = old.issue(0, 0);
  EXPECT_EQ(check(first({{0, shows(c)}}), second({})).superseded.count, 1U);
  // And the other way round; but of its own writes a branch knows all.
  const WriteSeq d = write(0, 0);
  std::swap(old, journal_);
  EXPECT_EQ(check(first({{0, shows(d)}, {1, shows(b)}}), second({})).superseded.count, 1U);
  std::swap(old, journal_);
  EXPECT_EQ(check(first({{0, shows(d + 1)}}), second({})).corrupt.count, 1U);
  EXPECT_EQ(check(first({{0, {Kind::torn, a}}}), second({})).torn.count, 1U);
}

TEST_F(CutCheckerTest, TheReadersErrorIsHandedOn) {
  struct Broken final : ImageReader {
    [[nodiscard]] Bytes size_bytes() const override { return 16'384; }
    Nothing visit_blocks(const std::function<void(BlockNumber, Shown)>&) override {
      return environment_error("the export is gone", "start it again");
    }
  } broken;
  CutChecker checker(journal_);
  const Nothing taken = checker.take(0, broken);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().message, "the export is gone");
}

TEST(CutCheckerWithCaches, OnlyWhatWasFlushedMustBeThereButAllThatIsLostIsCounted) {
  Journal journal({{.size_bytes = 8192, .volatile_cache = true}});
  journal.acknowledge(journal.issue(0, 0));
  journal.acknowledge(journal.issue(0, 1));
  const auto second_alone = [&journal] {
    CutChecker checker(journal);
    FakeImage image{8192, {{1, {Kind::write, 2}}}};
    EXPECT_TRUE(checker.take(0, image));
    return checker.report();
  };
  EXPECT_TRUE(second_alone().legal());
  EXPECT_EQ(second_alone().lost.count, 1U);
  EXPECT_FALSE(second_alone().earliest_missing);
  journal.complete_flush(0, journal.issue_flush(0));
  EXPECT_TRUE(second_alone().legal()) << "the flush came after both were issued";
  EXPECT_TRUE(second_alone().earliest_missing);
  journal.acknowledge(journal.issue(0, 1));
  CutChecker checker(journal);
  FakeImage image{8192, {{1, {Kind::write, 3}}}};
  ASSERT_TRUE(checker.take(0, image));
  EXPECT_FALSE(checker.report().in_order);
  EXPECT_NE(describe(checker.report(), journal).find("flushed before"), std::string::npos);
}

}  // namespace
}  // namespace switchback
