// SPDX-License-Identifier: Apache-2.0
// For tests on real VMs: one pair of daemons for a whole test program, and hosts on it.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>
#include <xxhash.h>

#include "harness/journal/stamp.hpp"
#include "vms/hosts/host_bench.hpp"
#include "vms/hosts/libvirt/libvirt_host.hpp"
#include "vms/hosts/libvirt/libvirt_laboratory.hpp"
#include "vms/hosts/libvirt/two_sites.hpp"

namespace switchback::libvirt {

/// One pair of daemons for all tests of this file, brought up by the first one.
class Daemons final : public testing::Environment {
 public:
  void SetUp() override {
    // Each try of a property makes a VM: a hundred of them, as is usual, would take minutes.
    setenv("RC_PARAMS", "max_success=3 max_size=40", 0);
  }
  void TearDown() override { opened_.reset(); }

  static TwoSites& sites() {
    if (!opened_) {
      auto opened =
          TwoSites::open(default_run_base(), std::nullopt, std::nullopt, OwnStorage::mounted);
      if (!opened) throw std::runtime_error(opened.error().message + "; " + opened.error().remedy);
      opened_ = std::move(*opened);
    }
    return *opened_;
  }

 private:
  static inline std::unique_ptr<TwoSites> opened_;
};
template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message + "; " + result.error().remedy);
  return std::move(*result);
}
inline void must(const Nothing& result) {
  if (!result) throw std::runtime_error(result.error().message + "; " + result.error().remedy);
}

inline std::uint64_t hash_of(const std::string& text) {
  return XXH3_64bits(text.data(), text.size());
}

/// Which writes the bytes show, of whichever disk of the contract's item.
inline recovery::Blocks decode(recovery::Extent extent, const std::vector<std::byte>& bytes) {
  recovery::Blocks blocks;
  const DiskGeometry geometry{.size_bytes = extent.offset + extent.length, .volatile_cache = false};
  for (const std::uint32_t disk : {0U, 1U}) {
    const StampOwner owner{.run = hash_of(Daemons::sites().folder().manifest().run_id),
                           .item = hash_of("contract"),
                           .disk = disk};
    visit_stamps(bytes, extent.offset / kBlockBytes, geometry, owner,
                 [&](BlockNumber block, Shown shown) {
                   if (shown.kind == Shown::Kind::write) blocks[block] = shown.seq;
                 });
  }
  return blocks;
}

inline recovery::HostBench make_bench_with(Duration patience) {
  const Connection& primary = Daemons::sites().connection(Site::primary);
  const Connection& recovery = Daemons::sites().connection(Site::recovery);
  auto laboratory = LibvirtLaboratory::open(primary.site(), recovery.site(), {});
  if (!laboratory) throw std::runtime_error(laboratory.error().message);
  WireMeter& meter = (*laboratory)->meter();
  recovery::HostBench bench;
  bench.primary = std::make_unique<LibvirtHost>(primary, meter, false, patience);
  bench.recovery = std::make_unique<LibvirtHost>(recovery, meter, false, patience);
  bench.laboratory = std::move(*laboratory);
  bench.link = &meter;
  bench.grain = 65536;
  bench.longest_extent = kLongestExtent;
  bench.decode = decode;
  bench.no_freezing = "a VM without an OS has no guest agent";
  if (!has_uefi()) bench.firmwares = {Firmware::bios};
  return bench;
}

inline recovery::HostBench make_bench() {
  return make_bench_with(std::chrono::seconds(60));
}

}  // namespace switchback::libvirt
