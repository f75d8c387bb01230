// SPDX-License-Identifier: Apache-2.0
// What the harness knows of the instants at which data was cut: when the operation that cut it
// began, what the VMs were made of, whether they were frozen.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/units.hpp"
#include "harness/system/laboratory.hpp"

namespace switchback {

/// A cut that was seen to be made.
struct SeenCut {
  Tick began = 0;                ///< its operation, on the ticks of the disks that were cut
  std::vector<Hardware> config;  ///< of the VMs at primary, by VM; empty: it changed meanwhile
  bool frozen = false;           ///< all VMs, when it was made
  /// Data was sent at this instant, and whether the cut was made of it nobody said.
  bool doubtful = false;
};

class CutLedger {
 public:
  /// The system's clock leaves this instant; all that was acknowledged so far in this branch of
  /// history has this tick at most. Each branch has ticks of its own.
  void clock_leaves(Instant instant, std::uint32_t branch, Tick tick);
  /// Data of this cut was sent. Several cuts may have one instant.
  void add(Instant cut, SeenCut seen) { cuts_[cut].push_back(std::move(seen)); }
  /// These points are listed for the first time, oldest first: of the cuts of one instant that have
  /// no point yet, the newest belong to them, as points expire from the oldest on. None is told
  /// apart if fewer were seen than there are points (one was made by a job that was cancelled), or
  /// if more were seen and one of them is doubtful. `branch`: of the disks that they were cut from.
  void assign(const std::vector<RecoveryPoint>& listed, std::uint32_t branch);

  /// The cut that a point was made of, if it was seen.
  [[nodiscard]] const SeenCut* find(const std::string& point) const;
  /// Writes of that branch acknowledged up to this tick must be in the point.
  [[nodiscard]] Tick complete_to(const RecoveryPoint& point, std::uint32_t branch) const;

 private:
  /// What is so whichever of these it was; `unseen`: or one that was not seen.
  [[nodiscard]] SeenCut any_of(const std::vector<SeenCut>& cuts, bool unseen, Instant instant,
                               std::uint32_t branch) const;
  /// What was acknowledged in the branch before the clock came to this instant.
  [[nodiscard]] Tick before(Instant instant, std::uint32_t branch) const;

  std::map<std::uint32_t, std::map<Instant, Tick>> left_;  ///< by branch of history
  std::map<Instant, std::vector<SeenCut>> cuts_;           ///< that no point was made of yet
  std::map<std::string, SeenCut> points_;
};

/// Watches from point to point of a job whether the guests were frozen when their disks were cut.
class FreezeWatch {
 public:
  void begin() { *this = {}; }
  /// The job stands before this call.
  void look(const JobPoint& point, const std::vector<SeenVm>& vms, std::size_t item_vms);
  /// What has happened at the point looked at last may have let a guest go, before it is cut.
  void look_again(const JobPoint& point, const std::vector<SeenVm>& vms, std::size_t item_vms);
  [[nodiscard]] bool saw_frozen() const { return saw_frozen_; }
  /// All VMs at every cut of the last attempt.
  [[nodiscard]] bool frozen_at_cut() const { return cut_ ? frozen_at_cut_ : saw_all_frozen_; }

 private:
  bool saw_frozen_ = false;      ///< any of them
  bool saw_all_frozen_ = false;  ///< for systems whose calls tell no cut
  bool cut_ = false;
  bool frozen_at_cut_ = false;
  // Where the job stood last, and whether its disks have been cut since it entered that stage.
  std::string stage_;
  unsigned call_ = 0;
  bool cutting_ = false;
};

}  // namespace switchback
