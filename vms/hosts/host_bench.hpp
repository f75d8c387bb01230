// SPDX-License-Identifier: Apache-2.0
// What vms/recovery/host.hpp promises, as tests that every implementation of Host is put under.
//
// A world joins with INSTANTIATE_TEST_SUITE_P(World, HostContract,
// testing::Values(HostWorld{...})). Sizes are multiples of the sector only, as real images allow;
// see each world's own tests for more.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "harness/journal/geometry.hpp"
#include "harness/system/laboratory.hpp"
#include "vms/recovery/host.hpp"
#include "vms/recovery/reference_system.hpp"

namespace switchback::recovery {

/// Which write each block shows; blocks in their initial state are left out.
using Blocks = std::map<BlockNumber, WriteSeq>;

/// Two sites with nothing on them, and the harness's hands to write and read blocks with.
struct HostBench {
  std::unique_ptr<Laboratory> laboratory;  ///< outlives the rest
  std::unique_ptr<Host> primary;
  std::unique_ptr<Host> recovery;
  Link* link = nullptr;  ///< owned by the laboratory
  Bytes grain = 0;       ///< in which changes are tracked
  Bytes longest_extent = 0;
  /// What bytes from View::read show.
  std::function<Blocks(Extent, const std::vector<std::byte>&)> decode;
  // What this world can't do: why not. Empty: it can. Its tests are skipped with that reason.
  std::string no_freezing;
  std::string no_keys;
  std::vector<Firmware> firmwares = {Firmware::bios, Firmware::uefi};  ///< that VMs can have
};

/// A world to put under the contract, by the name that test output uses.
struct HostWorld {
  std::string name;
  std::function<HostBench()> make;
  friend void PrintTo(const HostWorld& world, std::ostream* out) { *out << world.name; }
};

/// The bench, one item on its primary site, and the words that the tests are written in.
class HostStage {
 public:
  explicit HostStage(const HostWorld& world) : bench(world.make()) {
    EXPECT_TRUE(bench.laboratory->create_item(item));
  }
  ~HostStage() { EXPECT_TRUE(bench.laboratory->remove_item(item.name)); }
  HostStage(const HostStage&) = delete;
  HostStage& operator=(const HostStage&) = delete;

  static constexpr Bytes kGuestGrain = 65536;
  const ItemSpec item{"contract",
                      {{"vda", 3 * kGuestGrain + 4096 + 512}, {"vdb", (Bytes{2} << 20) + 1536}}};
  const VmName& vm = item.name;
  HostBench bench;
  WriteSeq last = 0;

  Host& primary() { return *bench.primary; }
  Host& recovery() { return *bench.recovery; }
  [[nodiscard]] BlockNumber block_count(std::size_t disk) const {
    return DiskGeometry{.size_bytes = item.disks[disk].size_bytes, .volatile_cache = false}
        .block_count();
  }

  /// The guest writes the next numbers to these blocks; `blocks`, if given, is kept up to date.
  void write(std::size_t disk, const std::vector<BlockNumber>& where, Blocks* blocks = nullptr,
             Site site = Site::primary) {
    std::vector<GuestWrite> writes;
    for (const BlockNumber block : where) {
      writes.push_back({disk, block, ++last});
      if (blocks != nullptr) (*blocks)[block] = last;
    }
    const Nothing written = bench.laboratory->write(vm, site, writes);
    ASSERT_TRUE(written) << written.error().message;
  }

  Blocks blocks_of(Result<std::unique_ptr<ImageReader>> image) {
    Blocks blocks;
    EXPECT_TRUE(image) << image.error().message;
    if (!image) return blocks;
    EXPECT_TRUE((*image)->visit_blocks([&](BlockNumber block, Shown shown) {
      EXPECT_EQ(shown.kind, Shown::Kind::write);
      blocks[block] = shown.seq;
    }));
    return blocks;
  }
  Blocks disk(std::size_t index, Site site = Site::primary) {
    return blocks_of(bench.laboratory->open_disk(vm, site, index));
  }
  Blocks volume(const VolumeName& name, std::size_t disk) {
    return blocks_of(bench.laboratory->open_located(vm, disk, recovery().locate_volume(name)));
  }

