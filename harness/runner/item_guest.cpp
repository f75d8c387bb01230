// SPDX-License-Identifier: Apache-2.0
// What guests write, what people edit and what breaks.
#include <algorithm>
#include <numeric>

#include "harness/lifecycle/resting_states.hpp"
#include "harness/runner/sequence_run.hpp"
#include "harness/runner/witness.hpp"

namespace switchback {
namespace {

bool edits_disks(Edit edit) {
  return edit == Edit::add_disk || edit == Edit::grow_disk || edit == Edit::swap_disks ||
         edit == Edit::move_disk;
}

std::size_t last_disk_of_first_vm(const ItemSpec& item) {
  std::size_t last = 0;
  for (std::size_t disk = 0; disk < item.disks.size(); ++disk)
    if (item.disks[disk].vm == 0) last = disk;
  return last;
}

const SeenVm* find_vm(const std::vector<SeenVm>& vms, Site site, bool test, std::size_t vm) {
  const auto found = std::find_if(vms.begin(), vms.end(), [&](const SeenVm& seen) {
    return seen.site == site && seen.test == test && seen.vm == vm;
  });
  return found == vms.end() ? nullptr : &*found;
}

/// What is in `left` and not in `right`; both are sorted.
std::vector<CensusEntry> without(const std::vector<CensusEntry>& left,
                                 const std::vector<CensusEntry>& right) {
  std::vector<CensusEntry> result;
  std::set_difference(left.begin(), left.end(), right.begin(), right.end(),
                      std::back_inserter(result));
  return result;
}

/// What is in both; both are sorted.
std::vector<CensusEntry> common(const std::vector<CensusEntry>& left,
                                const std::vector<CensusEntry>& right) {
  std::vector<CensusEntry> result;
  std::set_intersection(left.begin(), left.end(), right.begin(), right.end(),
                        std::back_inserter(result));
  return result;
}

void add(std::vector<CensusEntry>& census, const std::vector<CensusEntry>& entries) {
  census.insert(census.end(), entries.begin(), entries.end());
  std::sort(census.begin(), census.end());
  census.erase(std::unique(census.begin(), census.end()), census.end());
}

}  // namespace

/// The guests of the VMs that have the authority write where those run. While it moves, that is at
/// one site only: a copy's guest gets to write when what it was started from has been seen.
Result<std::optional<Site>> ItemRun::site_of_guest() {
  SB_ASSIGN(live, shared_.world.laboratory->live_copies(item_.name));
  if (branches_.site() == Site::primary)
    return live.primary ? std::optional(Site::primary) : std::nullopt;
  if (live.recovery) return Site::recovery;
  const bool comes_home =
      job_ && (job_->operation.request.operation == Operation::complete_failover ||
               job_->operation.request.operation == Operation::full_failback);
  return comes_home && live.primary ? std::optional(Site::primary) : std::nullopt;
}

/// Whether this VM at recovery is of the branch of history that goes on there. While the recovery
/// point is changed, one copy stops and another starts.
bool ItemRun::of_current_branch(const SeenVm& vm) const {
  if (!job_ || vm.site == Site::primary ||
      job_->operation.request.operation != Operation::change_recovery_point)
    return true;
  if (copy_)
    return std::find(copy_->incarnations.begin(), copy_->incarnations.end(), vm.incarnation) !=
           copy_->incarnations.end();
  const SeenVm* const before = find_vm(job_->before.snapshot.vms, Site::recovery, false, vm.vm);
  return before != nullptr && before->incarnation == vm.incarnation;
}

/// Whether the VM runs and is not held, or all of them are, if none is named. Looks closer only
/// where guests may be held, VMs run apart or copies change.
Result<bool> ItemRun::guest_can_write(Site site, std::optional<std::size_t> vm) {
  if (item_.vms.size() == 1 && item_.policy.app_consistent == std::chrono::hours(0) && !job_)
    return true;
  SB_ASSIGN(vms, shared_.world.laboratory->vms(item_.name));
  const auto can = [&](std::size_t n) {
    const SeenVm* const found = find_vm(vms, site, false, n);
    return found != nullptr && found->running && found->hold == Hold::none &&
           of_current_branch(*found);
  };
  if (vm) return can(*vm);
  for (std::size_t n = 0; n < item_.vms.size(); ++n)
    if (!can(n)) return false;
  return true;
}

Nothing ItemRun::guest_writes(const WriteStep& write) {
  if (write.trim && !shared_.world.laboratory->trims()) return {};
  SB_ASSIGN(site, site_of_guest());
  if (!site) return {};
  if (*site == Site::primary && branches_.site() == Site::recovery && !came_home_)
    came_home_ = branches_.current().now();
  return write_on(*site, branches_.current(), write);
}

Nothing ItemRun::old_primary_writes(const OldPrimaryWriteStep& write) {
  if (branches_.old_primary() == nullptr) return {};
  SB_ASSIGN(live, shared_.world.laboratory->live_copies(item_.name));
  // In the middle of a failback what runs at primary is no longer the old VM.
  const bool rests = !job_ || job_->operation.from.primary == Role::active;
  if (!live.primary || !rests) return {};
  return write_on(Site::primary, *branches_.old_primary(), {write.disk, write.block, write.count});
}

/// A guest that is held waits: nothing is written for it.
Nothing ItemRun::write_on(Site site, Journal& journal, const WriteStep& write) {
  const std::size_t disk = write.disk % item_.disks.size();
  if (site == Site::primary && has_moved(disk)) return {};
  SB_ASSIGN(can, guest_can_write(site, item_.disks[disk].vm));
  if (!can) return {};
  SB_ASSIGN(writes, writes_of(write, journal));
  const Nothing written = shared_.world.laboratory->write(item_.name, site, writes);
  for (const GuestWrite& one : writes) {
    if (written)
      journal.acknowledge(one.seq);
    else
      journal.abandon(one.seq);
  }
  return written;
}

Result<std::vector<GuestWrite>> ItemRun::writes_of(const WriteStep& write, Journal& journal) {
  const DiskIndex disk = write.disk % static_cast<DiskIndex>(item_.disks.size());
  const BlockNumber blocks = journal.geometry(disk).block_count();
  std::vector<GuestWrite> writes;
  const BlockNumber stride = write.stride % blocks == 0 ? 1 : write.stride % blocks;
  // So many before it comes round to the first one again.
  const BlockNumber count = std::min<BlockNumber>(write.count, blocks / std::gcd(stride, blocks));
  for (BlockNumber n = 0; n < count; ++n) {
    const BlockNumber block = (write.block % blocks + n * stride) % blocks;
    writes.push_back({.disk = disk,
                      .block = block,
                      .seq = journal.issue(disk, block, shared_.clock),
                      .trim = write.trim});
  }
  shared_.result.writes += writes.size();
  return writes;
}

Nothing ItemRun::guest_flushes() {
  SB_ASSIGN(site, site_of_guest());
  if (!site) return {};
  SB_ASSIGN(can, guest_can_write(*site, std::nullopt));
  if (!can) return {};
  Journal& journal = branches_.current();
  std::vector<Tick> flushes;
  for (DiskIndex disk = 0; disk < item_.disks.size(); ++disk)
    flushes.push_back(journal.issue_flush(disk));
  SB_TRY(shared_.world.laboratory->flush(item_.name, *site));
  for (DiskIndex disk = 0; disk < item_.disks.size(); ++disk)
    journal.complete_flush(disk, flushes[disk]);
  return {};
}

Nothing ItemRun::test_guest_writes(const TestWriteStep& write) {
  Journal* const journal = branches_.test();
  if (journal == nullptr) return {};
  SB_ASSIGN(vms, shared_.world.laboratory->vms(item_.name));
  const std::size_t disk = write.disk % item_.disks.size();
  const SeenVm* const vm = find_vm(vms, Site::recovery, true, item_.disks[disk].vm);
  if (vm == nullptr || !vm->running || vm->hold != Hold::none) return {};
  SB_ASSIGN(writes, writes_of({write.disk, write.block, write.count}, *journal));
  const Nothing written = shared_.world.laboratory->write_test(item_.name, writes);
  for (const GuestWrite& one : writes)
    journal->acknowledge(one.seq);
  return written;
}

/// Whether somebody could make this edit, and it would mean something to the lifecycle.
bool ItemRun::may_edit(Edit edit, const Snapshot& now) const {
  const std::vector<Edit> offered = shared_.world.laboratory->edits();
  if (std::find(offered.begin(), offered.end(), edit) == offered.end()) return false;
  if (edit == Edit::foreign_checkpoint) return now.live.primary || now.live.recovery;
  // What the VM is made of is the same from the beginning of a job to its end.
  if (busy()) return false;
  if (edit == Edit::undo) {
    const std::optional<std::size_t> other = shared_.moved_disks.other_side(number_);
    return !disk_edits_.empty() && !(other && run_.item(*other).busy());
  }
  const SeenVm* const vm = find_vm(now.vms, Site::primary, false, 0);
  if (vm == nullptr) return false;
  switch (edit) {
    case Edit::foreign_checkpoint:
      break;  // see above
    case Edit::undo:
      break;
    case Edit::move_disk:
      return may_move_disk(*vm);
    case Edit::delete_vm:
      // With another item's disk it would take that along; without its own it leaves it there.
      return model_.primary == Role::stopped && !vm->running &&
             (!disks_edited() || shared_.moved_disks.has_gone(number_)) &&
             (model_.awaiting == Awaiting::commit || model_.awaiting == Awaiting::failback);
    case Edit::swap_disks:
      return model_.primary == Role::active && vm->disks.size() >= 2 && !disks_edited();
    case Edit::add_disk:
    case Edit::grow_disk:
      return model_.primary == Role::active && !disks_edited();
    case Edit::change_nic:
      return model_.primary == Role::active && !vm->hardware.nics.empty();
    case Edit::add_memory:
      return model_.primary == Role::active;
  }
  return false;
}

bool ItemRun::disks_edited() const {
  return !disk_edits_.empty() || shared_.moved_disks.has_come(number_);
}

bool ItemRun::has_moved(std::size_t disk) const {
  return shared_.moved_disks.has_gone(number_) && disk == last_disk_of_first_vm(item_);
}

/// Nor while a job of the other item is in progress.
bool ItemRun::may_move_disk(const SeenVm& vm) const {
  const bool there = model_.primary == Role::active || model_.primary == Role::stopped ||
                     model_.primary == Role::superseded;
  return there && vm.disks.size() >= 2 && run_.item_count() >= 2 && can_take_disk() &&
         run_.item(number_ + 1).can_take_disk();
}

/// What can't be done to the VM as it is now was not done: that is an answer.
Nothing ItemRun::edit(Edit edit) {
  SB_ASSIGN(before, look());
  if (!may_edit(edit, before)) return {};
  if (edit == Edit::move_disk) return move_disk();
  if (!shared_.world.laboratory->edit(item_.name, edit)) return {};
  if (edit == Edit::foreign_checkpoint) return {};  // nothing of the item is otherwise for it
  SB_ASSIGN(after, look());
  note_edit(edit, before, after);
  disturb();
  return {};
}

Nothing ItemRun::move_disk() {
  ItemRun& taker = run_.item(number_ + 1);
  if (!shared_.world.laboratory->move_disk(item_.name, taker.item_.name)) return {};
  SB_TRY(shared_.moved_disks.begin(shared_.world, item_, number_, taker.number_));
  disk_edits_.insert(Edit::move_disk);
  disturb();
  taker.disturb();
  return {};
}

void ItemRun::note_edit(Edit edit, const Snapshot& before, const Snapshot& after) {
  const std::vector<CensusEntry> gone = without(before.census, after.census);
  // Of what there was before the item was enabled.
  const std::vector<CensusEntry> lost = common(census_at_start_, gone);
  census_at_start_ = without(census_at_start_, gone);
  add(census_at_start_, without(after.census, before.census));
  if (edits_disks(edit)) disk_edits_.insert(edit);
  if (edit == Edit::undo) {
    disk_edits_.clear();
    if (const auto other = shared_.moved_disks.other_side(number_)) run_.item(*other).disturb();
    shared_.moved_disks.end(number_);
    if (primary_deleted_) add(deleted_, lost);  // a disk that was moved follows its VM
  }
  if (edit == Edit::delete_vm) {
    primary_deleted_ = true;
    deleted_ = lost;
  }
}

/// A VM at primary that was deleted and is there again was made anew: with it, what it is made of.
void ItemRun::follow_primary(const Snapshot& now) {
  if (!primary_deleted_ || hardware_at(now.vms, Site::primary, item_.vms.size()).empty()) return;
  primary_deleted_ = false;
  add(census_at_start_, deleted_);
}

}  // namespace switchback
