// SPDX-License-Identifier: Apache-2.0
// For the tests: random histories of guest writes, recorded by a journal and, in the plainest way
// that there is, by hand; and properties checked over more and larger cases than the default.
#pragma once

#include <sstream>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/detail/Configuration.h>
#include <rapidcheck/gtest.h>

#include "harness/journal/journal.hpp"

namespace switchback {

/// A number from `low` to `high`, each as likely at every size of a case. RapidCheck's own ranges
/// grow with the size, which would leave large disks and late events nearly untried.
template <class T>
T between(T low, T high) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<T>(low, static_cast<T>(high + T{1})));
}

/// Any 64 bits, at every size of a case.
inline std::uint64_t any_word() {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint64_t>());
}

/// Checks a property over `cases` cases instead of a hundred. Seed and the like still come from
/// RC_PARAMS.
template <class Property>
void check_over(int cases, Property&& property) {
  rc::detail::TestParams params = rc::detail::configuration().testParams;
  params.maxSuccess = cases;
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  rc::detail::TestMetadata metadata;
  metadata.id = std::string(test->test_suite_name()) + "/" + test->name();
  metadata.description = test->name();
  const auto result = rc::detail::checkTestable(std::forward<Property>(property), metadata, params);
  if (result.template is<rc::detail::SuccessResult>()) return;
  std::ostringstream text;
  rc::detail::printResultMessage(result, text);
  FAIL() << text.str();
}

/// A write as the test remembers it.
struct PlainWrite {
  DiskIndex disk = 0;
  BlockNumber block = 0;
  Tick issued = 0;
  Tick acknowledged = kNever;
  Tick safe = kNever;
  bool abandoned = false;
  Instant issued_at{};
};

/// A journal, and what it ought to say. Writes overlap, are never answered for, are abandoned and
/// written over; flushes overlap each other and the writes.
class RandomHistory {
 public:
  /// One choice of an event: which kind, and which block, write or flush it is about.
  using Choice = std::tuple<unsigned, unsigned>;

  /// With a branch that is not 0, blocks begin with `initial`, in the order of `blocks`.
  RandomHistory(std::vector<DiskGeometry> disks, const std::vector<Choice>& choices,
                std::size_t most_writes, std::uint32_t branch = 0,
                const std::vector<WriteSeq>& initial = {})
      : journal(disks),
        base(branch * kWritesOfABranch),
        disks_(std::move(disks)),
        most_writes_(most_writes) {
    for (DiskIndex disk = 0; disk < disks_.size(); ++disk)
      for (BlockNumber block = 0; block < disks_[disk].block_count(); ++block)
        blocks.emplace_back(disk, block);
    begin_branch(branch, initial);
    for (const auto& [kind, pick] : choices)
      add(kind % 10, pick);
  }

  /// Small enough for brute force: up to 3 disks of up to 3 blocks, and `most_writes` writes. Every
  /// other one is of a branch of history, with blocks of other branches to begin with.
  static RandomHistory draw(std::size_t most_writes) {
    std::vector<DiskGeometry> disks(between<std::size_t>(1, 3));
    for (DiskGeometry& disk : disks) {
      disk.size_bytes = between<Bytes>(kSectorBytes, 3 * kBlockBytes + kSectorBytes - 1);
      disk.volatile_cache = between(0, 2) == 0;
    }
    const auto events = between<std::size_t>(1, 30);
    const auto choices = *rc::gen::resize(
        rc::kNominalSize,
        rc::gen::container<std::vector<Choice>>(
            events, rc::gen::tuple(rc::gen::inRange(0U, 10U), rc::gen::inRange(0U, 1000U))));
    if (between(0, 1) == 0) return {std::move(disks), choices, most_writes};
    const auto branch = between<std::uint32_t>(1, 3);
    std::vector<WriteSeq> initial;
    for (const DiskGeometry& disk : disks)
      for (BlockNumber block = 0; block < disk.block_count(); ++block)
        initial.push_back(between(0, 2) == 0 ? kInitialState : of_another_branch(branch));
    return {std::move(disks), choices, most_writes, branch, initial};
  }

  /// A write of an earlier or a later branch.
  static WriteSeq of_another_branch(std::uint32_t branch) {
    const auto other = between<std::uint32_t>(0, 3);
    return (other < branch ? other : other + 1) * kWritesOfABranch + between<WriteSeq>(1, 5);
  }

