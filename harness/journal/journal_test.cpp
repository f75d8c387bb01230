// SPDX-License-Identifier: Apache-2.0
// The record of guest writes, and how disks of any size are cut into blocks.
#include "harness/journal/journal.hpp"

#include <gtest/gtest.h>

#include "harness/journal/random_history.hpp"

namespace switchback {
namespace {

DiskGeometry disk_of(Bytes size, bool volatile_cache = false) {
  return {.size_bytes = size, .volatile_cache = volatile_cache};
}

TEST(DiskGeometry, GivesALongRemainderItsOwnBlockAndAShortOneToTheLast) {
  EXPECT_EQ(disk_of(512).block_count(), 1U);
  EXPECT_EQ(disk_of(4096).block_count(), 1U);
  EXPECT_EQ(disk_of(4607).block_count(), 1U);
  EXPECT_EQ(disk_of(4607).block_bytes(0), 4607U);
  EXPECT_EQ(disk_of(4608).block_count(), 2U);
  EXPECT_EQ(disk_of(4608).block_bytes(0), 4096U);
  EXPECT_EQ(disk_of(4608).block_bytes(1), 512U);
}

TEST(DiskGeometry, EveryByteBelongsToExactlyOneBlock) {
  check_over(2000, [] {
    const DiskGeometry disk = disk_of(between<Bytes>(kSectorBytes, 100'000));
    Bytes next = 0;
    for (BlockNumber block = 0; block < disk.block_count(); ++block) {
      RC_ASSERT(disk.block_offset(block) == next);
      RC_ASSERT(disk.block_bytes(block) >= kSectorBytes);
      RC_ASSERT(disk.block_bytes(block) < kBlockBytes + kSectorBytes);
      next += disk.block_bytes(block);
    }
    RC_ASSERT(next == disk.size_bytes);
  });
}

TEST(Journal, ChainsTheWritesOfABlockAndListsBlocksByFirstWrite) {
  Journal journal({disk_of(20'000), disk_of(20'000)});
  for (const BlockNumber block : {3U, 1U, 3U})
    journal.acknowledge(journal.issue(1, block));
  const WriteSeq last = journal.issue(0, 3);
  EXPECT_EQ(journal.write_count(), 4U);
  EXPECT_EQ(journal.record(1).next, 3U);
  EXPECT_EQ(journal.record(2).next, 0U);
  EXPECT_EQ(journal.record(3).next, 0U);
  EXPECT_EQ(journal.last_write(1, 3), 3U);
  EXPECT_EQ(journal.last_write(0, 3), last);
  EXPECT_EQ(journal.last_write(0, 1), kInitialState);
  ASSERT_EQ(journal.blocks().size(), 3U);
  EXPECT_EQ(journal.blocks()[0].first, 1U);
  EXPECT_EQ(journal.blocks()[0].last, 3U);
  EXPECT_EQ(journal.slot_of(1, 1), 1U);
  EXPECT_EQ(journal.slot_of(0, 3), 2U);
  EXPECT_EQ(journal.slot_of(0, 0), std::nullopt);
}

TEST(Journal, OnADiskWithoutACacheAWriteIsSafeWhenAcknowledged) {
  Journal journal({disk_of(4096)});
  journal.acknowledge(journal.issue(0, 0));
  EXPECT_EQ(journal.record(1).acknowledged, 2U);
  EXPECT_EQ(journal.record(1).safe, 2U);
}

TEST(Journal, OnADiskWithACacheAWriteIsSafeWhenALaterFlushCompletes) {
  Journal journal({disk_of(8192, true), disk_of(8192, true)});
  journal.acknowledge(journal.issue(0, 0));
  const WriteSeq during = journal.issue(0, 1);
  const Tick flush = journal.issue_flush(0);
  journal.acknowledge(during);  // after the flush was issued: it need not cover this one
  const WriteSeq elsewhere = journal.issue(1, 0);
  journal.acknowledge(elsewhere);
  journal.complete_flush(0, flush);
  EXPECT_EQ(journal.record(1).safe, journal.now());
  EXPECT_EQ(journal.record(during).safe, kNever);
  EXPECT_EQ(journal.record(elsewhere).safe, kNever);
  journal.complete_flush(0, journal.issue_flush(0));
  EXPECT_EQ(journal.record(during).safe, journal.now());
}

TEST(Journal, AnAbandonedWriteIsNeverSafeAndMayBeWrittenOver) {
  Journal journal({disk_of(4096)});
  const WriteSeq lost = journal.issue(0, 0);
  journal.abandon(lost);
  journal.acknowledge(journal.issue(0, 0));
  EXPECT_EQ(journal.record(lost).acknowledged, kNever);
  EXPECT_EQ(journal.record(lost).safe, kNever);
  EXPECT_EQ(journal.record(lost).next, 2U);
}

TEST(JournalDeathTest, OneWriteAtATimeIsInFlightOnABlock) {
  Journal journal({disk_of(4096)});
  journal.issue(0, 0);
  EXPECT_DEATH(journal.issue(0, 0), "internal error");
  journal.acknowledge(1);
  EXPECT_DEATH(journal.acknowledge(1), "internal error");
  EXPECT_DEATH(journal.abandon(1), "internal error");
  EXPECT_DEATH(journal.issue(0, 1), "internal error");
}

TEST(Journal, SaysWhatAPlainListOfEventsSays) {
  check_over(2000, [] {
    const RandomHistory history = RandomHistory::draw(40);
    const Journal& journal = history.journal;
    RC_ASSERT(journal.write_count() == history.writes.size());
    for (WriteSeq seq = history.base + 1; seq <= history.base + journal.write_count(); ++seq) {
      const WriteRecord& record = journal.record(seq);
      const PlainWrite& plain = history.at(seq);
      RC_ASSERT(record.disk == plain.disk && record.block == plain.block);
      RC_ASSERT(record.issued == plain.issued && record.issued_at == plain.issued_at);
      RC_ASSERT(record.acknowledged == plain.acknowledged);
      RC_ASSERT(record.safe == plain.safe);
    }
    for (std::size_t n = 0; n < history.blocks.size(); ++n) {
      const auto [disk, block] = history.blocks[n];
      const WriteSeq initial = history.initial[n];
      std::vector<WriteSeq> chain;
      if (const auto slot = journal.slot_of(disk, block)) {
        for (WriteSeq seq = journal.blocks()[*slot].first; seq != 0; seq = journal.record(seq).next)
          chain.push_back(seq);
        RC_ASSERT(journal.blocks()[*slot].last == (chain.empty() ? initial : chain.back()));
        RC_ASSERT(journal.blocks()[*slot].initial == initial);
      }
      RC_ASSERT(chain == history.writes_to(disk, block));
      RC_ASSERT(journal.last_write(disk, block) == (chain.empty() ? initial : chain.back()));
    }
  });
}

TEST(DirtiedBytes, RoundsOutToGrainsAndEndsWithTheDisk) {
  Journal journal({disk_of(3 * 4096 + 100), disk_of(1 << 20)});  // the last block: 4196 bytes
  journal.acknowledge(journal.issue(0, 2));
  EXPECT_EQ(journal.dirtied_bytes(0, 0, 512), 4196U);
  EXPECT_EQ(journal.dirtied_bytes(0, 0, 4096), 4196U);
  EXPECT_EQ(journal.dirtied_bytes(0, 0, 8192), 4196U);
  EXPECT_EQ(journal.dirtied_bytes(0, 0, 1 << 30), 3U * 4096 + 100);
  EXPECT_EQ(journal.dirtied_bytes(1, 0, 65'536), 0U);
  const Tick before = journal.now();
  EXPECT_EQ(journal.dirtied_bytes(0, before, 512), 0U);
  journal.acknowledge(journal.issue(1, 15));
  journal.acknowledge(journal.issue(1, 14));  // the same grain: counted once
  journal.acknowledge(journal.issue(1, 16));
  EXPECT_EQ(journal.dirtied_bytes(1, before, 65'536), 2U * 65'536);
}

TEST(DirtiedBytes, AreTheBytesThatMarkingThemOneByOneFinds) {
  check_over(1000, [] {
    const RandomHistory history = RandomHistory::draw(40);
    const Bytes grain = *rc::gen::element<Bytes>(1, 100, 512, 4096, 5000, 65'536);
    const Tick since = between<Tick>(0, history.journal.now());
    for (DiskIndex disk = 0; disk < history.journal.disk_count(); ++disk) {
      const DiskGeometry& geometry = history.journal.geometry(disk);
      std::vector<bool> dirty(geometry.size_bytes);
      for (const PlainWrite& write : history.writes) {
        if (write.disk != disk || write.issued <= since) continue;
        const Bytes offset = geometry.block_offset(write.block);
        const Bytes end = offset + geometry.block_bytes(write.block);
        for (Bytes byte = offset / grain * grain; byte < geometry.size_bytes; ++byte)
          if (byte < end || byte / grain == (end - 1) / grain) dirty[byte] = true;
      }
      const auto expected = static_cast<Bytes>(std::count(dirty.begin(), dirty.end(), true));
      RC_ASSERT(history.journal.dirtied_bytes(disk, since, grain) == expected);
    }
  });
}

TEST(Journal, TakesLittleMemoryForAWrite) {
  constexpr WriteSeq kWrites = 1 << 16;
  const auto bytes_a_write = [](BlockNumber blocks) {
    Journal journal({disk_of(blocks * kBlockBytes, true)});
    for (WriteSeq n = 0; n < kWrites; ++n)
      journal.acknowledge(journal.issue(0, n % blocks));
    journal.complete_flush(0, journal.issue_flush(0));
    return journal.memory_bytes() / kWrites;
  };
  // What is asked for is doubled as it grows, so: right after that.
  EXPECT_LE(bytes_a_write(kWrites / 64), 75U);
  EXPECT_LE(bytes_a_write(kWrites), 120U);
}

TEST(JournalBranch, GoesOnWithTheTicksAndSharesNoNumber) {
  Journal root({disk_of(20'000)});
  const WriteSeq first = root.issue(0, 0);
  root.acknowledge(first);
  Journal branch = root.fork(1, {{0, 2, first}});
  EXPECT_EQ(branch.branch(), 1U);
  EXPECT_EQ(branch.now(), root.now());
  EXPECT_EQ(branch.write_count(), 0U);
  EXPECT_EQ(branch.last_write(0, 2), first);
  EXPECT_EQ(branch.last_write(0, 0), kInitialState);
  EXPECT_FALSE(branch.has(first));
  const WriteSeq second = branch.issue(0, 2);
  EXPECT_EQ(branch_of(second), 1U);
  EXPECT_EQ(branch_of(root.issue(0, 1)), 0U);
  EXPECT_TRUE(branch.has(second));
  EXPECT_FALSE(root.has(second));
  ASSERT_EQ(branch.blocks().size(), 1U);
  EXPECT_EQ(branch.blocks()[0].initial, first);
  EXPECT_EQ(branch.blocks()[0].first, second);
  EXPECT_EQ(branch.last_write(0, 2), second);
  branch.acknowledge(second);
  const WriteSeq third = branch.issue(0, 2);
  EXPECT_EQ(third, second + 1);
  EXPECT_EQ(branch.record(third).issued, branch.now());
  EXPECT_EQ(branch.record(second).next, third);
  EXPECT_EQ(branch.dirtied_bytes(0, root.now(), 4096), 4096U) << "what it began with is not dirty";
}

}  // namespace
}  // namespace switchback
