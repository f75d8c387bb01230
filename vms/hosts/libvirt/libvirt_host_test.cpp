// SPDX-License-Identifier: Apache-2.0
// Real hosts under the contract of all hosts, and what only they promise. Needs libvirt and QEMU:
// where they are missing these tests fail.
#include "vms/hosts/libvirt/libvirt_host.hpp"

#include <xxhash.h>

#include "harness/journal/stamp.hpp"
#include "vms/hosts/host_contract.hpp"
#include "vms/hosts/libvirt/libvirt_laboratory.hpp"
#include "vms/hosts/libvirt/process.hpp"
#include "vms/hosts/libvirt/two_sites.hpp"

namespace switchback::libvirt {
namespace {

/// One pair of daemons for all tests of this program: a start takes seconds.
class Daemons final : public testing::Environment {
 public:
  void SetUp() override {
    // Each try of a property makes a VM: a hundred of them, as is usual, would take minutes.
    setenv("RC_PARAMS", "max_success=5 max_size=40", 0);
    auto opened = TwoSites::open(default_run_base(), std::nullopt);
    ASSERT_TRUE(opened) << opened.error().message << "; " << opened.error().remedy;
    sites = std::move(*opened);
  }
  void TearDown() override { sites.reset(); }

  static inline std::unique_ptr<TwoSites> sites;
};
const testing::Environment* const kDaemons = testing::AddGlobalTestEnvironment(new Daemons);

std::uint64_t hash_of(const std::string& text) {
  return XXH3_64bits(text.data(), text.size());
}

/// Which writes the bytes show, of whichever disk of the contract's item.
recovery::Blocks decode(recovery::Extent extent, const std::vector<std::byte>& bytes) {
  recovery::Blocks blocks;
  const DiskGeometry geometry{.size_bytes = extent.offset + extent.length, .volatile_cache = false};
  for (const std::uint32_t disk : {0U, 1U}) {
    const StampOwner owner{.run = hash_of(Daemons::sites->folder().manifest().run_id),
                           .item = hash_of("contract"),
                           .disk = disk};
    visit_stamps(bytes, extent.offset / kBlockBytes, geometry, owner,
                 [&](BlockNumber block, Shown shown) {
                   if (shown.kind == Shown::Kind::write) blocks[block] = shown.seq;
                 });
  }
  return blocks;
}

recovery::HostBench make_bench() {
  const Connection& primary = Daemons::sites->connection(Site::primary);
  const Connection& recovery = Daemons::sites->connection(Site::recovery);
  auto laboratory = LibvirtLaboratory::open(primary.site(), recovery.site(), {});
  if (!laboratory) throw std::runtime_error(laboratory.error().message);
  WireMeter& meter = (*laboratory)->meter();
  recovery::HostBench bench;
  bench.primary = std::make_unique<LibvirtHost>(primary, meter, false);
  bench.recovery = std::make_unique<LibvirtHost>(recovery, meter, false);
  bench.laboratory = std::move(*laboratory);
  bench.link = &meter;
  bench.grain = 65536;
  bench.longest_extent = kLongestExtent;
  bench.decode = decode;
  return bench;
}

}  // namespace
}  // namespace switchback::libvirt

namespace switchback::recovery {
INSTANTIATE_TEST_SUITE_P(Libvirt, HostContract,
                         testing::Values(HostWorld{"libvirt", libvirt::make_bench}));
}