  /// The writes to a block, oldest first.
  [[nodiscard]] std::vector<WriteSeq> writes_to(DiskIndex disk, BlockNumber block) const {
    std::vector<WriteSeq> found;
    for (WriteSeq seq = base + 1; seq <= base + writes.size(); ++seq)
      if (at(seq).disk == disk && at(seq).block == block) found.push_back(seq);
    return found;
  }
  [[nodiscard]] const PlainWrite& at(WriteSeq seq) const { return writes[seq - base - 1]; }

  Journal journal;
  WriteSeq base = 0;                                      ///< the number before the first write's
  std::vector<PlainWrite> writes;                         ///< write `seq` is at seq - base - 1
  std::vector<std::pair<DiskIndex, BlockNumber>> blocks;  ///< of all disks, in order
  std::vector<WriteSeq> initial;                          ///< by the order of blocks

 private:
  void begin_branch(std::uint32_t branch, const std::vector<WriteSeq>& shown) {
    initial.assign(blocks.size(), kInitialState);
    if (branch == 0) return;
    // Something has happened before.
    journal.acknowledge(journal.issue(blocks.back().first, blocks.back().second));
    tick_ = journal.now();
    initial = shown;
    std::vector<InitialBlock> given;
    for (std::size_t n = 0; n < blocks.size(); ++n)
      if (shown[n] != kInitialState) given.push_back({blocks[n].first, blocks[n].second, shown[n]});
    journal = journal.fork(branch, given);
  }

  void add(unsigned kind, unsigned pick) {
    const std::vector<WriteSeq> open = in_flight();
    if (kind < 4)
      issue(pick);
    else if (kind < 7 && !open.empty())
      acknowledge(open[pick % open.size()]);
    else if (kind == 7 && !open.empty())
      abandon(open[pick % open.size()]);
    else if (kind == 8)
      issue_flush(static_cast<DiskIndex>(pick % disks_.size()));
    else if (kind == 9 && !flushes_.empty())
      complete_flush(pick % flushes_.size());
  }

  [[nodiscard]] std::vector<WriteSeq> in_flight() const {
    std::vector<WriteSeq> open;
    for (WriteSeq seq = base + 1; seq <= base + writes.size(); ++seq)
      if (at(seq).acknowledged == kNever && !at(seq).abandoned) open.push_back(seq);
    return open;
  }

  void issue(unsigned pick) {
    if (writes.size() == most_writes_) return;
    const auto [disk, block] = blocks[pick % blocks.size()];
    for (const WriteSeq seq : in_flight())
      if (at(seq).disk == disk && at(seq).block == block)
        pick % 3 == 0 ? abandon(seq) : acknowledge(seq);
    clock_ += std::chrono::milliseconds(pick % 2);  // two writes may share an instant, not a tick
    writes.push_back({.disk = disk, .block = block, .issued = ++tick_, .issued_at = clock_});
    EXPECT_EQ(journal.issue(disk, block, clock_), base + writes.size());
  }
  void acknowledge(WriteSeq seq) {
    PlainWrite& write = writes[seq - base - 1];
    write.acknowledged = ++tick_;
    if (!disks_[write.disk].volatile_cache) write.safe = tick_;
    journal.acknowledge(seq);
  }
  void abandon(WriteSeq seq) {
    writes[seq - base - 1].abandoned = true;
    journal.abandon(seq);
  }
  void issue_flush(DiskIndex disk) {
    flushes_.emplace_back(disk, ++tick_);
    EXPECT_EQ(journal.issue_flush(disk), tick_);
  }
  void complete_flush(std::size_t which) {
    const auto [disk, issued] = flushes_[which];
    flushes_.erase(flushes_.begin() + static_cast<std::ptrdiff_t>(which));
    ++tick_;
    for (PlainWrite& write : writes)
      if (write.disk == disk && write.acknowledged < issued && write.safe == kNever)
        write.safe = tick_;
    journal.complete_flush(disk, issued);
  }

  std::vector<DiskGeometry> disks_;
  std::size_t most_writes_;
  std::vector<std::pair<DiskIndex, Tick>> flushes_;
  Tick tick_ = 0;
  Instant clock_{};
};

}  // namespace switchback
