// SPDX-License-Identifier: Apache-2.0
// See stamp_image.hpp.
#include "vms/hosts/libvirt/stamp_image.hpp"

#include <algorithm>

namespace switchback::libvirt {
namespace {

/// The most that one request reads; NBD servers take at least 32 MiB.
constexpr BlockNumber kBlocksPerRead = (Bytes{1} << 20) / kBlockBytes;
/// The most that is held in memory at a time.
constexpr BlockNumber kBlocksPerBatch = 16 * kBlocksPerRead;

/// Blocks `first` up to but not including `end`.
struct BlockRun {
  BlockNumber first = 0;
  BlockNumber end = 0;
};

/// The blocks that hold data, in runs of at most kBlocksPerRead, each block in one run.
std::vector<BlockRun> runs_of(const std::vector<NbdExtent>& data, const DiskGeometry& geometry) {
  std::vector<BlockRun> runs;
  BlockNumber done = 0;
  for (const NbdExtent& extent : data) {
    const BlockNumber last = (extent.offset + extent.length - 1) / kBlockBytes;
    const BlockNumber end = std::min(last + 1, geometry.block_count());
    for (done = std::max(done, extent.offset / kBlockBytes); done < end;) {
      const BlockNumber next = std::min(done + kBlocksPerRead, end);
      runs.push_back({.first = done, .end = next});
      done = next;
    }
  }
  // A remainder shorter than a sector belongs to the last block, and may be all of it that is data.
  if (!data.empty() && done < geometry.block_count() &&
      data.back().offset + data.back().length > geometry.block_offset(geometry.block_count()))
    runs.push_back({.first = geometry.block_count() - 1, .end = geometry.block_count()});
  return runs;
}

class BatchReader {
 public:
  BatchReader(NbdDisk& disk, const StampOwner& owner) : disk_(disk), owner_(owner) {}

  /// Reads all runs, many in flight, then shows them.
  Nothing show(std::span<const BlockRun> runs,
               const std::function<void(BlockNumber, Shown)>& visit) {
    std::vector<NbdRead> reads;
    Bytes total = 0;
    for (const BlockRun& run : runs)
      total += end_of(run) - geometry_.block_offset(run.first);
    bytes_.resize(total);
    std::span<std::byte> rest(bytes_);
    for (const BlockRun& run : runs) {
      const Bytes offset = geometry_.block_offset(run.first);
      const Bytes length = end_of(run) - offset;
      reads.push_back({.offset = offset, .into = rest.first(length)});
      rest = rest.subspan(length);
    }
    SB_TRY(disk_.read(reads));
    for (std::size_t n = 0; n < reads.size(); ++n)
      visit_stamps(reads[n].into, runs[n].first, geometry_, owner_, visit);
    return {};
  }

  [[nodiscard]] const DiskGeometry& geometry() const { return geometry_; }

 private:
  [[nodiscard]] Bytes end_of(const BlockRun& run) const {
    return geometry_.block_offset(run.end - 1) + geometry_.block_bytes(run.end - 1);
  }

  NbdDisk& disk_;
  StampOwner owner_;
  DiskGeometry geometry_{.size_bytes = disk_.size_bytes(), .volatile_cache = false};
  std::vector<std::byte> bytes_;
};

}  // namespace

Nothing visit_disk(NbdDisk& disk, const StampOwner& owner,
                   const std::function<void(BlockNumber, Shown)>& visit) {
  BatchReader reader(disk, owner);
  SB_ASSIGN(data, disk.data_extents());
  const std::vector<BlockRun> runs = runs_of(data, reader.geometry());
  for (std::size_t first = 0; first < runs.size();) {
    std::size_t end = first;
    for (BlockNumber blocks = 0; end < runs.size(); ++end) {
      blocks += runs[end].end - runs[end].first;
      if (blocks > kBlocksPerBatch) break;
    }
    SB_TRY(reader.show(std::span(runs).subspan(first, end - first), visit));
    first = end;
  }
  return {};
}

}  // namespace switchback::libvirt
