// SPDX-License-Identifier: Apache-2.0
// What people edit, and what is written behind the back of a VM.
#include <algorithm>
#include <iterator>
#include <set>

#include "harness/base/assert.hpp"
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

/// The last block of the VM's last disk.
Result<bool> ItemRun::change_disk_behind() {
  SB_TRY(follow_changed_disk());
  SB_ASSIGN(vms, shared_.world.laboratory->vms(item_.name));
  const SeenVm* const vm = find_vm(vms, Site::primary, false, 0);
  if (vm == nullptr || vm->running || changed_behind_) return false;
  const auto disk = static_cast<DiskIndex>(last_disk_of_first_vm(item_));
  if (has_moved(disk)) return false;
  Journal& journal =
      branches_.old_primary() != nullptr ? *branches_.old_primary() : branches_.current();
  const BlockNumber block = journal.geometry(disk).block_count() - 1;
  const Tick before = journal.now();
  const WriteSeq seq = journal.issue(disk, block, shared_.clock);
  SB_TRY(write_behind(journal, before, {{.disk = disk, .block = block, .seq = seq}}));
  changed_behind_ = {&journal, seq};
  return true;
}

/// Makes writes that the journal has issued since then.
Nothing ItemRun::write_behind(const Journal& journal, Tick since,
                              const std::vector<GuestWrite>& writes) {
  SB_TRY(shared_.world.laboratory->write_behind(item_.name, writes));
  changed_chunks_.resize(item_.disks.size());
  add_dirtied(changed_chunks_, journal, since, capabilities().checksum_chunk);
  return {};
}

/// Every block of the VM's disks that was written since the snapshot shows something else again.
/// Blocks are known by the writes that they show, so each gets one of its own that stands for what
/// is back, or a trim where nothing was there.
Nothing ItemRun::revert_to_snapshot() {
  SB_ASSERT(snapshot_);
  const auto [journal, taken] = *snapshot_;
  const Tick before = journal->now();
  std::vector<GuestWrite> writes;
  const std::size_t known = journal->blocks().size();
  for (std::size_t slot = 0; slot < known; ++slot) {
    const BlockHistory block = journal->blocks()[slot];
    if (item_.disks[block.disk].vm != 0) continue;
    if (block.first == 0 || journal->record(block.last).issued <= taken) continue;
    const bool was_empty = block.initial == 0 && journal->record(block.first).issued > taken;
    writes.push_back({.disk = block.disk,
                      .block = block.block,
                      .seq = journal->issue(block.disk, block.block, shared_.clock),
                      .trim = was_empty});
  }
  if (writes.empty()) return {};
  SB_TRY(write_behind(*journal, before, writes));
  for (const GuestWrite& write : writes)
    journal->acknowledge(write.seq);
  SB_TRY(note_fault(FaultKind::disk_changed_behind));
  note_effect(FaultKind::disk_changed_behind);
  return {};
}

/// Whoever wrote it behind the VM's back is answered for when the VM runs again and shows it. Until
/// then no cut has to hold it; where the VM runs on with something else it is gone.
Nothing ItemRun::follow_changed_disk() {
  if (!changed_behind_) return {};
  const auto [journal, seq] = *changed_behind_;
  if (journal == &branches_.current() || journal == branches_.old_primary()) {
    SB_ASSIGN(vms, shared_.world.laboratory->vms(item_.name));
    const SeenVm* const vm = find_vm(vms, Site::primary, false, 0);
    if (vm == nullptr || !vm->running) return {};
    journal->acknowledge(seq);
  } else {
    journal->abandon(seq);
  }
  changed_behind_.reset();
  return {};
}

/// Whether somebody could make this edit, and it would mean something to the lifecycle.
bool ItemRun::may_edit(Edit edit, const Snapshot& now) {
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
    case Edit::take_snapshot:
      return may_revert(*vm);
    case Edit::revert_to_snapshot:
      return may_revert(*vm) && snapshot_ && snapshot_->journal == &branches_.current();
  }
  return false;
}

/// The VM at primary has the authority and runs on its own disks.
bool ItemRun::may_revert(const SeenVm& vm) const {
  return model_.primary == Role::active && branches_.site() == Site::primary && vm.running &&
         vm.hold == Hold::none && !disks_edited();
}

bool ItemRun::disks_edited() const {
  return !disk_edits_.empty() || shared_.moved_disks.has_come(number_);
}

bool ItemRun::disks_only_added() const {
  return disk_edits_ == std::set{Edit::add_disk} && !shared_.moved_disks.has_come(number_);
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
  if (edit == Edit::revert_to_snapshot) return revert_to_snapshot();
  if (edit == Edit::take_snapshot) {
    snapshot_ = {&branches_.current(), branches_.current().now()};
    return {};
  }
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
