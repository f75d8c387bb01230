// SPDX-License-Identifier: Apache-2.0
// The one-pass cut checker against the definition, by brute force: an image is a legal cut if some
// downward-closed set of writes produces it.
#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "harness/journal/cut_checker.hpp"
#include "harness/journal/fake_image.hpp"
#include "harness/journal/random_history.hpp"

namespace switchback {
namespace {

using Kind = Shown::Kind;

/// What each block of all disks shows, in the order of RandomHistory::blocks.
using Image = std::vector<Shown>;
using Cut = std::vector<WriteSeq>;

Image image_of(const Cut& cut) {
  Image image;
  for (const WriteSeq seq : cut)
    image.push_back(seq == 0 ? Shown{} : Shown{Kind::write, seq});
  return image;
}

CutReport check(const RandomHistory& history, const Image& image) {
  CutChecker checker(history.journal);
  for (DiskIndex disk = 0; disk < history.journal.disk_count(); ++disk) {
    std::map<BlockNumber, Shown> shown;
    for (std::size_t n = 0; n < image.size(); ++n)
      if (history.blocks[n].first == disk) shown[history.blocks[n].second] = image[n];
    FakeImage reader(history.journal.geometry(disk).size_bytes, std::move(shown));
    EXPECT_TRUE(checker.take(disk, reader));
  }
  return checker.report();
}

/// Every cut that a set of writes produces that holds, with each write, all that was safe before
/// that write was issued. Tries all sets.
std::set<Cut> legal_cuts(const RandomHistory& history) {
  const std::size_t count = history.writes.size();
  std::vector<unsigned> needs(count, 0);  // bit n: write n + 1 must be there too
  for (std::size_t one = 0; one < count; ++one)
    for (std::size_t other = 0; other < count; ++other)
      if (history.writes[other].safe < history.writes[one].issued) needs[one] |= 1U << other;
  std::set<Cut> cuts;
  for (unsigned chosen = 0; chosen < 1U << count; ++chosen) {
    bool closed = true;
    for (std::size_t one = 0; one < count; ++one)
      if ((chosen >> one & 1U) != 0 && (needs[one] & ~chosen) != 0) closed = false;
    if (!closed) continue;
    Cut cut = history.initial;
    for (std::size_t block = 0; block < cut.size(); ++block)
      for (const WriteSeq seq :
           history.writes_to(history.blocks[block].first, history.blocks[block].second))
        if ((chosen >> (seq - history.base - 1) & 1U) != 0) cut[block] = seq;
    cuts.insert(cut);
  }
  return cuts;
}

/// Every image that shows, at each block, one of its writes, its initial state, or nothing.
std::vector<Cut> all_cuts(const RandomHistory& history) {
  std::vector<Cut> cuts = {{}};
  for (std::size_t n = 0; n < history.blocks.size(); ++n) {
    const auto [disk, block] = history.blocks[n];
    std::vector<WriteSeq> choices = history.writes_to(disk, block);
    choices.insert(choices.begin(), kInitialState);
    if (history.initial[n] != kInitialState) choices.push_back(history.initial[n]);
    std::vector<Cut> longer;
    for (const Cut& cut : cuts)
      for (const WriteSeq seq : choices) {
        longer.push_back(cut);
        longer.back().push_back(seq);
      }
    cuts = std::move(longer);
  }
  return cuts;
}

TEST(CutChecker, AcceptsExactlyWhatADownwardClosedSetOfWritesProduces) {
  int accepted = 0;
  int refused = 0;
  check_over(3000, [&] {
    const RandomHistory history = RandomHistory::draw(9);
    const std::set<Cut> legal = legal_cuts(history);
    for (const Cut& cut : all_cuts(history)) {
      const bool expected = legal.contains(cut);
      ++(expected ? accepted : refused);
      RC_ASSERT(check(history, image_of(cut)).legal() == expected);
    }
  });
  EXPECT_GT(accepted, 5'000);
  EXPECT_GT(refused, 5'000);
}

/// What the report must say, each figure by its own definition and from the test's own record.
CutReport expected_report(const RandomHistory& history, const Image& image) {
  CutReport report;
  const auto count = [](BlockCount& counted, const BlockWitness& witness) {
    if (counted.count++ == 0) counted.first = witness;  // blocks come in order
  };
  const auto of_the_branch = [&](const Shown& shown) {
    return shown.kind == Kind::write && shown.seq > history.base &&
           shown.seq <= history.base + history.writes.size();
  };
  for (const Shown& shown : image)
    if (of_the_branch(shown))
      report.stands_for = std::max(report.stands_for, history.at(shown.seq).issued);
  for (std::size_t n = 0; n < image.size(); ++n) {
    const auto [disk, block] = history.blocks[n];
    const std::vector<WriteSeq> writes = history.writes_to(disk, block);
    const Shown& shown = image[n];
    BlockWitness witness{disk, block, shown.seq,
                         writes.empty() ? history.initial[n] : writes.back()};
    if (shown.kind == Kind::torn) count(report.torn, witness);
    if (shown.kind == Kind::corrupt) count(report.corrupt, witness);
    if (shown.kind == Kind::foreign) count(report.foreign, witness);
    if (shown.kind != Kind::initial && shown.kind != Kind::write) continue;
    const bool at_the_start = shown.seq == history.initial[n];
    if (!at_the_start && !of_the_branch(shown)) {
      count(report.superseded, witness);
      continue;
    }
    if (!at_the_start && history.at(shown.seq).issued == report.stands_for)
      report.newest_shown = BlockWitness{disk, block, shown.seq, shown.seq};
    WriteSeq lost = 0;
    WriteSeq missing = 0;
    for (const WriteSeq seq : writes) {
      if (!at_the_start && seq <= shown.seq) continue;
      const PlainWrite& write = history.at(seq);
      if (lost == 0 && write.acknowledged != kNever) lost = seq;
      if (write.safe < (missing == 0 ? kNever : history.at(missing).safe)) missing = seq;
    }
    if (lost != 0) {
      count(report.lost, {disk, block, shown.seq, lost});
      report.lost_bytes += history.journal.geometry(disk).block_bytes(block);
      const Instant at = history.at(lost).issued_at;
      report.oldest_lost_at = std::min(report.oldest_lost_at.value_or(at), at);
    }
    if (missing == 0) continue;
    witness.expected = missing;
    if (history.at(missing).safe < report.missing_since) {
      report.missing_since = history.at(missing).safe;
      report.earliest_missing = witness;
    }
    if (history.at(missing).safe < report.stands_for) count(report.stale, witness);
  }
  report.in_order = report.missing_since >= report.stands_for;
  return report;
}

using Plain = std::tuple<DiskIndex, BlockNumber, WriteSeq, WriteSeq>;
Plain plain(const BlockWitness& one) {
  return {one.disk, one.block, one.shows, one.expected};
}
std::optional<Plain> plain(const std::optional<BlockWitness>& one) {
  return one ? std::optional(plain(*one)) : std::nullopt;
}
std::pair<std::uint64_t, std::optional<Plain>> plain(const BlockCount& one) {
  return {one.count, plain(one.first)};
}

/// A block as it might come out: mostly one of its writes or what it began with, sometimes damaged,
/// empty, or of another branch.
Shown any_shown(const RandomHistory& history, std::size_t block) {
  const std::vector<WriteSeq> writes =
      history.writes_to(history.blocks[block].first, history.blocks[block].second);
  const auto nth = between<std::size_t>(0, writes.size());
  const WriteSeq seq = nth == 0 ? history.initial[block] : writes[nth - 1];
  switch (between(0, 17)) {
    case 11:
      return {};
    case 12: {
      const WriteSeq other = RandomHistory::of_another_branch(history.journal.branch());
      return {Kind::write, other};
    }
    case 13:
      if (writes.empty() && seq == kInitialState) return {};
      return {Kind::torn, writes.empty() ? history.initial[block] : writes.back()};
    case 14:
      return {Kind::corrupt, 0};
    case 15:
      return {Kind::foreign, 0};
    default:
      return seq == 0 ? Shown{} : Shown{Kind::write, seq};
  }
}

TEST(CutChecker, CountsAndNamesWhatTheDefinitionsSay) {
  std::uint64_t superseded = 0;
  check_over(5000, [&] {
    const RandomHistory history = RandomHistory::draw(30);
    Image image;
    for (std::size_t n = 0; n < history.blocks.size(); ++n)
      image.push_back(any_shown(history, n));
    const CutReport report = check(history, image);
    const CutReport expected = expected_report(history, image);
    RC_ASSERT(report.in_order == expected.in_order);
    RC_ASSERT(report.stands_for == expected.stands_for);
    RC_ASSERT(report.missing_since == expected.missing_since);
    RC_ASSERT(plain(report.newest_shown) == plain(expected.newest_shown));
    RC_ASSERT(plain(report.earliest_missing) == plain(expected.earliest_missing));
    RC_ASSERT(plain(report.lost) == plain(expected.lost));
    RC_ASSERT(plain(report.stale) == plain(expected.stale));
    RC_ASSERT(plain(report.torn) == plain(expected.torn));
    RC_ASSERT(plain(report.corrupt) == plain(expected.corrupt));
    RC_ASSERT(plain(report.foreign) == plain(expected.foreign));
    RC_ASSERT(plain(report.superseded) == plain(expected.superseded));
    superseded += report.superseded.count;
    RC_ASSERT(report.lost_bytes == expected.lost_bytes);
    RC_ASSERT(report.oldest_lost_at == expected.oldest_lost_at);
    RC_ASSERT(report.stale.count <= report.lost.count);
  });
  EXPECT_GT(superseded, 500U);
}

TEST(CutChecker, SeesABlockThatWentBackBehindAWriteWhichCameLater) {
  int reverted = 0;
  check_over(3000, [&] {
    const RandomHistory history = RandomHistory::draw(30);
    Cut cut;
    WriteSeq newest = 0;
    for (const auto& [disk, block] : history.blocks) {
      cut.push_back(history.journal.last_write(disk, block));
      if (history.journal.has(cut.back())) newest = std::max(newest, cut.back());
    }
    RC_ASSERT(check(history, image_of(cut)).legal());
    RC_ASSERT(check(history, image_of(cut)).lost.count == 0U);
    // Back to before a write that was safe when the newest one, on another block, was issued.
    const auto n = between<std::size_t>(0, cut.size() - 1);
    const auto writes = history.writes_to(history.blocks[n].first, history.blocks[n].second);
    if (writes.empty() || cut[n] == newest) return;
    const auto back = between<std::size_t>(0, writes.size() - 1);
    if (history.at(writes[back]).safe >= history.at(newest).issued) return;
    ++reverted;
    cut[n] = back == 0 ? history.initial[n] : writes[back - 1];
    const CutReport report = check(history, image_of(cut));
    RC_ASSERT(!report.in_order);
    RC_ASSERT(report.stale.count == 1U);
    RC_ASSERT(report.newest_shown->shows == newest);
    RC_ASSERT(report.earliest_missing->disk == history.blocks[n].first);
    RC_ASSERT(report.earliest_missing->block == history.blocks[n].second);
  });
  EXPECT_GT(reverted, 300);
}

}  // namespace
}  // namespace switchback
