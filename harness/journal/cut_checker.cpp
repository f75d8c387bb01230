// SPDX-License-Identifier: Apache-2.0
// See cut_checker.hpp.
#include "harness/journal/cut_checker.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "harness/base/assert.hpp"

namespace switchback {
namespace {

bool comes_before(const BlockWitness& left, const BlockWitness& right) {
  return left.disk != right.disk ? left.disk < right.disk : left.block < right.block;
}

void count(BlockCount& counted, const BlockWitness& witness) {
  ++counted.count;
  if (!counted.first || comes_before(witness, *counted.first)) counted.first = witness;
}

/// Takes the greater tick, and of two equal ones the lower block.
bool replaces(Tick tick, Tick held, const BlockWitness& witness,
              const std::optional<BlockWitness>& holder, bool greater) {
  if (!holder || tick != held) return !holder || (greater ? tick > held : tick < held);
  return comes_before(witness, *holder);
}

}  // namespace

CutChecker::CutChecker(const Journal& journal)
    : journal_(journal), shown_(journal.blocks().size()), taken_(journal.disk_count()) {}

Nothing CutChecker::take(DiskIndex disk, ImageReader& image) {
  SB_ASSERT(disk < taken_.size() && !taken_[disk]);
  taken_[disk] = true;
  const DiskGeometry& geometry = journal_.geometry(disk);
  if (image.size_bytes() != geometry.size_bytes) {
    const Bytes common = std::min(image.size_bytes(), geometry.size_bytes);
    const BlockNumber differs = std::min(common / kBlockBytes, geometry.block_count() - 1);
    count(corrupt_, {.disk = disk,
                     .block = differs,
                     .shows = 0,
                     .expected = journal_.last_write(disk, differs)});
  }
  return image.visit_blocks([&](BlockNumber block, Shown shown) {
    const std::optional<std::size_t> slot =
        block < geometry.block_count() ? journal_.slot_of(disk, block) : std::nullopt;
    const BlockWitness witness{.disk = disk, .block = block, .shows = shown.seq, .expected = 0};
    if (!slot) return count(shown.kind == Shown::Kind::foreign ? foreign_ : corrupt_, witness);
    if (shown.kind == Shown::Kind::write) {
      // Only what this journal wrote to this very block may be there.
      const bool known = shown.seq >= 1 && shown.seq <= journal_.write_count() &&
                         journal_.record(shown.seq).disk == disk &&
                         journal_.record(shown.seq).block == block;
      if (!known) shown = {Shown::Kind::corrupt, shown.seq};
    }
    shown_[*slot] = shown;
  });
}

CutReport CutChecker::report() const {
  SB_ASSERT(std::all_of(taken_.begin(), taken_.end(), [](bool taken) { return taken; }));
  CutReport report;
  report.corrupt = corrupt_;
  report.foreign = foreign_;
  struct Lacking {
    BlockWitness witness;
    Tick since;
  };
  std::vector<Lacking> lacking;
  for (std::size_t slot = 0; slot < shown_.size(); ++slot) {
    const BlockHistory& history = journal_.blocks()[slot];
    const Shown& shown = shown_[slot];
    BlockWitness witness{history.disk, history.block, shown.seq, history.last};
    switch (shown.kind) {
      case Shown::Kind::torn:
        count(report.torn, witness);
        continue;
      case Shown::Kind::corrupt:
        count(report.corrupt, witness);
        continue;
      case Shown::Kind::foreign:
        count(report.foreign, witness);
        continue;
      case Shown::Kind::initial:
      case Shown::Kind::write:
        break;
    }
    if (shown.seq != kInitialState) {
      const Tick issued = journal_.record(shown.seq).issued;
      const BlockWitness newest{history.disk, history.block, shown.seq, shown.seq};
      if (replaces(issued, report.stands_for, newest, report.newest_shown, true)) {
        report.stands_for = issued;
        report.newest_shown = newest;
      }
    }
    // Of the later writes to this block, the one that was safe first. An abandoned one never is.
    WriteSeq missing = 0;
    WriteSeq later = shown.seq == kInitialState ? history.first : journal_.record(shown.seq).next;
    for (; later != 0; later = journal_.record(later).next)
      if (journal_.record(later).safe != kNever &&
          (missing == 0 || journal_.record(later).safe < journal_.record(missing).safe))
        missing = later;
    if (missing == 0) continue;
    const WriteRecord& record = journal_.record(missing);
    witness.expected = missing;
    lacking.push_back({witness, record.safe});
    count(report.lost, witness);
    report.lost_bytes += journal_.geometry(history.disk).block_bytes(history.block);
    if (!report.oldest_lost_at || record.issued_at < *report.oldest_lost_at)
      report.oldest_lost_at = record.issued_at;
    if (replaces(record.safe, report.missing_since, witness, report.earliest_missing, false)) {
      report.missing_since = record.safe;
      report.earliest_missing = witness;
    }
  }
  for (const Lacking& one : lacking)
    if (one.since < report.stands_for) count(report.stale, one.witness);
  report.in_order = report.stale.count == 0;
  return report;
}

std::string describe(const CutReport& report, const Journal&) {
  const auto trouble = [](const BlockCount& counted, std::string_view what) {
    if (counted.count == 0) return std::string();
    return fmt::format("{} {} block(s), the first: disk {} block {}; ", counted.count, what,
                       counted.first->disk, counted.first->block);
  };
  std::string text = trouble(report.torn, "torn") + trouble(report.corrupt, "corrupt") +
                     trouble(report.foreign, "foreign");
  if (!report.in_order) {
    const BlockWitness& there = *report.newest_shown;
    const BlockWitness& missing = *report.earliest_missing;
    return text + fmt::format(
                      "no legal cut: write {} is there (disk {} block {}), but write {} is "
                      "not (disk {} block {} shows {}), which was acknowledged before "
                      "write {} was issued",
                      there.shows, there.disk, there.block, missing.expected, missing.disk,
                      missing.block, missing.shows, there.shows);
  }
  if (report.earliest_missing)
    return text + fmt::format(
                      "the earliest acknowledged write that is missing is {} (disk {} block "
                      "{} shows {})",
                      report.earliest_missing->expected, report.earliest_missing->disk,
                      report.earliest_missing->block, report.earliest_missing->shows);
  return text + "every acknowledged write is there";
}

}  // namespace switchback
