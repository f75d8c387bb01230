// SPDX-License-Identifier: Apache-2.0
// Fewer VMs, fewer and smaller disks: of the first item, as others have mostly gone by then.
#include <algorithm>
#include <array>
#include <set>

#include "harness/journal/geometry.hpp"
#include "harness/shrink/any_write.hpp"
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

/// What a step writes to the first item.
std::optional<WriteStep> write_to_first(const Step& step) {
  return step.item == 0 ? write_in(step) : std::nullopt;
}

/// Steps name disks modulo how many there are.
std::size_t disk_of(const WriteStep& write, const Sequence& sequence) {
  return write.disk % sequence.disks.size();
}

std::size_t disks_of_vm(const Sequence& sequence, std::size_t vm) {
  return static_cast<std::size_t>(
      std::count_if(sequence.disks.begin(), sequence.disks.end(),
                    [&](const DiskSpec& disk) { return disk.vm == vm; }));
}

/// Without disk `gone`. The devices of its VM keep the order of their names: vda, vdb, ...
Sequence without_disk(const Sequence& sequence, std::size_t gone) {
  Sequence fewer = sequence;
  const std::size_t vm = sequence.disks[gone].vm;
  const auto before = static_cast<std::size_t>(std::count_if(
      sequence.disks.begin(), sequence.disks.begin() + static_cast<std::ptrdiff_t>(gone),
      [&](const DiskSpec& disk) { return disk.vm == vm; }));
  std::string device = sequence.disks[gone].device;
  for (std::size_t n = gone + 1; n < fewer.disks.size(); ++n)
    if (fewer.disks[n].vm == vm) std::swap(fewer.disks[n].device, device);
  fewer.disks.erase(fewer.disks.begin() + static_cast<std::ptrdiff_t>(gone));
  std::size_t& boots = fewer.vms[vm].boot_disk;
  if (boots == before)
    boots = 0;
  else if (boots > before)
    --boots;
  return fewer;
}

Sequence with_writes_moved(const Sequence& sequence, std::size_t gone) {
  Sequence moved = without_disk(sequence, gone);
  for (Step& step : moved.steps) {
    std::optional<WriteStep> write = write_to_first(step);
    if (!write) continue;
    const std::size_t disk = disk_of(*write, sequence);
    // The writes of the disk that goes away move to the first one that stays.
    write->disk = static_cast<std::uint32_t>(disk == gone ? 0 : disk > gone ? disk - 1 : disk);
    set_write(step, *write);
  }
  return moved;
}

Sequence with_writes_deleted(const Sequence& sequence, std::size_t gone) {
  Sequence deleted = sequence;
  std::erase_if(deleted.steps, [&](const Step& step) {
    const std::optional<WriteStep> write = write_to_first(step);
    return write && disk_of(*write, sequence) == gone;
  });
  return with_writes_moved(deleted, gone);
}

/// Every VM keeps a disk.
bool can_spare(const Sequence& sequence, std::size_t disk) {
  return disks_of_vm(sequence, sequence.disks[disk].vm) > 1;
}

bool drop_unwritten(Trials& trials) {
  std::set<std::size_t> written;
  const Sequence& best = trials.best();
  for (const Step& step : best.steps)
    if (const std::optional<WriteStep> write = write_to_first(step))
      written.insert(disk_of(*write, best));
  if (written.empty()) written.insert(0);
  Sequence candidate = best;
  for (std::size_t disk = best.disks.size(); disk-- > 0;)
    if (!written.contains(disk) && can_spare(candidate, disk))
      candidate = with_writes_moved(candidate, disk);
  return trials.attempt(candidate);
}

/// Without a VM and all its disks. What was written to them is deleted, or goes to the first disk.
Sequence without_vm(const Sequence& sequence, std::size_t gone, bool keep_writes) {
  Sequence fewer = sequence;
  for (std::size_t disk = fewer.disks.size(); disk-- > 0;)
    if (fewer.disks[disk].vm == gone)
      fewer = keep_writes ? with_writes_moved(fewer, disk) : with_writes_deleted(fewer, disk);
  fewer.vms.erase(fewer.vms.begin() + static_cast<std::ptrdiff_t>(gone));
  for (DiskSpec& disk : fewer.disks)
    if (disk.vm > gone) --disk.vm;
  return fewer;
}

/// Without a VM, whose disks are those of the first one that stays.
Sequence with_disks_of(const Sequence& sequence, std::size_t gone) {
  Sequence fewer = sequence;
  const std::size_t heir = gone == 0 ? 1 : 0;
  char letter = 'a';
  for (DiskSpec& disk : fewer.disks) {
    if (disk.vm != gone && disk.vm != heir) continue;
    disk.vm = heir;
    disk.device = {'v', 'd', letter++};
  }
  fewer.vms[heir].boot_disk = 0;
  fewer.vms.erase(fewer.vms.begin() + static_cast<std::ptrdiff_t>(gone));
  for (DiskSpec& disk : fewer.disks)
    if (disk.vm > gone) --disk.vm;
  return fewer;
}

/// Blocks past the new end become the last block: what was at the edge stays at the edge.
void resize(Sequence& sequence, std::size_t disk, Bytes size) {
  const BlockNumber blocks_before = blocks_of(sequence.disks[disk].size_bytes);
  const BlockNumber last = blocks_of(size) - 1;
  sequence.disks[disk].size_bytes = size;
  for (Step& step : sequence.steps) {
    std::optional<WriteStep> write = write_to_first(step);
    if (!write || disk_of(*write, sequence) != disk) continue;
    write->block = std::min(write->block, std::min(write->block % blocks_before, last));
    set_write(step, *write);
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

bool drop_vms(Trials& trials) {
  bool better = false;
  for (std::size_t vm = trials.best().vms.size(); vm-- > 0 && !trials.spent();) {
    if (trials.best().vms.size() < 2) break;
    better |= trials.attempt(without_vm(trials.best(), vm, false)) ||
              trials.attempt(without_vm(trials.best(), vm, true)) ||
              trials.attempt(with_disks_of(trials.best(), vm));
  }
  return better;
}

bool drop_disks(Trials& trials) {
  if (trials.best().disks.size() < 2) return false;
  bool better = drop_unwritten(trials);
  for (std::size_t disk = trials.best().disks.size(); disk-- > 0 && !trials.spent();) {
    if (disk >= trials.best().disks.size() || !can_spare(trials.best(), disk)) continue;
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
