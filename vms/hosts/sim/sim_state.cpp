// SPDX-License-Identifier: Apache-2.0
// See sim_state.hpp.
#include "vms/hosts/sim/sim_state.hpp"

#include <string>

#include <fmt/format.h>
#include <xxhash.h>

namespace switchback::sim {
namespace {

void add_volume(std::string& text, const std::string& name, const Volume& volume) {
  text += fmt::format("volume {} {} over {}\n", name, volume.geometry().size_bytes,
                      volume.backing().value_or("nothing"));
  for (const auto& [block, shown] : *volume.shown())
    text +=
        fmt::format("{}={}{} ", block, shown.seq, shown.kind == Shown::Kind::torn ? " torn" : "");
  for (const Volume::Unflushed& write : volume.unflushed())
    text += fmt::format("\nunflushed {}={} over {}", write.block, write.written,
                        write.before.value_or(kInitialState));
  for (const auto& [checkpoint, grains] : volume.checkpoints()) {
    text += fmt::format("\ncheckpoint {}:", checkpoint);
    for (const BlockNumber grain : grains)
      text += fmt::format(" {}", grain);
  }
  text += '\n';
}

void add_vm(std::string& text, const std::string& name, const Vm& vm) {
  const Hardware& hardware = vm.definition.hardware;
  text += fmt::format("vm {} start {} running {} frozen {} suspended {} view {} on {}\n", name,
                      vm.incarnation, vm.running, vm.frozen, vm.suspended, vm.view != nullptr,
                      vm.definition.isolated_network);
  text += fmt::format("{} cpus, {} bytes, boots from {}\n", hardware.cpus, hardware.memory_bytes,
                      hardware.boot_disk);
  for (const Nic& nic : hardware.nics)
    text += fmt::format("nic {} {} {}\n", nic.mac, nic.network, nic.address);
  for (const recovery::VmDisk& disk : vm.definition.disks)
    text += fmt::format("disk {} {}\n", disk.device, disk.volume);
}

void add_site(std::string& text, const SimSite& site) {
  text += fmt::format("site {}\n", name_of(site.site()));
  for (const auto& [name, volume] : site.volumes)
    add_volume(text, name, volume);
  for (const auto& [name, vm] : site.vms)
    add_vm(text, name, vm);
  for (const auto& [name, key] : site.keys)
    text += fmt::format("key {}\n", name);
}

}  // namespace

std::uint64_t state_of(const SimSite& primary, const SimSite& recovery) {
  std::string text;
  add_site(text, primary);
  add_site(text, recovery);
  return XXH3_64bits(text.data(), text.size());
}

}  // namespace switchback::sim
