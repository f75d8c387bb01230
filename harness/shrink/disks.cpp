// SPDX-License-Identifier: Apache-2.0
// Fewer and smaller disks.
#include <algorithm>
#include <array>
#include <set>

#include "harness/journal/geometry.hpp"
#include "harness/shrink/passes.hpp"

namespace switchback {
namespace {

/// Sizes that people read at a glance: a block, a tracking grain, and up.
constexpr std::array<Bytes, 7> kPlainSizes = {
    4096,           65536,          Bytes{1} << 20, Bytes{16} << 20, Bytes{256} << 20,
    Bytes{4} << 30, Bytes{64} << 30};

BlockNumber blocks_of(Bytes size) {
  return DiskGeometry{.size_bytes = size, .volatile_cache = false}.block_count();
}

WriteStep* as_write(Step& step) {
  return std::get_if<WriteStep>(&step.action);
}

/// Steps name disks modulo how many there are.
std::size_t disk_of(const WriteStep& write, const Sequence& sequence) {
  return write.disk % sequence.disks.size();
}

/// Without disk `gone`. Devices keep the order of their names: vda, vdb, ...
Sequence without_disk(const Sequence& sequence, std::size_t gone) {
  Sequence fewer = sequence;
  for (std::size_t n = gone; n + 1 < fewer.disks.size(); ++n)
    fewer.disks[n].size_bytes = fewer.disks[n + 1].size_bytes;
  fewer.disks.pop_back();
  return fewer;
}

Sequence with_writes_moved(const Sequence& sequence, std::size_t gone) {
  Sequence moved = without_disk(sequence, gone);
  for (Step& step : moved.steps) {
    WriteStep* const write = as_write(step);
    if (write == nullptr) continue;
    const std::size_t disk = disk_of(*write, sequence);
    // The writes of the disk that goes away move to the first one that stays.
    write->disk = static_cast<std::uint32_t>(disk == gone ? 0 : disk > gone ? disk - 1 : disk);
  }
  return moved;
}

Sequence with_writes_deleted(const Sequence& sequence, std::size_t gone) {
  Sequence deleted = sequence;
  std::erase_if(deleted.steps, [&](const Step& step) {
    const auto* const write = std::get_if<WriteStep>(&step.action);
    return write != nullptr && disk_of(*write, sequence) == gone;
  });
  return with_writes_moved(deleted, gone);
}

bool drop_unwritten(Trials& trials) {
  std::set<std::size_t> written;
  const Sequence& best = trials.best();
  for (const Step& step : best.steps)
    if (const auto* const write = std::get_if<WriteStep>(&step.action))
      written.insert(disk_of(*write, best));
  if (written.empty()) written.insert(0);
  Sequence candidate = best;
  for (std::size_t disk = best.disks.size(); disk-- > 0;)
    if (!written.contains(disk)) candidate = with_writes_moved(candidate, disk);
  return trials.attempt(candidate);
}

/// Blocks past the new end become the last block: what was at the edge stays at the edge.
void resize(Sequence& sequence, std::size_t disk, Bytes size) {
  const BlockNumber blocks_before = blocks_of(sequence.disks[disk].size_bytes);
  const BlockNumber last = blocks_of(size) - 1;
  sequence.disks[disk].size_bytes = size;
  for (Step& step : sequence.steps) {
    WriteStep* const write = as_write(step);
    if (write != nullptr && disk_of(*write, sequence) == disk)
      write->block = std::min(write->block, std::min(write->block % blocks_before, last));
  }
}

/// A size that is no multiple of anything may be what matters: part of a block, part of a grain.
std::vector<Bytes> with_odd_ends(Bytes plain, Bytes size) {
  std::vector<Bytes> sizes = {plain};
  for (const Bytes unit : {kBlockBytes, Bytes{65536}})
    if (size % unit != 0 && plain + size % unit < size) sizes.push_back(plain + size % unit);
  return sizes;
}

bool resize_all(Trials& trials) {
  for (const Bytes plain : kPlainSizes) {
    Sequence candidate = trials.best();
    for (std::size_t disk = 0; disk < candidate.disks.size(); ++disk)
      if (candidate.disks[disk].size_bytes > plain) resize(candidate, disk, plain);
    if (trials.attempt(candidate)) return true;
  }
  return false;
}

bool resize_one(Trials& trials, std::size_t disk) {
  for (const Bytes plain : kPlainSizes) {
    const Bytes size_before = trials.best().disks[disk].size_bytes;
    if (plain >= size_before) return false;
    for (const Bytes size : with_odd_ends(plain, size_before)) {
      Sequence candidate = trials.best();
      resize(candidate, disk, size);
      if (trials.attempt(candidate)) return true;
    }
  }
  return false;
}

}  // namespace

bool drop_disks(Trials& trials) {
  if (trials.best().disks.size() < 2) return false;
  bool better = drop_unwritten(trials);
  for (std::size_t disk = trials.best().disks.size(); disk-- > 0 && !trials.spent();) {
    if (trials.best().disks.size() < 2) break;
    better |= trials.attempt(with_writes_deleted(trials.best(), disk)) ||
              trials.attempt(with_writes_moved(trials.best(), disk));
  }
  return better;
}

bool make_disks_smaller(Trials& trials) {
  bool better = resize_all(trials);
  for (std::size_t disk = 0; disk < trials.best().disks.size() && !trials.spent(); ++disk)
    better |= resize_one(trials, disk);
  return better;
}

}  // namespace switchback
