// SPDX-License-Identifier: Apache-2.0
// A sequence being run: the model, the branches of history and the bookkeeping between two steps.
//
// sequence_run.cpp: steps. sequence_guest.cpp: what guests write and people edit.
// sequence_operation.cpp: an operation from its first answer to its last point.
// sequence_settle.cpp: its end, and the evidence of it. sequence_time.cpp: time that goes by, and
// the healthy phase.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/lifecycle/transition_table.hpp"
#include "harness/runner/branches.hpp"
#include "harness/runner/cut_ledger.hpp"
#include "harness/runner/fault_ledger.hpp"
#include "harness/runner/model.hpp"
#include "harness/runner/point_ledger.hpp"
#include "harness/runner/run_sequence.hpp"

namespace switchback {

/// Internal to the runner. Use run_sequence().
class SequenceRun {
 public:
  SequenceRun(World& world, const Sequence& sequence, const SequenceContext& context);

  void run();
  SequenceResult take_result() { return std::move(result_); }

 private:
  /// Steps that take place inside the job in progress, by position in the sequence.
  struct InJob {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::vector<bool> done;
  };
  /// What is remembered from before an operation.
  struct Before {
    Snapshot snapshot;
    FaultLedger::Mark faults;
    Journal* journal = nullptr;  ///< of the VMs that had the authority
    Tick started = 0;
    Tick unsent_since = 0;
    Grains differing;  ///< see OperationEvidence; in chunks or grains
    Grains allocated;
    Grains held;
    std::uint64_t chunks = 0;
  };
  /// An operation in progress.
  struct Asked {
    RunningOperation operation;
    Before before;
  };
  /// A copy that was started from a recovery point, before its guests wrote.
  struct SeenCopy {
    bool test = false;
    std::vector<std::string> incarnations;
    GroupImage image;
    CutReport cut;
    const Journal* journal = nullptr;
  };

  // Steps.
  Nothing run_steps();
  Nothing run_step(std::size_t step, InJob& in_job);
  Nothing do_action(const Action& action, InJob& in_job);
  Nothing end_sequence();

  // Guests, people and faults.
  Result<std::vector<GuestWrite>> writes_of(const WriteStep& write, Journal& journal);
  Nothing guest_writes(const WriteStep& write);
  Nothing guest_flushes();
  Nothing old_primary_writes(const OldPrimaryWriteStep& write);
  Nothing test_guest_writes(const TestWriteStep& write);
  Nothing write_on(Site site, Journal& journal, const WriteStep& write);
  Result<std::optional<Site>> site_of_guest();
  [[nodiscard]] bool of_current_branch(const SeenVm& vm) const;
  Result<bool> guest_can_write(Site site, std::optional<std::size_t> vm);
  Nothing edit(Edit edit);
  [[nodiscard]] bool may_edit(Edit edit, const Snapshot& now) const;
  void follow_primary(const Snapshot& now);
  Nothing break_something(FaultKind kind, const std::optional<JobPoint>& during);
  Nothing heal();

  // One operation, from its first answer to its last point.
  Request request_for(const OperateStep& step, const ItemStatus& status);
  Nothing operate(const OperateStep& step, InJob& in_job);
  Nothing operate_during_job(const OperateStep& step);
  Result<Snapshot> look();
  Result<Before> look_before();
  Nothing look_at_both_sides(const RunningOperation& operation, Before& before);
  Result<Outcome> drive(Asked& asked, Progress progress, InJob& in_job);
  Nothing look_at_point(const JobPoint& point);
  Nothing look_for_copy(const JobPoint& point, LiveCopies live);
  Nothing notice_copy(const std::vector<SeenVm>& vms);
  Nothing steps_at(const JobPoint& point, InJob& in_job);
  Nothing run_in_job(std::size_t step, const JobPoint& point);
  void swap_job(const Request& request, const Transition* row, Before before, Progress progress);

  // Its end.
  Nothing settle(const Asked& asked, const Outcome& outcome);
  void move_model(const ItemState& next);
  void move_authority(const Asked& asked, const Snapshot& after);
  void note_cut(const Asked& asked, const Outcome& outcome, const Snapshot& after);
  void tell_end(const Asked& asked, const Outcome& outcome, const Snapshot& after, Bytes dirty,
                bool was_cancelled);
  OperationEvidence evidence_of(const Asked& asked, const Outcome& outcome, const Snapshot& after);
  Result<std::optional<CutReport>> read_active(const Outcome& outcome, const Snapshot& after);
  Nothing read_points(const Asked& asked, const Snapshot& after, OperationEvidence& evidence);
  void add_copies(const Asked& asked, OperationEvidence& evidence);
  void judge_unprotected(const Asked& asked, const Outcome& outcome, const Snapshot& after);

  // Time.
  struct Span {
    Snapshot before;
    ItemState model;
    std::vector<TimeEvidence::Round> rounds;
  };
  Nothing wait(Duration duration, InJob& in_job);
  Result<Duration> pass_time(Duration duration);
  void judge_time(const Span& span, const Snapshot& after);
  Nothing healthy_phase();
  Nothing come_back();
  void disturb() { undisturbed_since_ = clock_; }

  template <class Ask>
  void judge(const Ask& ask);
  [[nodiscard]] bool violated() const { return !result_.violations.empty(); }
  [[nodiscard]] const Capabilities& capabilities() const { return world_.system->capabilities(); }

  World& world_;
  const Sequence& sequence_;
  const SequenceContext& context_;
  ItemSpec item_;
  ItemState model_;
  Branches branches_;
  FaultLedger faults_;
  CutLedger cuts_;
  PointLedger points_;
  FreezeWatch freeze_;
  std::vector<std::string> keys_;  ///< the right one first; empty unless the item is encrypted

  std::size_t step_ = 0;         ///< the step to which violations and events are put down
  Instant clock_{};              ///< the system's
  Instant undisturbed_since_{};  ///< see TimeEvidence
  Tick unsent_since_ = 0;        ///< see OperationEvidence
  std::set<Edit> disk_edits_;    ///< that were not taken back
  bool primary_deleted_ = false;
  bool purged_ = false;
  bool left_by_fault_ = false;  ///< an operation failed under a fault: it may have left something
  TargetSettings settings_;
  std::vector<Hardware> original_;
  std::vector<CensusEntry> census_at_start_;
  std::vector<CensusEntry> deleted_;  ///< of these, with the VM

  Asked* asked_ = nullptr;                   ///< the operation whose job is in progress
  std::optional<Progress> swapped_;          ///< the answer of a cancel that took its place
  std::optional<RunningOperation> stopped_;  ///< what that cancel stopped
  std::optional<SeenCopy> copy_;             ///< started by it
  bool killed_now_ = false;  ///< the controller was killed at the point where the job stands
  std::uint64_t calls_ = 0;  ///< points passed by it
  Snapshot last_;            ///< taken when the last operation had ended
  std::string trouble_;      ///< what stood in the way of coming back
  SequenceResult result_;
};

}  // namespace switchback
