// SPDX-License-Identifier: Apache-2.0
// See sim_transfer.hpp.
#include "vms/hosts/sim/sim_transfer.hpp"

#include <cstring>

#include <fmt/format.h>

namespace switchback::sim {

Result<Vm*> SimView::vm_with_view() {
  SB_ASSIGN(vm, site_.find_vm(vm_));
  if (!vm->view || vm->view->id != id_)
    return environment_error(fmt::format("the view of VM {} is gone", vm_), "open another one");
  return vm;
}

Result<std::vector<recovery::Extent>> SimView::extents(const std::string& device) {
  SB_ASSIGN(vm, vm_with_view());
  return vm->view->disks[device].extents;
}

Nothing SimView::read(const std::string& device, recovery::Extent extent,
                      std::vector<std::byte>& into) {
  SB_ASSIGN(vm, vm_with_view());
  for (const recovery::VmDisk& disk : vm->definition.disks) {
    if (disk.device != device) continue;
    SB_ASSIGN(volume, site_.find_volume(disk.volume));
    const auto& preserved = vm->view->disks[device].preserved;
    const auto [first, end] = blocks_of(extent, volume->geometry);
    into.resize((end - first) * sizeof(WriteSeq));
    for (BlockNumber block = first; block != end; ++block) {
      const auto kept = preserved.find(block);
      const WriteSeq seq = kept != preserved.end() ? kept->second : site_.show(*volume, block);
      std::memcpy(into.data() + (block - first) * sizeof seq, &seq, sizeof seq);
    }
    return {};
  }
  return environment_error(fmt::format("VM {} has no disk {}", vm_, device), "");
}

Nothing SimReplica::write(recovery::Extent extent, const std::vector<std::byte>& bytes) {
  SB_ASSIGN(volume, site_.find_volume(volume_));
  SB_TRY(link_.carry(site_.site(), extent.length + kMessageBytes));
  const auto [first, end] = blocks_of(extent, volume->geometry);
  if (bytes.size() != (end - first) * sizeof(WriteSeq))
    return environment_error(
        fmt::format("extent at {} does not fit volume {}", extent.offset, volume_),
        "source and replica must have the same size");
  for (BlockNumber block = first; block != end; ++block) {
    WriteSeq seq = 0;
    std::memcpy(&seq, bytes.data() + (block - first) * sizeof seq, sizeof seq);
    // Zeroes over nothing stay nothing, as with a sparse image.
    if (seq == kInitialState && site_.show(*volume, block) == kInitialState) continue;
    SimSite::write(*volume, block, seq);
  }
  return {};
}

Nothing SimReplica::flush() {
  return link_.carry(site_.site(), kMessageBytes);
}

}  // namespace switchback::sim
