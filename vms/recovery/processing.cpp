// SPDX-License-Identifier: Apache-2.0
// See processing.hpp.
#include "vms/recovery/processing.hpp"

#include <algorithm>
#include <iterator>

#include "vms/recovery/losses.hpp"
#include "vms/recovery/naming.hpp"
#include "vms/recovery/transfer.hpp"

namespace switchback::recovery {
namespace {

bool pinned(const ItemRecord& record, const PointRecord& point) {
  return record.test && record.test->point == point.id;
}

/// Takes off `points` what the policy keeps no longer.
void apply_policy(const ItemRecord& record, std::vector<PointRecord>& points, Instant now) {
  const Policy& policy = record.spec.policy;
  const auto take_off = [&](auto must_go) {
    for (std::size_t i = 0; i + 1 < points.size();) {
      if (must_go(points[i]) && !pinned(record, points[i]))
        points.erase(std::next(points.begin(), static_cast<std::ptrdiff_t>(i)));
      else
        ++i;
    }
  };
  take_off([&](const PointRecord& point) { return now - point.cut > policy.retention; });
  take_off([&](const PointRecord&) { return points.size() > policy.most_points; });
}

bool is_needed(const ItemRecord& record, const std::string& layer) {
  const auto stands_on_it = [&](const auto& listed) { return listed.layer == layer; };
  return std::any_of(record.points.begin(), record.points.end(), stands_on_it) ||
         std::any_of(record.sent.begin(), record.sent.end(), stands_on_it) ||
         (record.test && record.test->on_layer == layer);
}

/// A folding: what `lower` and `upper` and all between them become, under the name of `lower`.
struct Folding {
  std::size_t lower;  ///< positions in the chain
  std::size_t upper;
};

/// The first layer that nothing needs, with the next one that something does.
std::optional<Folding> next_folding(const ItemRecord& record) {
  const std::vector<std::string> chain = chain_of(record);
  const auto needed = [&](const std::string& layer) { return is_needed(record, layer); };
  const auto lower = std::find_if_not(chain.begin(), chain.end(), needed);
  const auto upper = std::find_if(lower, chain.end(), needed);
  if (upper == chain.end()) return std::nullopt;
  return Folding{static_cast<std::size_t>(lower - chain.begin()),
                 static_cast<std::size_t>(upper - chain.begin())};
}

Task<Nothing> fold_disks(JobContext& job, std::string lower, std::string upper, bool under_test) {
  const ItemRecord& record = job.record;
  for (const DiskSpec& disk : record.spec.disks) {
    const VolumeName base = layer_volume(record, disk, lower);
    const VolumeName top = layer_volume(record, disk, upper);
    std::optional<VmDisk> user;
    VmName user_vm;
    if (under_test) {
      user = VmDisk{disk.device, layer_volume(record, disk, record.test->layer)};
      user_vm = record.test->vms[disk.vm];
    }
    SB_CO_TRY(co_await job.call(
        "fold_volumes", [&] { return job.recovery.fold_volumes(base, top, user, user_vm); }));
  }
  co_return Nothing{};
}

/// The record after a folding: what stood on `upper` stands on `lower`.
void note_folding(ItemRecord& record, const std::vector<std::string>& chain, Folding fold) {
  const std::string& lower = chain[fold.lower];
  const std::string& upper = chain[fold.upper];
  record.points.change([&](std::vector<PointRecord>& points) {
    for (PointRecord& point : points)
      if (point.layer == upper) point.layer = lower;
  });
  for (LayerRecord& sent : record.sent)
    if (sent.layer == upper) sent.layer = lower;
  if (record.test && record.test->on_layer == upper) record.test->on_layer = lower;
  for (std::size_t i = fold.lower + 1; i <= fold.upper; ++i) {
    record.folded.push_back(chain[i]);
    std::erase(record.layers, chain[i]);
  }
}

}  // namespace

Task<Nothing> make_points(JobContext& job) {
  ItemRecord& record = job.record;
  record.points.change([&](std::vector<PointRecord>& points) {
    for (const LayerRecord& sent : record.sent)
      points.push_back({.id = sent.layer,
                        .layer = sent.layer,
                        .cut = sent.cut,
                        .wall = sent.wall,
                        .app_consistent = sent.app_consistent,
                        .config = sent.config});
    apply_policy(record, points, job.now);
  });
  record.sent.clear();
  co_return Nothing{};
}

Task<Nothing> process_sent(JobContext& job) {
  if (!job.record.sent.empty()) SB_CO_TRY(co_await check_layer(job, newest_layer(job.record)));
  co_return co_await make_points(job);
}

Task<Nothing> expire_points(JobContext& job) {
  // Decided from the record alone: entered again, the stage folds the same layers, which does no
  // harm while they are all still there.
  ItemRecord& record = job.record;
  while (const std::optional<Folding> fold = next_folding(record)) {
    const std::vector<std::string> chain = chain_of(record);
    const auto on_layer =
        record.test ? std::find(chain.begin(), chain.end(), record.test->on_layer) : chain.begin();
    const bool under_test =
        record.test && on_layer - chain.begin() >= static_cast<std::ptrdiff_t>(fold->upper);
    SB_CO_TRY(co_await fold_disks(job, chain[fold->lower], chain[fold->upper], under_test));
    note_folding(record, chain, *fold);
  }
  co_return Nothing{};
}

Task<Nothing> remove_expired(JobContext& job) {
  std::vector<std::string>& folded = job.record.folded;
  while (!folded.empty()) {
    SB_CO_TRY(co_await remove_layer(job, folded.back()));
    folded.pop_back();
  }
  co_return Nothing{};
}

bool needs_processing(const ItemRecord& record) {
  return !record.sent.empty() || !record.folded.empty() || next_folding(record).has_value();
}

}  // namespace switchback::recovery
