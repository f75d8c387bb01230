// SPDX-License-Identifier: Apache-2.0
// The branches of an item's history, and which of them goes on where. See docs/oracle.md.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "harness/journal/journal.hpp"
#include "harness/lifecycle/state.hpp"
#include "harness/runner/images.hpp"

namespace switchback {

/// Keeps every branch as long as it lives, so that evidence may point to their journals.
class Branches {
 public:
  explicit Branches(std::vector<DiskGeometry> disks);

  /// Of the VMs that have the authority, or will have when they run.
  [[nodiscard]] Journal& current() { return *current_; }
  /// Where the guests of that branch run.
  [[nodiscard]] Site site() const { return origin_ == nullptr ? Site::primary : Site::recovery; }
  /// Of the disks that recovery points are cut from: primary's, as long as it has any.
  [[nodiscard]] Journal& of_points() { return origin_ == nullptr ? *current_ : *origin_; }
  /// Of an old primary VM that lost its authority; nullptr if there is none.
  [[nodiscard]] Journal* old_primary() { return origin_; }
  /// Of the VMs of a test failover; nullptr if none has been seen.
  [[nodiscard]] Journal* test() { return test_; }

  /// A copy at recovery that was started from a recovery point shows this: what it writes is a
  /// branch of its own, beside any that another copy may have had.
  void start_copy(const std::vector<InitialBlock>& shown);
  /// The copy that was started last stays: there is no way back to the one before it.
  void keep_copy() { previous_ = nullptr; }
  /// The copy that was started last is given up: the one before it goes on, if there was one.
  void back_to_previous_copy();
  /// The authority is at primary again, where it was: all copies are given up.
  void back_to_origin();
  /// What the copy shows is at primary now, and goes on there: the old branch there is over.
  void come_home();

  /// The parts of the disks that any branch knows blocks in: no others can be allocated, wherever
  /// copies of them went.
  [[nodiscard]] const Grains& known_grains(Bytes grain);

  void start_test(const std::vector<InitialBlock>& shown);
  void end_test() { test_ = nullptr; }

 private:
  /// What is known already; blocks are only ever added to a branch.
  struct Known {
    Grains grains;
    std::vector<std::size_t> taken;  ///< of each branch so many blocks
  };

  Journal* fork(const std::vector<InitialBlock>& shown);

  std::vector<std::unique_ptr<Journal>> all_;  ///< by number of the branch
  Journal* current_;
  Journal* origin_ = nullptr;    ///< primary's, while the authority is at recovery
  Journal* previous_ = nullptr;  ///< of the copy before the current one, while it may come back
  Journal* test_ = nullptr;
  std::map<Bytes, Known> known_;  ///< by grain
};

}  // namespace switchback
