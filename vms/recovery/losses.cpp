// SPDX-License-Identifier: Apache-2.0
// See losses.hpp.
#include "vms/recovery/losses.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "harness/lifecycle/resting_states.hpp"
#include "vms/recovery/naming.hpp"
#include "vms/recovery/transfer.hpp"

namespace switchback::recovery {
namespace {

Task<Result<bool>> has_volume(JobContext& job, VolumeName volume) {
  const Result<Bytes> size =
      co_await job.call("volume_size", [&] { return job.recovery.volume_size(volume); });
  if (size) co_return true;
  if (size.error().kind == ErrorKind::not_found) co_return false;
  co_return tl::unexpected(size.error());
}

Nothing lost(const ItemRecord& record, const std::string& layer) {
  return environment_error(
      fmt::format("layer {} of the replica of item {} is not there any more: somebody has deleted "
                  "volumes at the recovery site",
                  layer, record.spec.name),
      "choose an older recovery point, or resynchronize");
}

/// Takes these layers off the record, with all that stands on them.
void forget_layers(ItemRecord& record, const std::vector<std::string>& lost) {
  const auto stands_on_lost = [&](const auto& listed) {
    return std::find(lost.begin(), lost.end(), listed.layer) != lost.end();
  };
  record.points.change(
      [&](std::vector<PointRecord>& points) { std::erase_if(points, stands_on_lost); });
  std::erase_if(record.sent, stands_on_lost);
  std::erase_if(record.layers, [&](const std::string& layer) {
    return std::find(lost.begin(), lost.end(), layer) != lost.end();
  });
  if (record.rest.primary == Role::active) record.tracked_since.reset();
}

/// The layers that a copy rests on; all of them if it is not known which.
void add_used(std::set<std::string>& used, const ItemRecord& record) {
  const std::vector<std::string> chain = chain_of(record);
  for (const std::optional<CopyRecord>* copy :
       {&record.target, &record.previous_target, &record.test}) {
    if (!*copy) continue;
    const auto on = std::find(chain.begin(), chain.end(), (*copy)->on_layer);
    used.insert(chain.begin(), on == chain.end() ? on : std::next(on));
  }
}

}  // namespace

Task<Result<bool>> has_layer(JobContext& job, std::string layer) {
  for (const DiskSpec& disk : job.record.spec.disks) {
    SB_CO_ASSIGN(there, co_await has_volume(job, layer_volume(job.record, disk, layer)));
    if (!there) co_return false;
  }
  co_return true;
}

Task<Nothing> check_layer(JobContext& job, std::string layer) {
  SB_CO_ASSIGN(there, co_await has_layer(job, layer));
  if (!there) co_return lost(job.record, layer);
  co_return Nothing{};
}

Task<Nothing> check_newest_layer(JobContext& job) {
  const std::string layer = newest_layer(job.record);
  SB_CO_ASSIGN(there, co_await has_layer(job, layer));
  if (there) co_return Nothing{};
  if (job.record.rest == resting::kProtected) job.fail_to = resting::kResyncRequired;
  co_return lost(job.record, layer);
}

Task<Nothing> forget_lost_layers(JobContext& job) {
  ItemRecord& record = job.record;
  SB_CO_ASSIGN(whole, co_await has_layer(job, newest_layer(record)));
  if (whole) co_return Nothing{};
  std::vector<std::string> lost = chain_of(record);
  while (!lost.empty()) {
    SB_CO_ASSIGN(there, co_await has_layer(job, lost.front()));
    if (!there) break;
    lost.erase(lost.begin());
  }
  forget_layers(record, lost);
  // The base keeps its name: what other disks have of it is compared with, and not copied again.
  for (auto layer = lost.rbegin(); layer != lost.rend(); ++layer)
    if (*layer != kBaseLayer) SB_CO_TRY(co_await remove_layer(job, *layer));
  co_return Nothing{};
}

Task<Nothing> make_missing_base(JobContext& job) {
  ItemRecord& record = job.record;
  for (const DiskSpec& disk : record.spec.disks) {
    const VolumeName base = layer_volume(record, disk, kBaseLayer);
    SB_CO_ASSIGN(there, co_await has_volume(job, base));
    if (there) continue;
    const VolumeSpec spec = volume_of_layer(record, disk, kBaseLayer, std::nullopt);
    SB_CO_TRY(co_await job.call("create_volume", [&] { return job.recovery.create_volume(spec); }));
  }
  co_return Nothing{};
}

ItemState rest_after_losses(const ItemRecord& record, const ItemState& rest) {
  const bool none_left = rest.points == Points::some && record.points.empty();
  return none_left ? resting::kSeedingIncomplete : rest;
}

std::vector<VolumeName> unused_layers(const ItemRecord& saved, const ItemRecord& working,
                                      const DiskSpec& disk) {
  std::set<std::string> used;
  std::vector<VolumeName> unused;
  for (const ItemRecord* const record : {&saved, &working})
    add_used(used, *record);
  for (const ItemRecord* const record : {&working, &saved}) {
    std::vector<std::string> chain = chain_of(*record);
    chain.push_back(point_layer_of_round(record->round + 1));
    for (auto layer = chain.rbegin(); layer != chain.rend(); ++layer)
      if (used.insert(*layer).second) unused.push_back(layer_volume(*record, disk, *layer));
  }
  return unused;
}

}  // namespace switchback::recovery