  std::vector<Extent> extents(View& view, const std::string& device) {
    auto extents = view.extents(device);
    EXPECT_TRUE(extents) << extents.error().message;
    return extents ? *extents : std::vector<Extent>{};
  }
  Blocks read(View& view, const std::string& device) {
    Blocks blocks;
    std::vector<std::byte> bytes;
    for (const Extent& extent : extents(view, device)) {
      const Nothing read = view.read(device, extent, bytes);
      EXPECT_TRUE(read) << read.error().message;
      for (const auto& [block, seq] : bench.decode(extent, bytes))
        if (seq != kInitialState) blocks[block] = seq;
    }
    return blocks;
  }
  /// Copies all that the view gives of `device` onto a volume of the recovery site.
  void copy(View& view, const std::string& device, const VolumeName& onto) {
    auto replica = recovery().open_replica(onto);
    ASSERT_TRUE(replica) << replica.error().message;
    std::vector<std::byte> bytes;
    for (const Extent& extent : extents(view, device)) {
      ASSERT_TRUE(view.read(device, extent, bytes));
      const Nothing written = (*replica)->write(extent, bytes);
      ASSERT_TRUE(written) << written.error().message;
    }
    ASSERT_TRUE((*replica)->flush());
  }
  std::unique_ptr<View> open_view(const std::optional<CheckpointName>& since,
                                  const CheckpointName& next) {
    auto view = primary().open_view(vm, since, next);
    EXPECT_TRUE(view) << view.error().message;
    return view ? std::move(*view) : nullptr;
  }
  /// What the laboratory sees of the item's VM.
  SeenVm seen(Site site = Site::primary) {
    const auto vms = bench.laboratory->vms(vm);
    EXPECT_TRUE(vms) << vms.error().message;
    for (const SeenVm& seen : vms ? *vms : Shared<std::vector<SeenVm>>{})
      if (seen.site == site && !seen.test) return seen;
    ADD_FAILURE() << "no VM of " << vm << " at " << name_of(site);
    return {};
  }
  void expect_no_write(std::size_t disk, BlockNumber block) {
    const Blocks before = this->disk(disk);
    EXPECT_FALSE(bench.laboratory->write(vm, Site::primary, {{disk, block, ++last}}));
    EXPECT_EQ(this->disk(disk), before);
  }

  VolumeName layer(const std::string& name) const { return item.name + "-vda-" + name; }
  /// Makes a layer of vda on the recovery site, filled with what the primary's disk holds now.
  Blocks make_layer(const std::string& name, const std::optional<std::string>& backing,
                    const std::optional<CheckpointName>& since, const CheckpointName& next) {
    VolumeSpec spec{layer(name), item.disks[0].size_bytes, std::nullopt};
    if (backing) spec.backing = layer(*backing);
    EXPECT_TRUE(recovery().create_volume(spec));
    Blocks now = disk(0);
    const auto view = open_view(since, next);
    copy(*view, "vda", layer(name));
    EXPECT_TRUE(primary().close_view(vm));
    return now;
  }

  /// The extents that exactly the grains of these blocks make, each cut at the disk's end.
  std::set<std::pair<Bytes, Bytes>> grains_of(const std::set<BlockNumber>& blocks,
                                              std::size_t disk) const {
    std::set<std::pair<Bytes, Bytes>> grains;
    for (const BlockNumber block : blocks) {
      const Bytes offset = block * kBlockBytes / bench.grain * bench.grain;
      grains.emplace(offset, std::min(bench.grain, item.disks[disk].size_bytes - offset));
    }
    return grains;
  }
  /// Takes extents apart into grains, and holds them to their own promises.
  std::set<std::pair<Bytes, Bytes>> grains_of(const std::vector<Extent>& extents) const {
    std::set<std::pair<Bytes, Bytes>> grains;
    Bytes end = 0;
    for (const Extent& extent : extents) {
      EXPECT_GT(extent.length, 0U);
      EXPECT_LE(extent.length, bench.longest_extent);
      EXPECT_GE(extent.offset, end) << "ascending and disjoint";
      end = extent.offset + extent.length;
      for (Bytes at = extent.offset; at < end; at += bench.grain)
        grains.emplace(at, std::min(bench.grain, end - at));
    }
    return grains;
  }
};

class HostContract : public testing::TestWithParam<HostWorld> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(HostContract);

inline void expect_named(const Nothing& result, const std::string& name) {
  ASSERT_FALSE(result) << "about " << name;
  EXPECT_NE(result.error().message.find(name), std::string::npos) << result.error().message;
}
template <class T>
void expect_named(const Result<T>& result, const std::string& name) {
  expect_named(result ? Nothing() : Nothing(tl::unexpected(result.error())), name);
}

}  // namespace switchback::recovery
