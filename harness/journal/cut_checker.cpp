// SPDX-License-Identifier: Apache-2.0
// See cut_checker.hpp.
#include "harness/journal/cut_checker.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "harness/base/assert.hpp"

namespace switchback {
namespace {

/// So many blocks are looked up together, apart from the reading of their bytes: what is not in the
/// cache is then waited for once and not once a block.
constexpr std::size_t kBatch = 256;

bool comes_before(const BlockWitness& left, const BlockWitness& right) {
  return left.disk != right.disk ? left.disk < right.disk : left.block < right.block;
}

void count(BlockCount& counted, const BlockWitness& witness) {
  ++counted.count;
  if (!counted.first || comes_before(witness, *counted.first)) counted.first = witness;
}

/// The first block, or place of a block, at which two sizes of a disk disagree.
BlockNumber first_difference(const DiskGeometry& one, const DiskGeometry& two) {
  const BlockNumber shared = std::min(one.block_count(), two.block_count());
  const BlockNumber last = shared - 1;
  return one.block_bytes(last) != two.block_bytes(last) ? last : shared;
}

/// Only what the journal wrote to this very block may be there.
bool is_write_of(const Journal& journal, DiskIndex disk, BlockNumber block, WriteSeq seq) {
  return journal.has(seq) && journal.record(seq).disk == disk && journal.record(seq).block == block;
}

/// The oldest writes to a block, after the one it shows, that were acknowledged and that were safe;
/// 0 if there is none.
struct Missing {
  WriteSeq acknowledged = 0;
  WriteSeq safe = 0;
};

/// Whether the block shows what it showed when the branch of history began.
bool is_initial(const BlockHistory& history, WriteSeq shown) {
  return shown == history.initial;
}

/// Looks past abandoned writes, which are never safe. Writes of one block become safe in their
/// order (one is in flight at a time, and a flush covers all that was acknowledged before it), so
/// the first that is safe is the one that was safe first.
Missing missing_after(const Journal& journal, const BlockHistory& history, WriteSeq shown) {
  Missing missing;
  WriteSeq later = is_initial(history, shown) ? history.first : journal.record(shown).next;
  for (; later != 0; later = journal.record(later).next) {
    const WriteRecord record = journal.record(later);
    if (missing.acknowledged == 0 && record.acknowledged != kNever) missing.acknowledged = later;
    if (record.safe != kNever) {
      missing.safe = later;
      break;
    }
  }
  return missing;
}

/// Counts a block that shows no whole write. False if it does show one, or its initial state.
bool count_damaged(CutReport& report, const BlockWitness& witness, Shown::Kind kind) {
  switch (kind) {
    case Shown::Kind::torn:
      count(report.torn, witness);
      return true;
    case Shown::Kind::corrupt:
      count(report.corrupt, witness);
      return true;
    case Shown::Kind::foreign:
      count(report.foreign, witness);
      return true;
    case Shown::Kind::initial:
    case Shown::Kind::write:
      break;
  }
  return false;
}

/// What a block shows as this branch of history sees it: of its own writes the journal knows all.
Shown in_this_branch(const Journal& journal, const BlockHistory& history, Shown shown) {
  const bool claims = shown.kind == Shown::Kind::write ||
                      (shown.kind == Shown::Kind::torn && shown.seq != kInitialState);
  if (claims && shown.seq != history.last && branch_of(shown.seq) == journal.branch() &&
      !is_write_of(journal, history.disk, history.block, shown.seq))
    shown.kind = Shown::Kind::corrupt;
  return shown;
}

/// Of the writes of a branch the one of the highest number was issued last.
void note_shown(CutReport& report, const BlockWitness& witness) {
  if (!report.newest_shown || report.newest_shown->shows < witness.shows)
    report.newest_shown = witness;
}

void note_lost(CutReport& report, const BlockWitness& witness, Bytes bytes, Instant issued_at) {
  count(report.lost, witness);
  report.lost_bytes += bytes;
  if (!report.oldest_lost_at || issued_at < *report.oldest_lost_at)
    report.oldest_lost_at = issued_at;
}

void note_missing(CutReport& report, const BlockWitness& witness, Tick safe) {
  // One flush makes many writes safe at one tick.
  const bool tied = safe == report.missing_since;
  if (report.earliest_missing &&
      (tied ? !comes_before(witness, *report.earliest_missing) : safe > report.missing_since))
    return;
  report.missing_since = safe;
  report.earliest_missing = witness;
}

}  // namespace

CutChecker::CutChecker(const Journal& journal)
    : journal_(journal), shown_(journal.blocks().size()), taken_(journal.disk_count()) {}

Nothing CutChecker::take(DiskIndex disk, ImageReader& image) {
  SB_ASSERT(disk < taken_.size() && !taken_[disk] && shown_.size() == journal_.blocks().size());
  const DiskGeometry& geometry = journal_.geometry(disk);
  BlockNumber sound_end = geometry.block_count();
  if (image.size_bytes() != geometry.size_bytes)
    sound_end = refuse_size(disk, {.size_bytes = image.size_bytes()});
  SB_TRY(image.visit_blocks([&](BlockNumber block, Shown shown) {
    if (block >= sound_end || shown.kind == Shown::Kind::initial) return;
    batch_.push_back({block, shown});
    if (batch_.size() == kBatch) take_batch(disk);
  }));
  take_batch(disk);
  taken_[disk] = true;
  return {};
}

void CutChecker::take_batch(DiskIndex disk) {
  for (const auto& [block, shown] : batch_) {
    if (const std::optional<std::size_t> slot = journal_.slot_of(disk, block)) {
      shown_[*slot] = shown;
      continue;
    }
    const BlockWitness witness{.disk = disk, .block = block, .shows = shown.seq, .expected = 0};
    if (shown.kind == Shown::Kind::foreign)
      count(foreign_, witness);
    else if (shown.kind == Shown::Kind::write && branch_of(shown.seq) != journal_.branch())
      count(superseded_, witness);
    else
      count(corrupt_, witness);
  }
  batch_.clear();
}

BlockNumber CutChecker::refuse_size(DiskIndex disk, const DiskGeometry& found) {
  const BlockNumber differs = first_difference(journal_.geometry(disk), found);
  // The written blocks from there on are corrupt by their slots; the first place always is.
  if (!journal_.slot_of(disk, differs))
    count(corrupt_, {.disk = disk, .block = differs, .shows = 0, .expected = 0});
  for (std::size_t slot = 0; slot < shown_.size(); ++slot) {
    const BlockHistory& history = journal_.blocks()[slot];
    if (history.disk == disk && history.block >= differs)
      shown_[slot] = {Shown::Kind::corrupt, kInitialState};
  }
  return differs;
}

CutReport CutChecker::report() const {
  SB_ASSERT(std::all_of(taken_.begin(), taken_.end(), [](bool taken) { return taken; }));
  SB_ASSERT(shown_.size() == journal_.blocks().size());
  CutReport report;
  report.corrupt = corrupt_;
  report.foreign = foreign_;
  report.superseded = superseded_;
  std::vector<BlockWitness> lacking;  // a write that was safe
  for (std::size_t slot = 0; slot < shown_.size(); ++slot) {
    const BlockHistory& history = journal_.blocks()[slot];
    const auto [kind, shown] = in_this_branch(journal_, history, shown_[slot]);
    BlockWitness witness{history.disk, history.block, shown, history.last};
    if (count_damaged(report, witness, kind)) continue;
    if (!is_initial(history, shown) && !journal_.has(shown)) {
      count(report.superseded, witness);
      continue;
    }
    witness.expected = shown;
    if (!is_initial(history, shown)) note_shown(report, witness);
    if (shown == history.last) continue;  // as most blocks do: nothing else is looked up
    const Missing missing = missing_after(journal_, history, shown);
    if (missing.acknowledged == 0) continue;
    witness.expected = missing.acknowledged;
    note_lost(report, witness, journal_.geometry(history.disk).block_bytes(history.block),
              journal_.record(missing.acknowledged).issued_at);
    if (missing.safe == 0) continue;
    witness.expected = missing.safe;
    note_missing(report, witness, journal_.record(missing.safe).safe);
    lacking.push_back(witness);
  }
  if (report.newest_shown) report.stands_for = journal_.record(report.newest_shown->shows).issued;
  for (const BlockWitness& witness : lacking)
    if (journal_.record(witness.expected).safe < report.stands_for) count(report.stale, witness);
  report.in_order = report.stale.count == 0;
  return report;
}

std::string describe(const CutReport& report, const Journal& journal) {
  std::string text;
  const auto damage = [&](const BlockCount& counted, std::string_view what) {
    if (counted.count > 0)
      text += fmt::format("{} {} block(s), the first: disk {} block {}; ", counted.count, what,
                          counted.first->disk, counted.first->block);
  };
  damage(report.torn, "torn");
  damage(report.corrupt, "corrupt");
  damage(report.foreign, "foreign");
  if (report.superseded.count > 0) {
    const BlockWitness& other = *report.superseded.first;
    text += fmt::format(
        "{} block(s) of another branch of history, the first: disk {} block {} "
        "shows {} instead of {}; ",
        report.superseded.count, other.disk, other.block, other.shows, other.expected);
  }
  if (!report.in_order) {
    const BlockWitness& there = *report.newest_shown;
    const BlockWitness& missing = *report.earliest_missing;
    const bool flushed = journal.geometry(missing.disk).volatile_cache;
    return text + fmt::format(
                      "no legal cut: write {} is there (disk {} block {}), but write {} is not "
                      "(disk {} block {} shows {}), which was {} before write {} was issued",
                      there.shows, there.disk, there.block, missing.expected, missing.disk,
                      missing.block, missing.shows, flushed ? "flushed" : "acknowledged",
                      there.shows);
  }
  if (report.legal() && !report.newest_shown && journal.branch() != 0)
    text += "legal cut, as its branch of history began; ";
  else if (report.legal())
    text += fmt::format("legal cut at write {}; ",
                        report.newest_shown ? report.newest_shown->shows : kInitialState);
  if (report.lost.count == 0) return text + "every acknowledged write is there";
  const BlockWitness& lost = *report.lost.first;
  return text + fmt::format(
                    "{} block(s) lack acknowledged writes, the first: write {} (disk {} block {} "
                    "shows {})",
                    report.lost.count, lost.expected, lost.disk, lost.block, lost.shows);
}

}  // namespace switchback
