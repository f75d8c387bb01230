// SPDX-License-Identifier: Apache-2.0
// One item of a sequence being run: the model, the branches of history and the bookkeeping between
// two of its operations.
//
// item_run.cpp: from its making to its removal. item_guest.cpp: what guests write. item_edits.cpp:
// what people edit, and what is written behind the back of a VM.
// item_operation.cpp: an operation from its first answer to its last point. item_settle.cpp: its
// end, and the evidence of it. item_time.cpp: time that goes by, and the way back.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/lifecycle/transition_table.hpp"
#include "harness/runner/branches.hpp"
#include "harness/runner/cut_ledger.hpp"
#include "harness/runner/cut_memory.hpp"
#include "harness/runner/delays.hpp"
#include "harness/runner/fault_ledger.hpp"
#include "harness/runner/model.hpp"
#include "harness/runner/point_ledger.hpp"
#include "harness/runner/shared_run.hpp"

namespace switchback {

class SequenceRun;

/// Internal to the runner. `run` and `shared` outlive it.
class ItemRun {
 public:
  /// `number`: which of the sequence's items.
  ItemRun(SequenceRun& run, SharedRun& shared, std::size_t number);

  Nothing create();
  Nothing begin();
  /// Judges what there is when the sequence has ended.
  Nothing end();
  Nothing remove();
  [[nodiscard]] const ItemSpec& spec() const { return item_; }

  /// Its disks at primary are as nobody has edited them, and no job of it is in progress: another
  /// item's disk can be moved to it.
  [[nodiscard]] bool can_take_disk() const { return !busy() && !disks_edited(); }

  // Guests and people.
  Nothing guest_writes(const WriteStep& write);
  Nothing guest_flushes();
  Nothing old_primary_writes(const OldPrimaryWriteStep& write);
  Nothing test_guest_writes(const TestWriteStep& write);
  Nothing edit(Edit edit);

  // Faults, which hit all items.
  Nothing note_fault(FaultKind kind);
  /// FaultKind::disk_changed_behind: whether it hit anything.
  Result<bool> change_disk_behind();
  void note_effect(FaultKind kind);
  void note_healed();
  [[nodiscard]] bool any_fault_in_force() const { return faults_.any_in_force(); }
  [[nodiscard]] bool any_fault_ever() const { return faults_.ever(); }

  // Operations.
  /// A job of it is in progress.
  [[nodiscard]] bool busy() const { return job_.has_value(); }
  /// Where that job stands.
  [[nodiscard]] std::optional<JobPoint> stands_at() const;
  /// True if the steps of the point where the job stands are over: the job was cancelled, or its
  /// controller was killed.
  [[nodiscard]] bool left_its_point() const { return swapped_ || killed_; }
  /// Asks for an operation, and stops its job at the first point. While another is in progress that
  /// is a second operator's request.
  Nothing start(const OperateStep& step);
  /// If the controller was killed while the job stood at a point: sees what has become of the job.
  Nothing find_job_again();
  /// Lets the job, if there is one, go on by so many points.
  Nothing advance(std::uint64_t points);
  /// Takes the job, if there is one, to its end.
  Nothing finish(InJob& in_job);

  // Time.
  /// It is about to pass: remembers how things are.
  Nothing before_time();
  /// Time has passed since this instant, and no guest has written meanwhile.
  void clock_left(Instant instant);
  /// Takes up the job that the system has started by itself, if it has.
  Result<bool> take_up_job();
  /// Takes that job to its end, as part of the time that goes by.
  Nothing finish_by_itself(InJob& in_job);
  /// All of the time has passed.
  Nothing after_time();
  /// The job that it took up is left where it is: nothing is said of that time.
  void leave_time();
  /// A call that its job made has lasted so long.
  void call_lasted(Instant from, Instant to) { delays_.add(from, to); }
  /// Time that does not go by is judged, once for all items.
  void judge_endless_wait(const EndlessWaitEvidence& evidence);
  /// Something happens that keeps replication from its schedule.
  void disturb() { undisturbed_since_ = shared_.clock; }
  /// Asks for what an operator can ask for until it is protected again. Whether it is, and time has
  /// to show whether it is in sync: not if that is known already, or nothing leads there.
  Result<bool> lead_back();
  /// Time has shown it; if it is not in sync, has it resynchronized.
  Nothing see_whether_back();

 private:
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
  /// Time in which the model stays in one state.
  struct Span {
    Snapshot before;
    ItemState model;
    std::vector<TimeEvidence::Round> rounds;
  };

  // Guests and people.
  Result<std::vector<GuestWrite>> writes_of(const WriteStep& write, Journal& journal);
  Nothing write_on(Site site, Journal& journal, const WriteStep& write);
  Result<std::optional<Site>> site_of_guest();
  [[nodiscard]] bool of_current_branch(const SeenVm& vm) const;
  Result<bool> guest_can_write(Site site, std::optional<std::size_t> vm);
  [[nodiscard]] bool may_edit(Edit edit, const Snapshot& now);
  /// The disks at primary are not those that the item names.
  [[nodiscard]] bool disks_edited() const;
  [[nodiscard]] bool disks_only_added() const;
  /// The disk was moved to another item's VM: no guest of this item writes to it at primary.
  [[nodiscard]] bool has_moved(std::size_t disk) const;
  [[nodiscard]] bool may_move_disk(const SeenVm& vm) const;
  Nothing move_disk();
  void note_edit(Edit edit, const Snapshot& before, const Snapshot& after);
  [[nodiscard]] bool may_revert(const SeenVm& vm) const;
  Nothing write_behind(const Journal& journal, Tick since, const std::vector<GuestWrite>& writes);
  Nothing revert_to_snapshot();
  void follow_primary(const Snapshot& now);
  Nothing follow_changed_disk();

