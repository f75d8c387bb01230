// SPDX-License-Identifier: Apache-2.0
// See transfer.hpp.
#include "vms/recovery/transfer.hpp"

#include "vms/recovery/naming.hpp"

namespace switchback::recovery {
namespace {

Task<Nothing> copy_disk(JobContext& job, View& view, const DiskSpec& disk, Host& target_host,
                        VolumeName target) {
  SB_CO_ASSIGN(extents,
               co_await job.call("list_extents", [&] { return view.extents(disk.device); }));
  SB_CO_ASSIGN(replica,
               co_await job.call("open_replica", [&] { return target_host.open_replica(target); }));
  std::vector<std::byte> bytes;
  for (const Extent& extent : extents) {
    SB_CO_TRY(co_await job.call("read", [&] { return view.read(disk.device, extent, bytes); }));
    SB_CO_TRY(co_await job.call("write", [&] { return replica->write(extent, bytes); }));
    job.record.bytes_sent += extent.length;
  }
  SB_CO_TRY(co_await job.call("flush", [&] { return replica->flush(); }));
  co_return Nothing{};
}

}  // namespace

Task<Nothing> transfer(JobContext& job, Transfer what) {
  Host& source = job.host(what.source);
  Host& target = job.host(other(what.source));
  CheckpointName next;
  if (what.source_runs) {
    // An earlier attempt at this very round may have left its view and its checkpoint behind.
    SB_CO_TRY(co_await job.call("close_view", [&] { return source.close_view(job.vm()); }));
    SB_CO_TRY(co_await retire_checkpoints(job, what.source));
    next = checkpoint_of_round(++job.record.round);
  }

  const Instant cut = job.now;
  SB_CO_ASSIGN(view, co_await job.call("open_view", [&] {
    return what.source_runs ? source.open_view(job.vm(), what.since, next)
                            : source.open_stopped_view(job.vm(), what.since);
  }));
  for (const DiskSpec& disk : job.record.spec.disks)
    SB_CO_TRY(co_await copy_disk(job, *view, disk, target, what.target(disk)));
  view.reset();
  SB_CO_TRY(co_await job.call("close_view", [&] { return source.close_view(job.vm()); }));

  if (what.source_runs) job.record.tracked_since = next;
  job.record.last_synchronized = cut;
  co_return Nothing{};
}

Task<Nothing> retire_checkpoints(JobContext& job, Site site) {
  Host& host = job.host(site);
  SB_CO_ASSIGN(names, co_await job.call("list_checkpoints",
                                        [&] { return host.list_checkpoints(job.vm()); }));
  for (const CheckpointName& name : names) {
    if (name == job.record.tracked_since) continue;
    SB_CO_TRY(co_await job.call("remove_checkpoint",
                                [&] { return host.remove_checkpoint(job.vm(), name); }));
  }
  co_return Nothing{};
}

Task<Nothing> retire_checkpoints_if_possible(JobContext& job, Site site) {
  static_cast<void>(co_await retire_checkpoints(job, site));
  co_return Nothing{};
}

Task<Nothing> replicate_round(JobContext& job, bool source_runs) {
  ItemRecord& record = job.record;
  const std::string layer = point_layer_of_round(record.round + 1);
  SB_CO_TRY(co_await create_layer(job, layer, newest_layer(record)));
  Transfer changes{.source = Site::primary,
                   .source_runs = source_runs,
                   .since = record.tracked_since,
                   .target = [&record, layer](const DiskSpec& disk) {
                     return layer_volume(record, disk, layer);
                   }};
  SB_CO_TRY(co_await transfer(job, changes));
  if (!source_runs) ++record.round;  // the layer's name is used up all the same
  record.layers.push_back(layer);
  record.points.push_back({.id = layer, .layer = layer, .cut = record.last_synchronized});
  co_return Nothing{};
}

Task<Nothing> create_layer(JobContext& job, std::string layer, std::optional<std::string> backing) {
  for (const DiskSpec& disk : job.record.spec.disks) {
    VolumeSpec spec{.name = layer_volume(job.record, disk, layer),
                    .size_bytes = disk.size_bytes,
                    .backing = std::nullopt};
    if (backing) spec.backing = layer_volume(job.record, disk, *backing);
    SB_CO_TRY(co_await job.call("create_volume", [&] { return job.recovery.create_volume(spec); }));
  }
  co_return Nothing{};
}

Task<Nothing> remove_layer(JobContext& job, std::string layer) {
  for (const DiskSpec& disk : job.record.spec.disks) {
    const VolumeName volume = layer_volume(job.record, disk, layer);
    SB_CO_TRY(
        co_await job.call("remove_volume", [&] { return job.recovery.remove_volume(volume); }));
  }
  co_return Nothing{};
}

}  // namespace switchback::recovery
