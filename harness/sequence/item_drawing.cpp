// SPDX-License-Identifier: Apache-2.0
// See item_drawing.hpp.
#include "harness/sequence/item_drawing.hpp"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

namespace switchback {
namespace {

constexpr Bytes kMebibyte = Bytes{1} << 20;

/// Every magnitude as likely as the next; never a round number but by chance.
Bytes draw_disk_size(Draw& draw, const SequenceLimits& limits, Bytes most) {
  const auto low = static_cast<unsigned>(std::bit_width(limits.disk_bytes_min));
  const auto high = static_cast<unsigned>(std::bit_width(most));
  const Bytes ceiling = Bytes{1} << draw.between(low, high);
  const Bytes drawn = ceiling / 2 + draw.below(ceiling / 2);
  const Bytes size = std::clamp(drawn, limits.disk_bytes_min, most);
  return size - size % limits.disk_bytes_multiple;
}

/// To which VM each disk belongs: every VM has one at least, and they may stand in any order.
std::vector<std::size_t> draw_owners(Draw& draw, std::size_t vms, unsigned fewest,
                                     const SequenceLimits& limits) {
  const unsigned least = std::clamp(fewest, limits.disks_min, limits.disks_max);
  const std::uint64_t count = std::max<std::uint64_t>(vms, draw.between(least, limits.disks_max));
  std::vector<std::size_t> owners;
  for (std::size_t vm = 0; vm < vms; ++vm)
    owners.push_back(vm);
  while (owners.size() < count)
    owners.push_back(draw.below(vms));
  if (draw.percent(70)) std::sort(owners.begin(), owners.end());
  return owners;
}

void draw_disks(Draw& draw, const SequenceLimits& limits, std::size_t vms, unsigned fewest,
                Sequence& sequence) {
  std::vector<unsigned> of_vm(vms);
  for (const std::size_t vm : draw_owners(draw, vms, fewest, limits)) {
    // Any disk but the first may turn out to be the one that boots.
    const Bytes most = std::min(limits.disk_bytes_max, limits.boot_disk_bytes_max);
    const Bytes size = draw_disk_size(draw, limits, of_vm[vm] == 0 ? most : limits.disk_bytes_max);
    sequence.disks.push_back({fmt::format("vd{}", static_cast<char>('a' + of_vm[vm]++)), size, vm});
  }
}

/// Mostly the first; another one only if it is small enough to boot from.
std::size_t draw_boot_disk(Draw& draw, const SequenceLimits& limits, const Sequence& sequence,
                           std::size_t vm) {
  std::vector<std::size_t> fit;
  std::size_t position = 0;
  for (const DiskSpec& disk : sequence.disks) {
    if (disk.vm != vm) continue;
    if (disk.size_bytes <= limits.boot_disk_bytes_max) fit.push_back(position);
    ++position;
  }
  return draw.percent(80) ? 0 : draw.one_of(fit);
}

Nic draw_nic(Draw& draw) {
  const std::uint64_t drawn = draw.below(std::uint64_t{1} << 24U);
  static const std::vector<std::string> kNetworks = {"lan", "lan", "backup", "storage"};
  Nic nic{.mac = fmt::format("52:54:00:{:02x}:{:02x}:{:02x}", drawn >> 16U, (drawn >> 8U) & 0xffU,
                             drawn & 0xffU),
          .network = draw.one_of(kNetworks),
          .address = {}};
  if (draw.percent(30)) nic.address = fmt::format("192.168.7.{}", draw.between(2, 254));
  return nic;
}

Hardware draw_hardware(Draw& draw, const GeneratorOptions& options, const Sequence& sequence,
                       std::size_t vm) {
  Hardware hardware;
  if (draw.percent(50)) return hardware;
  hardware.cpus = static_cast<unsigned>(draw.between(1, 3));
  hardware.memory_bytes = draw.between(32, 48) * kMebibyte;
  if (options.capabilities.uefi && draw.percent(25)) hardware.firmware = Firmware::uefi;
  hardware.boot_disk = draw_boot_disk(draw, options.limits, sequence, vm);
  for (std::uint64_t nics = draw.below(4); nics > 0; --nics)
    hardware.nics.push_back(draw_nic(draw));
  // Two NICs of a VM never have one address.
  for (std::size_t n = 1; n < hardware.nics.size(); ++n)
    hardware.nics[n].mac.replace(9, 2, fmt::format("{:02x}", n));
  return hardware;
}

std::chrono::hours draw_retention(Draw& draw) {
  using std::chrono::hours;
  switch (draw.weighted({15, 25, 25, 20, 15})) {
    case 0:
      return hours(0);
    case 1:
      return hours(1);
    case 2:
      return hours(2);
    case 3:
      return hours(draw.between(3, 6));
    default:
      return hours(draw.between(7, 24));
  }
}

unsigned draw_most_points(Draw& draw) {
  switch (draw.weighted({35, 10, 35, 20})) {
    case 0:
      return 24;
    case 1:
      return 1;
    case 2:
      return static_cast<unsigned>(draw.between(2, 5));
    default:
      return static_cast<unsigned>(draw.between(6, 23));
  }
}

Policy draw_policy(Draw& draw, const Capabilities& capabilities, const Profile& profile) {
  using std::chrono::hours;
  static const std::vector<std::chrono::seconds> kFrequencies = {
      std::chrono::seconds(30), std::chrono::seconds(300), std::chrono::seconds(900)};
  Policy policy;
  policy.copy_frequency =
      profile.slow_rounds && draw.percent(80) ? kFrequencies.back() : draw.one_of(kFrequencies);
  policy.retention = draw_retention(draw);
  policy.most_points = draw_most_points(draw);
  const bool app_consistent = draw.percent(profile.app_consistent_percent);
  const auto every = hours(draw.percent(60) ? 1 : draw.between(2, 12));
  if (capabilities.app_consistent && app_consistent) policy.app_consistent = every;
  const bool encrypted = draw.percent(profile.encrypted_percent);
  policy.encrypted = capabilities.encrypts && encrypted;
  return policy;
}

}  // namespace

void draw_item(Draw& draw, const GeneratorOptions& options, const Profile& profile,
               Sequence& sequence) {
  const unsigned most_vms = std::max(1U, options.capabilities.most_vms);
  const bool group = draw.percent(profile.group_percent);
  const std::uint64_t vms = group && most_vms > 1 ? draw.between(2, most_vms) : 1;
  SequenceLimits limits = options.limits;
  limits.disk_bytes_max =
      std::max(limits.disk_bytes_min, std::min(limits.disk_bytes_max, profile.disk_bytes_max));
  draw_disks(draw, limits, vms, profile.disks_min, sequence);
  sequence.vms.clear();
  for (std::size_t vm = 0; vm < vms; ++vm)
    sequence.vms.push_back(draw_hardware(draw, options, sequence, vm));
  sequence.policy = draw_policy(draw, options.capabilities, profile);
}

TargetSettings draw_settings(Draw& draw, const Sequence& sequence) {
  TargetSettings settings;
  if (draw.percent(40)) settings.name_suffix = draw.percent(50) ? "dr" : "r2";
  if (draw.percent(40)) settings.cpus = static_cast<unsigned>(draw.between(1, 3));
  if (draw.percent(40)) settings.memory_bytes = draw.between(32, 48) * kMebibyte;
  if (draw.percent(40)) settings.network = draw.percent(50) ? "recovery_lan" : "lan";
  if (draw.percent(40))
    for (std::size_t n = 0; n < sequence.vms.front().nics.size(); ++n)
      settings.nic_addresses.push_back(
          draw.percent(60) ? fmt::format("10.1.0.{}", draw.between(2, 254)) : std::string());
  return settings;
}

}  // namespace switchback
