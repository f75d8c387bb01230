// SPDX-License-Identifier: Apache-2.0
// Decides whether a set of disk images is a legal cut of the journal, in one pass and without a
// search.
//
// Let s(b) be the write that the image shows at block b (the initial state counts as write 0), L(b)
// the writes to b after s(b), i(w) and a(w) the instants at which w was issued and became safe
// (never: infinity; the initial state was issued at 0). Then
//
//     the image is a legal cut   <=>   max over b of i(s(b))  <=  min over b, w in L(b) of a(w)
//
// because the set of writes shown is then closed downwards under "was safe before the other was
// issued", and if it fails the two blocks that attain the maximum and the minimum are a write that
// is there and an earlier, acknowledged one that is not. See docs/oracle.md for the proof.
//
// In a branch of history the initial state is what the copy showed that the branch began with: a
// block that shows just that shows "write 0". What else is of another branch is superseded.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/base/result.hpp"
#include "harness/journal/image.hpp"
#include "harness/journal/journal.hpp"

namespace switchback {

/// A block and the write in question, for people to look at.
struct BlockWitness {
  DiskIndex disk = 0;
  BlockNumber block = 0;
  WriteSeq shows = 0;     ///< what the image holds
  WriteSeq expected = 0;  ///< what it ought to hold, where there is such a thing
};

/// How many blocks had a kind of trouble, and the first of them (lowest disk, then block).
struct BlockCount {
  std::uint64_t count = 0;
  std::optional<BlockWitness> first;
};

/// What one pass over the images found.
struct CutReport {
  /// True if the image is a legal cut and holds no torn, corrupt, foreign or
  /// superseded block.
  [[nodiscard]] bool legal() const {
    return in_order && torn.count == 0 && corrupt.count == 0 && foreign.count == 0 &&
           superseded.count == 0;
  }
  bool in_order = true;  ///< the inequality above holds

  /// The newest write that the image shows, and its issue tick: the instant the image stands for.
  std::optional<BlockWitness> newest_shown;
  Tick stands_for = 0;
  /// The write that it lacks and that was safe first, and when that was; of those that one flush
  /// made safe, the one of the lowest disk and block.
  std::optional<BlockWitness> earliest_missing;
  Tick missing_since = kNever;

  /// Blocks that lack a write acknowledged before this check, flushed or not; `expected` is the
  /// first such write. Blocks of the four kinds below count as those and not here.
  BlockCount lost;
  BlockCount stale;  ///< of these, the ones that put the image out of order
  BlockCount torn, corrupt, foreign;
  /// Blocks that show what belongs to another branch of history, or are empty though they were not
  /// when this one began; `expected` is the newest write, or what it began with.
  BlockCount superseded;
  Bytes lost_bytes = 0;
  /// Issue times of the oldest write lost, for the RPO actually reached; none if nothing is lost.
  std::optional<Instant> oldest_lost_at;
};

/// One check of one set of images against the journal as it stands. Give every disk of the group
/// once, in any order, then ask for the report.
class CutChecker {
 public:
  /// `journal` is only read and must outlive the checker.
  explicit CutChecker(const Journal& journal);

  /// Takes in one disk. An Error is the reader's and leaves the checker unusable. An image of
  /// another size than the journal's geometry is corrupt from the first differing block on.
  Nothing take(DiskIndex disk, ImageReader& image);

  [[nodiscard]] CutReport report() const;

 private:
  struct ShownBlock {
    BlockNumber block = 0;
    Shown shown;
  };
  void take_batch(DiskIndex disk);
  /// Marks the disk corrupt from the first block on that differs, and returns that block.
  BlockNumber refuse_size(DiskIndex disk, const DiskGeometry& found);

  const Journal& journal_;
  std::vector<Shown> shown_;  ///< by slot of the journal
  std::vector<bool> taken_;
  std::vector<ShownBlock> batch_;              ///< of the disk that is being taken in
  BlockCount corrupt_, foreign_, superseded_;  ///< blocks that the journal does not know
};

/// One line for people: "legal cut at write 17" or what is wrong, with the two blocks that prove
/// it.
std::string describe(const CutReport& report, const Journal& journal);

}  // namespace switchback
