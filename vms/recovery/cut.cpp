// SPDX-License-Identifier: Apache-2.0
// Cuts, from holding the guests to the checkpoints that remain. See transfer.hpp.
#include <fmt/format.h>

#include "vms/recovery/change_marks.hpp"
#include "vms/recovery/naming.hpp"
#include "vms/recovery/transfer.hpp"

namespace switchback::recovery {
namespace {

/// How often a guest that does not answer is asked to go on before the stage fails.
constexpr int kReleaseAttempts = 3;

/// The disks of VM number `vm` at primary as the record has them.
std::vector<VmDisk> recorded_disks(const ItemRecord& record, std::size_t vm) {
  std::vector<VmDisk> disks;
  for (const DiskSpec& disk : record.spec.disks)
    if (disk.vm == vm) disks.push_back({disk.device, primary_volume(record, disk)});
  return disks;
}

Nothing check_disk_list(const ItemRecord& record, std::size_t vm,
                        const std::optional<VmDefinition>& found) {
  const VmName name = vm_name(record.spec, vm);
  if (!found)
    return not_found(fmt::format("VM {} is not defined on the primary site", name),
                     "define it there again, or end its protection");
  if (found->disks == recorded_disks(record, vm)) return {};
  return bad_input(
      fmt::format("the disks of VM {} are not those that the item was enabled with", name),
      "give the VM its disks back and resynchronize, or disable and enable replication");
}

Task<Nothing> thaw_all(JobContext& job, Site site) {
  Host& host = job.host(site);
  const std::vector<VmName> vms = vms_on(job.record, site);
  Nothing all;
  for (const VmName& vm : vms) {
    Nothing thawed;
    for (int attempt = 0; attempt < kReleaseAttempts; ++attempt) {
      thawed = co_await job.call("thaw_vm", [&] { return host.thaw_vm(vm); });
      if (thawed) break;
    }
    if (!thawed) all = thawed;
  }
  co_return all;
}

Task<Nothing> resume_all(JobContext& job, Site site) {
  Host& host = job.host(site);
  const std::vector<VmName> vms = vms_on(job.record, site);
  Nothing all;
  for (const VmName& vm : vms) {
    const Nothing resumed = co_await job.call("resume_vm", [&] { return host.resume_vm(vm); });
    if (!resumed) all = resumed;
  }
  co_return all;
}

/// Freezes all guests, or none.
Task<Nothing> freeze_all(JobContext& job, Site site) {
  Host& host = job.host(site);
  const std::vector<VmName> vms = vms_on(job.record, site);
  for (const VmName& vm : vms) {
    const Nothing frozen = co_await job.call("freeze_vm", [&] { return host.freeze_vm(vm); });
    if (frozen) continue;
    SB_CO_TRY(co_await thaw_all(job, site));
    co_return frozen;
  }
  co_return Nothing{};
}

Task<Nothing> suspend_all(JobContext& job, Site site) {
  Host& host = job.host(site);
  const std::vector<VmName> vms = vms_on(job.record, site);
  for (const VmName& vm : vms)
    SB_CO_TRY(co_await job.call("suspend_vm", [&] { return host.suspend_vm(vm); }));
  co_return Nothing{};
}

/// Opens the view of one VM and notes what it is made of, with nothing in between.
Nothing open_one(JobContext& job, const CutOrder& order, std::size_t number, const VmName& vm,
                 Cut& cut) {
  Host& host = job.host(order.source);
  SB_ASSIGN(found, host.find_vm(vm));
  if (order.source == Site::primary) SB_TRY(check_disk_list(job.record, number, found));
  if (!found)
    return not_found(fmt::format("VM {} is not defined on the recovery site", vm),
                     "its data can't be read: fail over again, or end its protection");
  // While a VM runs nobody else can write its disks; once it is off anybody can.
  if (order.source == Site::primary && !order.running && order.since)
    SB_TRY(check_change_marks(job, number));
  if (number == 0) {
    cut.at = job.now;
    cut.wall = job.wall.now();
  }
  const ViewedVm wanted(vm, devices_of(job.record.spec, number));
  SB_ASSIGN(view, order.running ? host.open_view(wanted, order.since, cut.next)
                                : host.open_stopped_view(wanted, order.since));
  if (cut.held) {
    // Its site may have lost its power since, and started it again.
    SB_ASSIGN(held, host.is_held(vm));
    if (!held)
      return environment_error(
          fmt::format("the guest of VM {} was let go before its view was open", vm),
          "ask again: the cut is to be made anew");
  }
  cut.config.push_back(found->hardware);
  cut.views.push_back(std::move(view));
  return {};
}

Task<Nothing> open_all(JobContext& job, const CutOrder& order, Cut& cut) {
  const std::vector<VmName> vms = vms_on(job.record, order.source);
  for (std::size_t vm = 0; vm < vms.size(); ++vm)
    SB_CO_TRY(
        co_await job.call("open_view", [&] { return open_one(job, order, vm, vms[vm], cut); }));
  co_return Nothing{};
}

/// On one VM, be it another item's.
Task<Nothing> retire_checkpoints_on(JobContext& job, Site site, VmName vm) {
  Host& host = job.host(site);
  SB_CO_ASSIGN(names,
               co_await job.call("list_checkpoints", [&] { return host.list_checkpoints(vm); }));
  for (const CheckpointName& name : names) {
    if (name == job.record.tracked_since || !is_of_item(job.record, name)) continue;
    SB_CO_TRY(
        co_await job.call("remove_checkpoint", [&] { return host.remove_checkpoint(vm, name); }));
  }
  co_return Nothing{};
}

}  // namespace

std::vector<VmName> vms_on(const ItemRecord& record, Site site) {
  if (site == Site::recovery) return record.target ? record.target->vms : std::vector<VmName>{};
  std::vector<VmName> vms;
  for (std::size_t vm = 0; vm < record.spec.vms.size(); ++vm)
    vms.push_back(vm_name(record.spec, vm));
  return vms;
}

Task<Nothing> release_guests(JobContext& job, Site site) {
  // Calls are not made for what can't be: a VM alone is not suspended, without a policy of
  // app-consistent points none is frozen.
  Nothing released;
  if (job.record.spec.policy.app_consistent.count() > 0) released = co_await thaw_all(job, site);
  if (job.record.spec.vms.size() > 1) {
    const Nothing resumed = co_await resume_all(job, site);
    if (released) released = resumed;
  }
  co_return released;
}

Task<Result<Cut>> cut_views(JobContext& job, CutOrder order) {
  Cut cut;
  if (order.running) {
    // An earlier attempt at this very cut may have left guests held, views and tracking behind.
    SB_CO_TRY(co_await release_guests(job, order.source));
    SB_CO_TRY(co_await close_views(job, order.source));
    SB_CO_TRY(co_await retire_checkpoints(job, order.source));
    cut.next = checkpoint_of_round(job.record, ++job.record.round);
    if (order.quiesce) {
      const Nothing frozen = co_await freeze_all(job, order.source);
      cut.app_consistent = frozen.has_value();
      cut.held = cut.app_consistent;
    }
  }
  Nothing opened;
  if (order.running && !cut.held && job.record.spec.vms.size() > 1) {
    opened = co_await suspend_all(job, order.source);
    cut.held = true;
  }
  if (opened) opened = co_await open_all(job, order, cut);
  if (cut.held) {
    const Nothing released = co_await release_guests(job, order.source);
    if (opened) opened = released;
  }
  SB_CO_TRY(std::move(opened));
  co_return std::move(cut);
}

Task<Nothing> close_views(JobContext& job, Site site) {
  Host& host = job.host(site);
  const std::vector<VmName> vms = vms_on(job.record, site);
  Nothing all;
  for (const VmName& vm : vms) {
    const Nothing closed = co_await job.call("close_view", [&] { return host.close_view(vm); });
    if (!closed) all = closed;
  }
  co_return all;
}

Task<Nothing> retire_checkpoints(JobContext& job, Site site) {
  const std::vector<VmName> vms = vms_on(job.record, site);
  for (const VmName& vm : vms)
    SB_CO_TRY(co_await retire_checkpoints_on(job, site, vm));
  co_return Nothing{};
}

Task<Nothing> retire_checkpoints_if_possible(JobContext& job, Site site) {
  static_cast<void>(co_await retire_checkpoints(job, site));
  co_return Nothing{};
}

Task<Nothing> retire_checkpoints_of_moved_disks(JobContext& job) {
  const ItemRecord& record = job.record;
  for (const DiskSpec& disk : record.spec.disks) {
    const VolumeName volume = primary_volume(record, disk);
    SB_CO_ASSIGN(user,
                 co_await job.call("find_user", [&] { return job.primary.find_user(volume); }));
    if (!user || *user == vm_name(record.spec, disk.vm)) continue;
    SB_CO_TRY(co_await retire_checkpoints_on(job, Site::primary, *user));
  }
  co_return Nothing{};
}

Task<Nothing> check_disks_unchanged(JobContext& job) {
  const ItemRecord& record = job.record;
  for (std::size_t vm = 0; vm < record.spec.vms.size(); ++vm) {
    const VmName name = vm_name(record.spec, vm);
    SB_CO_ASSIGN(found, co_await job.call("find_vm", [&] { return job.primary.find_vm(name); }));
    SB_CO_TRY(check_disk_list(record, vm, found));
  }
  for (const DiskSpec& disk : record.spec.disks) {
    const VolumeName volume = primary_volume(record, disk);
    SB_CO_ASSIGN(size,
                 co_await job.call("volume_size", [&] { return job.primary.volume_size(volume); }));
    if (size != disk.size_bytes)
      co_return bad_input(
          fmt::format("disk {} of VM {} has {} bytes, the item was told {}", disk.device,
                      vm_name(record.spec, disk.vm), size, disk.size_bytes),
          "give the disk its size back and resynchronize, or disable and enable replication");
  }
  co_return Nothing{};
}

}  // namespace switchback::recovery
