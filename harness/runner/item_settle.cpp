// SPDX-License-Identifier: Apache-2.0
// An operation has ended: the model and the authority follow it, and the properties are asked.
#include <algorithm>

#include "harness/lifecycle/resting_states.hpp"
#include "harness/runner/item_run.hpp"
#include "harness/runner/judging.hpp"
#include "harness/runner/witness.hpp"

namespace switchback {
namespace {

bool fails_over(Operation operation) {
  return operation == Operation::planned_failover || operation == Operation::unplanned_failover;
}

bool fails_back(Operation operation) {
  return operation == Operation::complete_failover || operation == Operation::full_failback;
}

/// Operations that send what was cut of the disks at primary.
bool cuts_primary(Operation operation) {
  return operation == Operation::enable || operation == Operation::delta_replication ||
         operation == Operation::resynchronize || operation == Operation::reverse_replicate ||
         fails_over(operation);
}

/// Operations after which recovery has all of the disks, whatever it had before.
bool copies_what_was_deleted(Operation operation) {
  return operation == Operation::resynchronize || operation == Operation::reverse_replicate;
}

/// Operations that read, make, move or delete what recovery points stand on.
bool works_on_points(Operation operation) {
  return operation == Operation::process_log || operation == Operation::test_failover ||
         operation == Operation::cleanup_test_failover || fails_over(operation) ||
         operation == Operation::change_recovery_point || operation == Operation::cancel;
}

const RecoveryPoint* find(const std::vector<RecoveryPoint>& points, const std::string& id) {
  const auto found = std::find_if(points.begin(), points.end(),
                                  [&](const RecoveryPoint& point) { return point.id == id; });
  return found == points.end() ? nullptr : &*found;
}

/// The point that a test failover is to be started from: no system is asked to name it.
std::string wanted_point(const Request& request, const ItemStatus& before,
                         const ItemStatus& after) {
  switch (request.point) {
    case PointChoice::latest:
      return after.points.empty() ? std::string() : after.points.back().id;
    case PointChoice::custom:
      return request.point_id;
    case PointChoice::latest_processed:
      return before.points.empty() ? std::string() : before.points.back().id;
    case PointChoice::latest_app_consistent:
      break;
  }
  std::string wanted;
  for (const RecoveryPoint& point : before.points)
    if (point.app_consistent) wanted = point.id;
  return wanted;
}

}  // namespace

/// The job is over, and its end is in `progress_`.
Nothing ItemRun::settle() {
  const Asked asked = std::move(*job_);
  job_.reset();
  ended_ = std::get<Outcome>(progress_);
  return settle(asked, *ended_);
}

Nothing ItemRun::settle(const Asked& asked, const Outcome& outcome) {
  SB_ASSIGN(after, look());
  const Operation operation = asked.operation.request.operation;
  const bool done = std::holds_alternative<Done>(outcome);
  move_model(next_state(asked.operation, outcome, after.status.state));
  move_authority(asked, after);
  note_cut(asked, outcome, after);
  follow_primary(after);
  if (done && operation == Operation::update_properties)
    settings_ = asked.operation.request.settings;
  if (done && fails_over(operation))
    original_ = hardware_at(asked.before.snapshot.vms, Site::primary, item_.vms.size());

  if (has_noticed_deletions(asked, outcome)) deletion_noticed_ = true;

  OperationEvidence evidence = evidence_of(asked, outcome, after);
  SB_ASSIGN(active, read_active(outcome, after));
  evidence.active_image = active;
  SB_TRY(read_points(asked, after, evidence));
  add_copies(asked, evidence);
  tell_end(asked, outcome, after, evidence.dirty_bytes, /*was_cancelled=*/false);
  judge([&](const Property& property) { return property.after_operation(evidence); });
  judge_unprotected(asked, outcome, after);
  std::erase_if(destroyed_,
                [&](const std::string& id) { return find(after.status.points, id) == nullptr; });

  const bool was_well = asked.before.snapshot.status.health == Health::normal;
  if (operation == Operation::delta_replication && !(done && was_well)) disturb();
  if (done && sends_data(operation)) unsent_since_ = asked.before.started;
  if (done && fails_back(operation) && came_home_)
    unsent_since_ = std::min(unsent_since_, *came_home_);
  if (done && (fails_back(operation) || operation == Operation::cancel)) came_home_.reset();
  if (model_ == initial_state()) {
    unsent_since_ = 0;
    settings_ = {};
  }
  if (done && operation == Operation::reverse_replicate) ++shared_.result.loops;
  faults_.operation_ended(asked.before.faults, operation, done, freeze_.saw_frozen());
  if (!faults_.in_force(FaultKind::disk_changed_behind)) changed_chunks_.clear();
  last_ = std::move(after);
  return {};
}

/// Whether what was deleted before the operation began can't be unknown to the system any more: it
/// was to build on it, or has said itself that both sides must be compared.
bool ItemRun::has_noticed_deletions(const Asked& asked, const Outcome& outcome) const {
  if (faults_.injected_since(asked.before.faults, FaultKind::targets_deleted)) return false;
  const Operation operation = asked.operation.request.operation;
  // An end of protection that fails says that of the tracking at primary.
  const bool looks =
      operation == Operation::delta_replication || operation == Operation::resynchronize;
  const bool says_so =
      looks && model_.replication == Replication::resync_required && model_ != asked.operation.from;
  const bool done = std::holds_alternative<Done>(outcome);
  return says_so || (done && makes_good_for_deletions(operation));
}

void ItemRun::move_model(const ItemState& next) {
  if (next != model_) disturb();
  model_ = next;
}

/// Which branch of history goes on, and where.
void ItemRun::move_authority(const Asked& asked, const Snapshot& after) {
  if (model_.awaiting != Awaiting::test_cleanup) branches_.end_test();
  const std::optional<Site> site = active_site(model_);
  if (!site || branches_.site() == Site::primary) return;
  const Operation operation = asked.operation.request.operation;
  if (*site == Site::primary) {
    if (fails_back(operation))
      branches_.come_home();
    else
      branches_.back_to_origin();
    return;
  }
  if (operation != Operation::change_recovery_point || !copy_) return;
  // It was not done: the VMs that ran before it are to run on. If those that it started run, they
  // are what there is.
  if (incarnations_at_recovery(after.vms, false, item_.vms.size()) == copy_->incarnations)
    branches_.keep_copy();
  else
    branches_.back_to_previous_copy();
}

/// Data of a newer cut has been sent: of an instant that is newer, or, where no time has passed, by
/// an operation that sent something. Only the operation itself can say then that it was a cut; one
/// that was not done does not, and neither does an unplanned failover: what is left is sent if that
/// can be.
void ItemRun::note_cut(const Asked& asked, const Outcome& outcome, const Snapshot& after) {
  if (std::holds_alternative<Refused>(outcome)) return;
  const Snapshot& before = asked.before.snapshot;
  const Instant cut = after.status.last_synchronized;
  const Operation operation = asked.operation.request.operation;
  const bool newer = cut > std::max(before.status.last_synchronized, newest_told_);
  newest_told_ = std::max(newest_told_, cut);
  const bool sent = operation == Operation::enable || after.wire.total() > before.wire.total();
  if (!newer && !(cuts_primary(operation) && cut == before.now && sent)) return;
  const bool says_so = std::holds_alternative<Done>(outcome) && cuts_primary(operation) &&
                       operation != Operation::unplanned_failover;
  cuts_.add(cut, {.began = asked.before.started,
                  .config = hardware_at(before.vms, Site::primary, item_.vms.size()),
                  .frozen = freeze_.frozen_at_cut(),
                  .doubtful = !newer && !says_so});
}

OperationEvidence ItemRun::evidence_of(const Asked& asked, const Outcome& outcome,
                                       const Snapshot& after) {
  const Before& before = asked.before;
  const Bytes grain = capabilities().tracking_grain;
  const Bytes chunk = capabilities().checksum_chunk;
  const auto dirtied = [&](Bytes unit) {
    Bytes dirty = 0;
    for (DiskIndex disk = 0; disk < item_.disks.size(); ++disk)
      dirty += before.journal->dirtied_bytes(disk, before.unsent_since, unit);
    return dirty;
  };
  const Bytes dirty = dirtied(grain);
  Grains differing = before.differing;
  const std::vector<FaultKind> faults =
      faults_.excuses(before.faults, asked.operation.request.operation);
  // Whatever recovery had may be gone.
  if (std::find(faults.begin(), faults.end(), FaultKind::targets_deleted) != faults.end() &&
      copies_what_was_deleted(asked.operation.request.operation))
    differing = branches_.known_grains(chunk);
  add_dirtied(differing, *before.journal, before.started, chunk);
  // Nobody but who compares both sides sees what was changed behind the back of a VM.
  differing.resize(item_.disks.size());
  for (std::size_t disk = 0; disk < changed_chunks_.size(); ++disk)
    differing[disk].insert(changed_chunks_[disk].begin(), changed_chunks_[disk].end());
  return {.item = item_,
          .capabilities = capabilities(),
          .journal = branches_.current(),
          .request = asked.operation.request,
          .operation = asked.operation.request.operation,
          .cancelled = asked.operation.cancelled,
          .outcome = outcome,
          .fault_in_force = !faults.empty(),
          .faults = faults,
          .endless = endless_,
          .attempts = static_cast<unsigned>(1 + faults_.kills_since(before.faults)),
          .disks_edited = disks_edited(),
          .disks_only_added = disks_only_added(),
          .disks_moved = shared_.moved_disks.any(),
          .touched_disks = shared_.moved_disks.touched_by(number_),
          .primary_vm_deleted =
              hardware_at(before.snapshot.vms, Site::primary, item_.vms.size()).empty(),
          .keys = keys_,
          .model_before = asked.operation.from,
          .row = asked.operation.row,
          .model_after = model_,
          .before = before.snapshot,
          .after = after,
          .started = before.started,
          .unsent_since = before.unsent_since,
          .dirty_bytes = dirty,
          .dirty_chunk_bytes = chunk == grain ? dirty : dirtied(chunk),
          .wire_bytes = after.wire.total() - before.snapshot.wire.total(),
          .differing_bytes = bytes_of(differing, *before.journal, chunk),
          .chunks = before.chunks,
          .allocated_bytes = bytes_of(before.allocated, *before.journal, grain),
          .held_bytes = bytes_of(before.held, *before.journal, kBlockBytes),
          .active_image = std::nullopt,
          .new_points = {},
          .altered_points = {},
          .destroyed_points = {},
          .target = std::nullopt,
          .test = std::nullopt,
          .settings = settings_,
          .original = original_};
}

/// The disks of the VMs that have the authority, if all of them run. Not while disks at primary are
/// edited, unless others were added: they are not those of the journal.
Result<std::optional<CutReport>> ItemRun::read_active(const Outcome& outcome,
                                                      const Snapshot& after) {
  const std::optional<Site> site = active_site(model_);
  if (!site || std::holds_alternative<Refused>(outcome) ||
      running_at(after.vms, *site, false) != item_.vms.size() ||
      (*site == Site::primary && disks_edited() && !disks_only_added()))
    return std::optional<CutReport>();
  SB_ASSIGN(image, read_vms(shared_.world, item_, *site));
  return std::optional(active_cuts_.check(image, branches_.current()));
}

Nothing ItemRun::read_points(const Asked& asked, const Snapshot& after,
                             OperationEvidence& evidence) {
  const std::vector<RecoveryPoint>& listed = after.status.points;
  if (!shared_.context.slow_images || works_on_points(asked.operation.request.operation)) {
    SB_ASSIGN(altered, points_.altered(shared_.world, item_, listed));
    evidence.altered_points = std::move(altered);
  }
  SB_ASSIGN(added, points_.follow(shared_.world, item_, listed));
  const bool deleted_meanwhile =
      faults_.injected_since(asked.before.faults, FaultKind::targets_deleted);
  for (AlteredPoint& gone : points_.take_gone()) {
    // It may have been listed in the moment after it was destroyed.
    if (deleted_meanwhile) destroyed_.insert(gone.id);
    if (deletion_noticed_ || !destroyed_.contains(gone.id))
      evidence.altered_points.push_back(std::move(gone));
  }
  evidence.destroyed_points = destroyed_;
  std::vector<RecoveryPoint> fresh;
  for (const std::string& id : added)
    fresh.push_back(*find(listed, id));
  const Journal& journal = branches_.of_points();
  cuts_.assign(fresh, journal.branch());
  for (const RecoveryPoint& point : fresh) {
    const SeenCut* const seen = cuts_.find(point.id);
    evidence.new_points.push_back({.point = point,
                                   .cut = point_cuts_.check(*points_.find(point.id), journal),
                                   .journal = &journal,
                                   .complete_to = cuts_.complete_to(point, journal.branch()),
                                   .seen_frozen = seen != nullptr && seen->frozen});
  }
  return {};
}

/// What was started from a recovery point, held against that point.
void ItemRun::add_copies(const Asked& asked, OperationEvidence& evidence) {
  if (!copy_) return;
  const ItemStatus& before = asked.before.snapshot.status;
  const ItemStatus& after = evidence.after.status;
  StartedCopy copy;
  copy.point = copy_->test ? wanted_point(asked.operation.request, before, after)
                           : after.failover_point.value_or(std::string());
  copy.cut = copy_->cut;
  copy.journal = copy_->journal;
  if (const GroupImage* const known = points_.find(copy.point)) {
    copy.listed = true;
    if (const std::optional<Difference> differs = difference(copy_->image, *known)) {
      copy.differs = differs->first;
      copy.differing = differs->count;
    }
  }
  if (const SeenCut* const seen = cuts_.find(copy.point)) copy.config = seen->config;
  (copy_->test ? evidence.test : evidence.target) = std::move(copy);
}

void ItemRun::tell_end(const Asked& asked, const Outcome& outcome, const Snapshot& after,
                       Bytes dirty, bool was_cancelled) {
  const Operation operation = asked.operation.request.operation;
  const std::optional<Operation>& cancelled = asked.operation.cancelled;
  shared_.context.events.on(
      OperationEnded{.sequence = shared_.context.index,
                     .step = shared_.step,
                     .operation = std::string(name_of(operation)),
                     .state_before = std::string(name_of(asked.operation.from)),
                     .outcome = std::string(name_of(outcome)),
                     .reason = reason_of(outcome),
                     .state_after = std::string(name_of(model_)),
                     .at = after.now,
                     .wire_bytes = after.wire.total() - asked.before.snapshot.wire.total(),
                     .dirty_bytes = dirty,
                     .sends_data = sends_data(operation),
                     .calls = calls_,
                     .choices = choices_in_words(asked.operation.request),
                     .cancelled = std::string(cancelled ? name_of(*cancelled) : ""),
                     .was_cancelled = was_cancelled,
                     .health = std::string(name_of(after.status.health)),
                     .item = number_});
}

void ItemRun::judge_unprotected(const Asked& asked, const Outcome& outcome, const Snapshot& after) {
  const bool done = std::holds_alternative<Done>(outcome);
  const Operation operation = asked.operation.request.operation;
  if (done && operation == Operation::purge) purged_ = true;
  if (done) left_by_fault_ = false;
  if (std::holds_alternative<Failed>(outcome) &&
      !faults_.excuses(asked.before.faults, operation).empty())
    left_by_fault_ = true;
  if (model_ != initial_state() || after.status.job || left_by_fault_) return;
  const UnprotectedEvidence gone{item_, census_at_start_, after.census, purged_};
  judge([&](const Property& property) { return property.when_unprotected(gone); });
}

}  // namespace switchback
