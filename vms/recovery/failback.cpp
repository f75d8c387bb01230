// SPDX-License-Identifier: Apache-2.0
// See failback.hpp.
#include "vms/recovery/failback.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "vms/recovery/change_marks.hpp"
#include "vms/recovery/comparison.hpp"
#include "vms/recovery/copies.hpp"
#include "vms/recovery/naming.hpp"
#include "vms/recovery/processing.hpp"
#include "vms/recovery/protection.hpp"
#include "vms/recovery/resync.hpp"
#include "vms/recovery/transfer.hpp"

namespace switchback::recovery {
namespace {

/// Onto the primary's own disks, with the VMs at recovery off.
Transfer back_to_primary(const ItemRecord& record, std::optional<CheckpointName> since) {
  return {.source = Site::recovery,
          .source_runs = false,
          .since = std::move(since),
          .target = [&record](const DiskSpec& disk) { return primary_volume(record, disk); }};
}

Comparison with_primary(const ItemRecord& record, bool source_runs) {
  const auto own_disk = [&record](const DiskSpec& disk) { return primary_volume(record, disk); };
  return {.source = Site::recovery,
          .source_runs = source_runs,
          .compare_with = own_disk,
          .target = own_disk};
}

/// VM number `vm`, found at primary, can take the recovery VM's content.
Task<Nothing> check_existing(JobContext& job, std::size_t vm, std::vector<VmDisk> disks) {
  const ItemRecord& record = job.record;
  const VmName name = vm_name(record.spec, vm);
  SB_CO_ASSIGN(runs, co_await job.call("is_running", [&] { return job.primary.is_running(name); }));
  if (runs)
    co_return environment_error(
        fmt::format("VM {} runs on the primary site, where its disks are to be overwritten", name),
        "shut it down there; the copy at recovery is the one in use");
  constexpr std::string_view kRemedy =
      "give the VM its disks back, or delete it and let the failback make it again";
  if (disks != primary_vm(record, vm).disks)
    co_return environment_error(
        fmt::format("the disks of VM {} at primary are not those that failed over", name),
        std::string(kRemedy));
  for (const DiskSpec& disk : record.spec.disks) {
    if (disk.vm != vm) continue;
    const VolumeName volume = primary_volume(record, disk);
    SB_CO_ASSIGN(size,
                 co_await job.call("volume_size", [&] { return job.primary.volume_size(volume); }));
    if (size != disk.size_bytes)
      co_return environment_error(fmt::format("disk {} of VM {} has {} bytes at primary, not {}",
                                              disk.device, name, size, disk.size_bytes),
                                  std::string(kRemedy));
  }
  co_return Nothing{};
}

/// An Error if another VM at primary has a disk of VM number `vm`: what is on it is that VM's now.
Task<Nothing> check_disks_are_not_taken(JobContext& job, std::size_t vm) {
  const ItemRecord& record = job.record;
  const VmName name = vm_name(record.spec, vm);
  for (const DiskSpec& disk : record.spec.disks) {
    if (disk.vm != vm) continue;
    const VolumeName volume = primary_volume(record, disk);
    SB_CO_ASSIGN(user,
                 co_await job.call("find_user", [&] { return job.primary.find_user(volume); }));
    if (user && *user != name)
      co_return environment_error(
          fmt::format("disk {} of VM {} was moved to VM {} at primary, which would lose it",
                      disk.device, name, *user),
          fmt::format("give it back, or give VM {} another disk", *user));
  }
  co_return Nothing{};
}

/// Empty disks for VM number `vm` at primary. Their marks are noted as they are made: nobody can
/// have written anything to them by then.
Task<Nothing> create_primary_disks(JobContext& job, std::size_t vm) {
  ItemRecord& record = job.record;
  record.change_marks.resize(record.spec.disks.size());
  for (std::size_t n = 0; n < record.spec.disks.size(); ++n) {
    const DiskSpec& disk = record.spec.disks[n];
    if (disk.vm != vm) continue;
    const VolumeSpec spec{.name = primary_volume(record, disk),
                          .size_bytes = disk.size_bytes,
                          .backing = std::nullopt};
    SB_CO_TRY(co_await job.call("create_volume", [&]() -> Nothing {
      SB_TRY(job.primary.create_volume(spec));
      SB_ASSIGN(mark, job.primary.change_mark(spec.name));
      record.change_marks[n] = mark;
      return {};
    }));
  }
  co_return Nothing{};
}

/// Nothing of the item may run at primary when it runs at recovery.
Task<Nothing> force_off_primary(JobContext& job) {
  for (const VmName& vm : vms_on(job.record, Site::primary)) {
    SB_CO_ASSIGN(found, co_await job.call("find_vm", [&] { return job.primary.find_vm(vm); }));
    if (!found) continue;
    SB_CO_TRY(co_await job.call("force_off_vm", [&] { return job.primary.force_off_vm(vm); }));
  }
  co_return Nothing{};
}

/// An Error if a VM runs at primary: its guest may have written what is nowhere else.
Task<Nothing> check_nothing_runs_at_primary(JobContext& job) {
  for (const VmName& vm : vms_on(job.record, Site::primary)) {
    SB_CO_ASSIGN(runs, co_await job.call("is_running", [&] { return job.primary.is_running(vm); }));
    if (runs)
      co_return environment_error(
          fmt::format("VM {} has been started at primary: there is no way back from there", vm),
          "ask for the same again, which goes on from here, or give it up and lose what it wrote");
  }
  co_return Nothing{};
}

/// What differs between both sides is what the VMs at recovery wrote since they were last read, and
/// that is tracked: not if their site lost its power, or somebody changed a disk at primary.
Task<Result<bool>> difference_is_tracked(JobContext& job) {
  if (!job.record.tracked_since) co_return false;
  for (const VmName& vm : vms_on(job.record, Site::recovery)) {
    SB_CO_ASSIGN(names, co_await job.call("list_checkpoints",
                                          [&] { return job.recovery.list_checkpoints(vm); }));
    if (std::find(names.begin(), names.end(), *job.record.tracked_since) == names.end())
      co_return false;
  }
  const Nothing unchanged = co_await check_all_change_marks(job);
  if (!unchanged && unchanged.error().kind != ErrorKind::bad_input)
    co_return tl::unexpected(unchanged.error());
  co_return unchanged.has_value();
}

/// True if the stage that failed may have started VMs at primary: it is the last of its operation.
bool may_have_started_primary(const JobRecord& job) {
  return job.stage >= (job.operation == Operation::complete_failover ? 2 : 4);
}

}  // namespace

Task<Nothing> check_primary_is_off(JobContext& job) {
  ItemRecord& record = job.record;
  for (std::size_t vm = record.original.size(); vm < record.spec.vms.size(); ++vm)
    record.original.push_back(record.spec.vms[vm]);
  for (std::size_t vm = 0; vm < record.spec.vms.size(); ++vm) {
    const VmName name = vm_name(record.spec, vm);
    SB_CO_ASSIGN(found, co_await job.call("find_vm", [&] { return job.primary.find_vm(name); }));
    if (found) {
      SB_CO_TRY(co_await check_existing(job, vm, found->disks));
      // As it was left, also where nobody could be asked when it failed over.
      record.original[vm] = found->hardware;
    } else if (!record.job->create_missing_vm) {
      co_return not_found(fmt::format("the primary site has no VM {} any more", name),
                          "let the failback make it again");
    } else {
      SB_CO_TRY(co_await check_disks_are_not_taken(job, vm));
    }
  }
  co_return Nothing{};
}

Task<Nothing> create_missing_primary(JobContext& job) {
  // An unplanned failover that lost the site on its way may have left one.
  SB_CO_TRY(co_await close_views(job, Site::primary));
  for (std::size_t vm = 0; vm < job.record.spec.vms.size(); ++vm) {
    const VmDefinition definition = primary_vm(job.record, vm);
    SB_CO_ASSIGN(
        found, co_await job.call("find_vm", [&] { return job.primary.find_vm(definition.name); }));
    if (found && found->hardware == definition.hardware) continue;
    if (!found) {
      SB_CO_TRY(co_await check_disks_are_not_taken(job, vm));
      SB_CO_TRY(co_await create_primary_disks(job, vm));
    }
    SB_CO_TRY(co_await job.call("ensure_vm", [&] { return job.primary.ensure_vm(definition); }));
  }
  co_return Nothing{};
}

Task<Nothing> synchronize_to_primary(JobContext& job) {
  SB_CO_TRY(co_await note_change_marks(job));
  SB_CO_TRY(co_await compare_and_send(job, with_primary(job.record, true)));
  co_return Nothing{};
}

Task<Nothing> retire_recovery_tracking(JobContext& job) {
  co_return co_await retire_checkpoints_if_possible(job, Site::recovery);
}

Task<Nothing> abandon_synchronization(JobContext& job) {
  if (job.record.job->stage == 0) co_return Nothing{};  // the checks change nothing
  SB_CO_TRY(co_await release_guests(job, Site::recovery));
  SB_CO_TRY(co_await close_views(job, Site::recovery));
  co_return co_await retire_checkpoints(job, Site::recovery);
}

Task<Nothing> check_and_shut_down_target(JobContext& job) {
  SB_CO_TRY(co_await check_disks_unchanged(job));
  co_return co_await shut_down_target(job);
}

Task<Nothing> shut_down_target(JobContext& job) {
  for (const VmName& vm : vms_on(job.record, Site::recovery))
    SB_CO_TRY(co_await job.call("shut_down_vm", [&] { return job.recovery.shut_down_vm(vm); }));
  co_return Nothing{};
}

Task<Nothing> send_final_to_primary(JobContext& job) {
  ItemRecord& record = job.record;
  SB_CO_TRY(co_await check_disks_unchanged(job));
  SB_CO_ASSIGN(tracked, co_await difference_is_tracked(job));
  if (tracked) {
    const Result<LayerRecord> sent =
        co_await transfer(job, back_to_primary(record, record.tracked_since));
    if (sent) co_return Nothing{};
    // A checkpoint may be listed, and a disk have lost what it stands for: that shows only when it
    // is to be read. Nothing but a comparison leads on from here.
    if (sent.error().kind != ErrorKind::bad_input) co_return tl::unexpected(sent.error());
  }
  // What has changed is not known, or an earlier attempt went wrong when VMs at primary might have
  // run: what they wrote must go.
  SB_CO_TRY(co_await force_off_primary(job));
  SB_CO_TRY(co_await note_change_marks(job));
  SB_CO_TRY(co_await compare_and_send(job, with_primary(record, false)));
  co_return Nothing{};
}

Task<Nothing> start_primary(JobContext& job) {
  SB_CO_TRY(co_await check_disks_unchanged(job));
  const CheckpointName track = checkpoint_of_round(job.record, job.record.round + 1);
  const std::vector<VmName> vms = vms_on(job.record, Site::primary);
  for (std::size_t vm = 0; vm < vms.size(); ++vm)
    SB_CO_TRY(co_await job.call("start_vm", [&]() -> Nothing {
      SB_TRY(check_change_marks(job, vm));
      return start_tracked(job.primary, vms[vm], track);
    }));
  job.record.tracked_since = track;
  ++job.record.round;
  co_return Nothing{};
}

Task<Nothing> return_to_target(JobContext& job) {
  ItemRecord& record = job.record;
  const bool full = record.job->operation == Operation::full_failback;
  if (full && record.job->stage == 0) co_return Nothing{};  // the checks change nothing
  if (may_have_started_primary(*record.job)) {
    SB_CO_TRY(co_await check_nothing_runs_at_primary(job));
    SB_CO_TRY(co_await force_off_primary(job));
    record.tracked_since.reset();  // what is tracked says nothing of what those may have written
  }
  SB_CO_TRY(co_await close_views(job, Site::recovery));
  SB_ASSERT(record.target);
  co_return co_await start_copy(job, *record.target, std::nullopt);
}

Task<Nothing> give_up_completion(JobContext& job) {
  // As far as it can be reached.
  static_cast<void>(co_await force_off_primary(job));
  co_return co_await start_copy(job, *job.record.target, std::nullopt);
}

Task<Nothing> renew_primary(JobContext& job) {
  for (std::size_t vm = 0; vm < job.record.spec.vms.size(); ++vm)
    SB_CO_TRY(co_await check_disks_are_not_taken(job, vm));
  SB_CO_TRY(co_await close_views(job, Site::primary));
  for (std::size_t vm = 0; vm < job.record.spec.vms.size(); ++vm) {
    const VmDefinition definition = primary_vm(job.record, vm);
    SB_CO_ASSIGN(
        found, co_await job.call("find_vm", [&] { return job.primary.find_vm(definition.name); }));
    // Anew, so that nothing is remembered of the tracking of the disks that go.
    if (found)
      SB_CO_TRY(
          co_await job.call("remove_vm", [&] { return job.primary.remove_vm(definition.name); }));
    SB_CO_TRY(co_await create_primary_disks(job, vm));
    SB_CO_TRY(co_await job.call("ensure_vm", [&] { return job.primary.ensure_vm(definition); }));
  }
  co_return Nothing{};
}

Task<Nothing> download(JobContext& job) {
  SB_CO_TRY(co_await check_disks_unchanged(job));
  SB_CO_TRY(co_await transfer(job, back_to_primary(job.record, std::nullopt)));
  co_return Nothing{};
}

Task<Nothing> remove_target_vm(JobContext& job) {
  SB_ASSERT(job.record.target);
  co_return co_await remove_copy_vms(job, *job.record.target);
}

Task<Nothing> advance_base(JobContext& job) {
  const ItemRecord& record = job.record;
  SB_ASSERT(record.target);
  for (const DiskSpec& disk : record.spec.disks) {
    const VolumeName base = layer_volume(record, disk, kBaseLayer);
    const VolumeName top = layer_volume(record, disk, record.target->layer);
    SB_CO_TRY(co_await job.call("fold_volumes", [&] {
      return insist([&] { return job.recovery.fold_volumes(base, top, std::nullopt, {}); });
    }));
  }
  co_return Nothing{};
}

Task<Nothing> remove_target_disks(JobContext& job) {
  ItemRecord& record = job.record;
  SB_CO_TRY(co_await remove_layer(job, record.target->layer));
  // Layers that the commit of the failover could not fold; they are in the base by now.
  record.folded.insert(record.folded.end(), record.layers.begin(), record.layers.end());
  record.layers.clear();
  SB_CO_TRY(co_await remove_expired(job));
  record.target.reset();
  co_return Nothing{};
}

Task<Nothing> send_changes_since_failback(JobContext& job) {
  SB_CO_TRY(co_await check_disks_unchanged(job));
  const Nothing tracked = co_await check_tracking(job);
  job.fail_to.reset();
  // Lost tracking leaves nothing but a comparison: no other operation would lead on from here.
  const RoundOrder order{.source_runs = true};
  bool known = tracked.has_value();
  Nothing sent;
  if (known) sent = co_await replicate_round(job, order);
  // One disk alone may have lost it, which shows only when it is to be read.
  if (!sent && sent.error().kind == ErrorKind::bad_input) {
    SB_CO_TRY(co_await abandon_round(job));
    known = false;
  }
  if (!known) sent = co_await resynchronize_round(job);
  SB_CO_TRY(sent);
  co_return co_await make_points(job);
}

}  // namespace switchback::recovery
