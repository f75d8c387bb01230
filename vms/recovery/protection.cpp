// SPDX-License-Identifier: Apache-2.0
// See protection.hpp.
#include "vms/recovery/protection.hpp"

#include <fmt/format.h>

#include "vms/recovery/naming.hpp"
#include "vms/recovery/transfer.hpp"

namespace switchback::recovery {

Task<Nothing> check_vm_can_be_protected(JobContext& job) {
  SB_CO_ASSIGN(found, co_await job.call("find_vm", [&] { return job.primary.find_vm(job.vm()); }));
  if (!found)
    co_return environment_error(fmt::format("VM {} is not defined on the primary site", job.vm()),
                                "define it there, or name another VM");
  if (found->disks != primary_vm(job.record).disks)
    co_return environment_error(
        fmt::format("the disks of VM {} are not those that the item names", job.vm()),
        "give the item the VM's disks, in the VM's order");
  SB_CO_ASSIGN(runs,
               co_await job.call("is_running", [&] { return job.primary.is_running(job.vm()); }));
  if (!runs)
    co_return environment_error(fmt::format("VM {} does not run on the primary site", job.vm()),
                                "start it before enabling replication");
  SB_CO_ASSIGN(twin, co_await job.call("find_vm", [&] { return job.recovery.find_vm(job.vm()); }));
  if (twin)
    co_return environment_error(fmt::format("a VM named {} exists on the recovery site", job.vm()),
                                "remove or rename it: a failover would need its name");
  for (const DiskSpec& disk : job.record.spec.disks) {
    const VolumeName volume = primary_volume(job.record, disk);
    SB_CO_ASSIGN(size,
                 co_await job.call("volume_size", [&] { return job.primary.volume_size(volume); }));
    if (size != disk.size_bytes)
      co_return environment_error(fmt::format("disk {} of VM {} has {} bytes, the item says {}",
                                              disk.device, job.vm(), size, disk.size_bytes),
                                  "correct the item's disk sizes");
  }
  co_return Nothing{};
}

Task<Nothing> replicate_all(JobContext& job) {
  ItemRecord& record = job.record;
  const std::string base{kBaseLayer};
  SB_CO_TRY(co_await create_layer(job, base, std::nullopt));
  Transfer everything{
      .source = Site::primary,
      .source_runs = true,
      .since = std::nullopt,
      .target = [&record, base](const DiskSpec& disk) { return layer_volume(record, disk, base); }};
  SB_CO_TRY(co_await transfer(job, everything));
  record.points.push_back(
      {.id = fmt::format("p{}", record.round), .layer = base, .cut = record.last_synchronized});
  co_return Nothing{};
}

Task<Nothing> remove_replica(JobContext& job) {
  SB_CO_TRY(co_await stop_tracking(job));
  co_return co_await remove_replica_volumes(job);
}

Task<Nothing> send_changes(JobContext& job) {
  co_return co_await replicate_round(job, true);
}

Task<Nothing> retire_primary_tracking(JobContext& job) {
  co_return co_await retire_checkpoints_if_possible(job, Site::primary);
}

Task<Nothing> abandon_round(JobContext& job) {
  SB_CO_TRY(co_await job.call("close_view", [&] { return job.primary.close_view(job.vm()); }));
  SB_CO_TRY(co_await retire_checkpoints(job, Site::primary));
  co_return co_await remove_layer(job, point_layer_of_round(job.record.round + 1));
}

Task<Nothing> stop_tracking(JobContext& job) {
  SB_CO_TRY(co_await job.call("close_view", [&] { return job.primary.close_view(job.vm()); }));
  job.record.tracked_since.reset();
  co_return co_await retire_checkpoints(job, Site::primary);
}

Task<Nothing> remove_replica_volumes(JobContext& job) {
  ItemRecord& record = job.record;
  record.points.clear();
  // Newest first: an overlay must not outlive what it rests on.
  while (!record.layers.empty()) {
    SB_CO_TRY(co_await remove_layer(job, record.layers.back()));
    record.layers.pop_back();
  }
  co_return co_await remove_layer(job, std::string(kBaseLayer));
}

}  // namespace switchback::recovery
