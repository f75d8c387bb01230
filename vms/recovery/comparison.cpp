// SPDX-License-Identifier: Apache-2.0
// See comparison.hpp.
#include "vms/recovery/comparison.hpp"

#include <algorithm>
#include <set>

#include "vms/recovery/transfer.hpp"

namespace switchback::recovery {
namespace {

/// The most that is read and written at once, unless one chunk is longer.
constexpr Bytes kLongestExtent = Bytes{1} << 20;

/// Compares one disk of a view with a volume of the other site, and sends what differs.
Task<Nothing> send_differences(JobContext& job, View& view, const DiskSpec& disk,
                               const Comparison& what) {
  Host& target_host = job.host(other(what.source));
  const VolumeName older = what.compare_with(disk);
  const VolumeName target = what.target(disk);
  const Bytes chunk = job.checksum_chunk;
  SB_CO_ASSIGN(ours,
               co_await job.call("digests", [&] { return view.digests(disk.device, chunk); }));
  SB_CO_ASSIGN(theirs, co_await job.call("remote_digests",
                                         [&] { return target_host.digests(older, chunk); }));
  const std::vector<Extent> differing = differing_extents(ours, theirs, chunk, disk.size_bytes);
  co_return co_await copy_extents(job, view, disk, target_host, target, differing);
}

}  // namespace

Task<Result<LayerRecord>> compare_and_send(JobContext& job, Comparison what) {
  const CutOrder order{.source = what.source,
                       .running = what.source_runs,
                       .since = std::nullopt,
                       .quiesce = what.quiesce};
  SB_CO_ASSIGN(cut, co_await cut_views(job, order));
  for (const DiskSpec& disk : job.record.spec.disks)
    SB_CO_TRY(co_await send_differences(job, *cut.views[disk.vm], disk, what));
  co_return co_await end_cut(job, what.source, cut);
}

std::vector<Extent> differing_extents(const std::vector<ChunkDigest>& source,
                                      const std::vector<ChunkDigest>& target, Bytes chunk_bytes,
                                      Bytes disk_bytes) {
  std::set<std::uint64_t> differing;  // what only one side has, or both have otherwise
  auto ours = source.begin();
  auto theirs = target.begin();
  while (ours != source.end() || theirs != target.end()) {
    if (theirs == target.end() || (ours != source.end() && ours->chunk < theirs->chunk)) {
      differing.insert((ours++)->chunk);
    } else if (ours == source.end() || theirs->chunk < ours->chunk) {
      differing.insert((theirs++)->chunk);
    } else {
      if (ours->digest != theirs->digest) differing.insert(ours->chunk);
      ++ours;
      ++theirs;
    }
  }
  std::vector<Extent> extents;
  for (const std::uint64_t chunk : differing) {
    const Bytes offset = chunk * chunk_bytes;
    if (offset >= disk_bytes) continue;
    const Bytes length = std::min(chunk_bytes, disk_bytes - offset);
    if (!extents.empty() && extents.back().offset + extents.back().length == offset &&
        extents.back().length + length <= kLongestExtent)
      extents.back().length += length;
    else
      extents.push_back({offset, length});
  }
  return extents;
}

}  // namespace switchback::recovery
