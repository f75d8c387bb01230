// SPDX-License-Identifier: Apache-2.0
// What guests write.
#include <algorithm>
#include <numeric>

#include "harness/runner/item_run.hpp"
#include "harness/runner/witness.hpp"

namespace switchback {

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
  SB_TRY(follow_changed_disk());
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

}  // namespace switchback