  // One operation, from its first answer to its last point.
  Request request_for(const OperateStep& step, const ItemStatus& status);
  Result<Snapshot> look();
  Result<Before> look_before();
  /// The row of the table that applies; nullptr: the operation must be refused.
  [[nodiscard]] const Transition* row_of(const ItemState& state, Operation operation) const;
  Nothing look_at_both_sides(const RunningOperation& operation, Before& before);
  Result<Progress> ask_system(const Request& request);
  Nothing ask_second(const OperateStep& step);
  Nothing pass_point(InJob& in_job);
  /// A call of the job, or of the request for it, was made.
  void look_at_moved_disks(const Request& request, const std::string& stage);
  [[nodiscard]] std::uint64_t most_points();
  Nothing give_up();
  Nothing look_at_point(const JobPoint& point);
  Nothing watch_guests(const JobPoint& point, bool again);
  Nothing look_for_copy(const JobPoint& point, LiveCopies live);
  Nothing notice_copy(const std::vector<SeenVm>& vms);
  void swap_job(const Request& request, const Transition* row, Before before, Progress progress);

  // Its end.
  Nothing settle();
  Nothing settle(const Asked& asked, const Outcome& outcome);
  void move_model(const ItemState& next);
  void move_authority(const Asked& asked, const Snapshot& after);
  void note_cut(const Asked& asked, const Outcome& outcome, const Snapshot& after);
  void tell_end(const Asked& asked, const Outcome& outcome, const Snapshot& after, Bytes dirty,
                bool was_cancelled);
  OperationEvidence evidence_of(const Asked& asked, const Outcome& outcome, const Snapshot& after);
  Result<std::optional<CutReport>> read_active(const Outcome& outcome, const Snapshot& after);
  Nothing read_points(const Asked& asked, const Snapshot& after, OperationEvidence& evidence);
  [[nodiscard]] bool has_noticed_deletions(const Asked& asked, const Outcome& outcome) const;
  void add_copies(const Asked& asked, OperationEvidence& evidence);
  void judge_unprotected(const Asked& asked, const Outcome& outcome, const Snapshot& after);

  void judge_time(const Span& span, const Snapshot& after);

  template <class Ask>
  void judge(const Ask& ask);
  void note_verdict(std::size_t property, const Verdict& verdict);
  [[nodiscard]] bool violated() const { return shared_.violated(); }
  [[nodiscard]] const Capabilities& capabilities() const {
    return shared_.world.system->capabilities();
  }

  SequenceRun& run_;
  SharedRun& shared_;
  std::size_t number_;
  ItemSpec item_;
  ItemState model_;
  Branches branches_;
  FaultLedger faults_;
  CutLedger cuts_;
  PointLedger points_;
  std::set<std::string> destroyed_;  ///< points, of those listed, that a fault has destroyed
  bool deletion_noticed_ = true;     ///< by the system: it must not list them any more
  CutMemory active_cuts_;
  CutMemory point_cuts_;
  FreezeWatch freeze_;
  std::vector<std::string> keys_;  ///< the right one first; empty unless the item is encrypted

  Delays delays_;
  Instant undisturbed_since_{};  ///< see TimeEvidence
  Tick unsent_since_ = 0;        ///< see OperationEvidence
  /// When the guests first wrote at primary in a failback that has not been done yet: those writes
  /// are on none of the ways there.
  std::optional<Tick> came_home_;
  /// A write behind the back of the VM at primary, which is off: nobody has answered for it yet.
  struct ChangedBehind {
    Journal* journal = nullptr;
    WriteSeq seq = 0;
  };
  std::optional<ChangedBehind> changed_behind_;
  /// Of the VM at primary, by its hypervisor: what that branch had come to.
  struct VmSnapshot {
    Journal* journal = nullptr;
    Tick taken = 0;
  };
  std::optional<VmSnapshot> snapshot_;
  Instant newest_told_{};      ///< cut of the newest data sent that was ever told
  Grains changed_chunks_;      ///< by such writes, while the fault is in force
  std::set<Edit> disk_edits_;  ///< that were not taken back
  bool primary_deleted_ = false;
  bool purged_ = false;
  bool left_by_fault_ = false;  ///< an operation failed under a fault: it may have left something
  TargetSettings settings_;
  std::vector<Hardware> original_;
  std::vector<CensusEntry> census_at_start_;
  std::vector<CensusEntry> deleted_;  ///< of these, with the VM

  std::optional<Asked> job_;                 ///< the operation whose job is in progress
  Progress progress_;                        ///< of it
  std::optional<RunningOperation> stopped_;  ///< what a cancel stopped, while that is in progress
  std::optional<SeenCopy> copy_;             ///< started by the job
  bool swapped_ = false;     ///< a cancel took the job's place at the point where it stood
  bool killed_ = false;      ///< the controller was killed at the point where the job stands
  std::uint64_t calls_ = 0;  ///< points passed by the job
  std::optional<std::uint64_t> most_points_;  ///< that it may pass, once it was asked for
  std::optional<std::uint64_t> endless_;      ///< it was given up after so many
  std::optional<Before> before_time_;
  std::optional<Span> span_;
  std::optional<Outcome> ended_;    ///< how the last operation did
  Snapshot last_;                   ///< taken when it had ended
  std::string trouble_;             ///< what stood in the way of coming back
  std::optional<Instant> home_at_;  ///< when it was seen to have come back
  int operations_back_ = 0;         ///< that were asked for to have it back
};

}  // namespace switchback
