// SPDX-License-Identifier: Apache-2.0
// Copies and layers. See transfer.hpp; for cuts see cut.cpp.
#include "vms/recovery/transfer.hpp"

#include <numeric>

#include "vms/recovery/naming.hpp"

namespace switchback::recovery {
namespace {

Bytes total(const std::vector<Extent>& extents) {
  return std::accumulate(extents.begin(), extents.end(), Bytes{0},
                         [](Bytes sum, const Extent& extent) { return sum + extent.length; });
}

/// What the views show as changed, by disk of the item.
Task<Nothing> list_extents(JobContext& job, const Transfer& what, Cut& cut,
                           std::vector<std::vector<Extent>>& extents) {
  for (const DiskSpec& disk : job.record.spec.disks) {
    View& view = *cut.views[disk.vm];
    SB_CO_ASSIGN(found,
                 co_await job.call("list_extents", [&] { return view.extents(disk.device); }));
    if (what.accept) SB_CO_TRY(what.accept(disk, total(found)));
    extents.push_back(std::move(found));
  }
  co_return Nothing{};
}

}  // namespace

Task<Nothing> copy_extents(JobContext& job, View& view, const DiskSpec& disk, Host& target_host,
                           const VolumeName& target, const std::vector<Extent>& extents) {
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

Task<Result<LayerRecord>> end_cut(JobContext& job, Site source, Cut& cut) {
  cut.views.clear();
  SB_CO_TRY(co_await close_views(job, source));
  if (!cut.next.empty()) job.record.tracked_since = cut.next;
  job.record.last_synchronized = cut.wall;
  if (cut.app_consistent) job.record.last_app_consistent = cut.at;
  LayerRecord made{.layer = {},
                   .cut = cut.at,
                   .wall = cut.wall,
                   .app_consistent = cut.app_consistent,
                   .config = cut.config};
  co_return std::move(made);
}

Task<Result<LayerRecord>> transfer(JobContext& job, Transfer what) {
  const CutOrder order{.source = what.source,
                       .running = what.source_runs,
                       .since = what.since,
                       .quiesce = what.quiesce};
  SB_CO_ASSIGN(cut, co_await cut_views(job, order));
  std::vector<std::vector<Extent>> extents;
  SB_CO_TRY(co_await list_extents(job, what, cut, extents));
  Host& target_host = job.host(other(what.source));
  for (std::size_t i = 0; i < extents.size(); ++i) {
    const DiskSpec& disk = job.record.spec.disks[i];
    const VolumeName target = what.target(disk);
    SB_CO_TRY(
        co_await copy_extents(job, *cut.views[disk.vm], disk, target_host, target, extents[i]));
  }
  co_return co_await end_cut(job, what.source, cut);
}

Task<Nothing> replicate_round(JobContext& job, RoundOrder order) {
  ItemRecord& record = job.record;
  const std::string layer = point_layer_of_round(record.round + 1);
  SB_CO_TRY(co_await create_layer(job, layer, newest_layer(record)));
  const Transfer changes{
      .source = Site::primary,
      .source_runs = order.source_runs,
      .since = record.tracked_since,
      .target = [&record,
                 layer](const DiskSpec& disk) { return layer_volume(record, disk, layer); },
      .quiesce = order.quiesce,
      .accept = order.accept};
  SB_CO_ASSIGN(sent, co_await transfer(job, changes));
  if (!order.source_runs) ++record.round;  // the layer's name is used up all the same
  sent.layer = layer;
  record.layers.push_back(layer);
  record.sent.push_back(std::move(sent));
  co_return Nothing{};
}

Task<Nothing> abandon_round(JobContext& job) {
  // What can be done is done, even if the primary site can't be reached.
  const Nothing removed = co_await remove_layer(job, point_layer_of_round(job.record.round + 1));
  const Nothing released = co_await release_guests(job, Site::primary);
  SB_CO_TRY(co_await close_views(job, Site::primary));
  SB_CO_TRY(co_await retire_checkpoints(job, Site::primary));
  SB_CO_TRY(Nothing(released));
  co_return removed;
}

Task<Nothing> create_layer(JobContext& job, std::string layer, std::optional<std::string> backing) {
  for (const DiskSpec& disk : job.record.spec.disks) {
    const VolumeSpec spec = volume_of_layer(job.record, disk, layer, backing);
    SB_CO_TRY(co_await job.call("create_volume", [&] { return job.recovery.create_volume(spec); }));
  }
  co_return Nothing{};
}

Task<Nothing> remove_layer(JobContext& job, std::string layer) {
  for (const DiskSpec& disk : job.record.spec.disks) {
    const VolumeName volume = layer_volume(job.record, disk, layer);
    SB_CO_TRY(co_await job.call("remove_volume", [&] {
      return insist([&] { return job.recovery.remove_volume(volume); });
    }));
  }
  co_return Nothing{};
}

}  // namespace switchback::recovery
