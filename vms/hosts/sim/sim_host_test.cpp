// SPDX-License-Identifier: Apache-2.0
// The simulated hosts under the contract of all hosts, and what only they promise.
#include "vms/hosts/sim/sim_host.hpp"

#include <cstring>

#include "vms/hosts/host_contract.hpp"
#include "vms/hosts/sim/sim_digest.hpp"
#include "vms/hosts/sim/sim_laboratory.hpp"
#include "vms/hosts/sim/sim_transfer.hpp"

namespace switchback::sim {
namespace {

using recovery::Blocks;
using recovery::Extent;

/// Eight bytes a block, the number of the write.
Blocks decode(Extent extent, const std::vector<std::byte>& bytes) {
  Blocks blocks;
  const BlockNumber first = extent.offset / kBlockBytes;
  for (std::size_t i = 0; i < bytes.size() / sizeof(WriteSeq); ++i) {
    WriteSeq seq = 0;
    std::memcpy(&seq, bytes.data() + i * sizeof seq, sizeof seq);
    blocks[first + i] = seq;
  }
  return blocks;
}

recovery::HostBench make_bench() {
  auto laboratory = std::make_unique<SimLaboratory>();
  SimLink& link = laboratory->link();
  recovery::HostBench bench;
  bench.primary = std::make_unique<SimHost>(laboratory->site(Site::primary), link);
  bench.recovery = std::make_unique<SimHost>(laboratory->site(Site::recovery), link);
  bench.laboratory = std::move(laboratory);
  bench.link = &link;
  bench.grain = kTrackingGrain;
  bench.longest_extent = kLongestExtent;
  bench.decode = decode;
  return bench;
}

}  // namespace
}  // namespace switchback::sim

namespace switchback::recovery {
INSTANTIATE_TEST_SUITE_P(Sim, HostContract, testing::Values(HostWorld{"sim", sim::make_bench}));
}

namespace switchback::sim {
namespace {

RC_GTEST_PROP(ExtentsOf, CoverExactlyTheGrainsOfADiskOfAnySize, ()) {
  const Bytes size = *rc::gen::inRange<Bytes>(kSectorBytes, 40 * kTrackingGrain);
  const DiskGeometry geometry{.size_bytes = size, .volatile_cache = false};
  const Bytes longest = kTrackingGrain * *rc::gen::inRange<Bytes>(1, 6);
  const auto blocks = *rc::gen::container<std::set<BlockNumber>>(
      rc::gen::inRange<BlockNumber>(0, geometry.block_count()));
  std::set<BlockNumber> grains;
  for (const BlockNumber block : blocks)
    grains.insert(block / kBlocksPerGrain);

  std::set<BlockNumber> covered;
  Bytes end = 0;
  for (const Extent& extent : extents_of(grains, kTrackingGrain, geometry, longest)) {
    RC_ASSERT(extent.length > 0U && extent.length <= longest);
    RC_ASSERT(extent.offset % kTrackingGrain == 0U && extent.offset >= end);
    end = extent.offset + extent.length;
    RC_ASSERT(end <= size);
    RC_ASSERT(end % kTrackingGrain == 0U || end == size);
    for (Bytes at = extent.offset; at < end; at += kTrackingGrain)
      covered.insert(at / kTrackingGrain);
  }
  RC_ASSERT(covered == grains);
}

RC_GTEST_PROP(BlocksOf, TheExtentsOfAWholeDiskAreAllItsBlocks, ()) {
  const Bytes size = *rc::gen::inRange<Bytes>(kSectorBytes, 40 * kTrackingGrain);
  const DiskGeometry geometry{.size_bytes = size, .volatile_cache = false};
  std::set<BlockNumber> grains;
  for (BlockNumber block = 0; block < geometry.block_count(); ++block)
    grains.insert(block / kBlocksPerGrain);
  BlockNumber next = 0;
  for (const Extent& extent : extents_of(grains, kTrackingGrain, geometry, kLongestExtent)) {
    const auto [first, end] = blocks_of(extent, geometry);
    RC_ASSERT(first == next);
    next = end;
  }
  RC_ASSERT(next == geometry.block_count());
}

TEST(SimView, IsGoneWithTheVmItIsOf) {
  recovery::HostStage stage({"sim", make_bench});
  stage.write(0, {0});
  const auto view = stage.open_view(std::nullopt, "c1");
  ASSERT_TRUE(stage.primary().shut_down_vm(stage.vm));
  recovery::expect_named(view->extents("vda"), stage.vm);
}

TEST(SimView, DoesNotGiveTheBytesOfTheViewThatReplacedIt) {
  recovery::HostStage stage({"sim", make_bench});
  stage.write(0, {0});
  const auto old = stage.open_view(std::nullopt, "c1");
  const auto view = stage.open_view(std::nullopt, "c2");
  std::vector<std::byte> bytes;
  EXPECT_FALSE(old->read("vda", {0, kTrackingGrain}, bytes));
  EXPECT_TRUE(view->read("vda", {0, kTrackingGrain}, bytes));
}

// As libvirt does: a service that relies on the overwriting of a name would fail on real hosts.
TEST(SimHost, DoesNotTrackTwiceUnderTheSameName) {
  recovery::HostStage stage({"sim", make_bench});
  stage.open_view(std::nullopt, "c1");
  recovery::expect_named(stage.primary().open_view(stage.vm, std::nullopt, "c1"), "c1");
}

TEST(SimHost, AGuestThatIsHeldDoesNotShutDown) {
  recovery::HostStage stage({"sim", make_bench});
  for (const bool freeze : {true, false}) {
    ASSERT_TRUE(freeze ? stage.primary().freeze_vm(stage.vm)
                       : stage.primary().suspend_vm(stage.vm));
    recovery::expect_named(stage.primary().shut_down_vm(stage.vm), stage.vm);
    EXPECT_TRUE(*stage.primary().is_running(stage.vm));
    ASSERT_TRUE(freeze ? stage.primary().thaw_vm(stage.vm) : stage.primary().resume_vm(stage.vm));
  }
  EXPECT_TRUE(stage.primary().shut_down_vm(stage.vm));
}

TEST(SimHost, ASuspendedGuestCanNotBeAskedToFreezeOrToThaw) {
  recovery::HostStage stage({"sim", make_bench});
  ASSERT_TRUE(stage.primary().freeze_vm(stage.vm));
  ASSERT_TRUE(stage.primary().suspend_vm(stage.vm));
  recovery::expect_named(stage.primary().freeze_vm(stage.vm), stage.vm);
  recovery::expect_named(stage.primary().thaw_vm(stage.vm), stage.vm);
  EXPECT_EQ(stage.seen().hold, Hold::frozen) << "what holds longer";
  ASSERT_TRUE(stage.primary().resume_vm(stage.vm));
  EXPECT_TRUE(stage.primary().thaw_vm(stage.vm));
}

TEST(SimHost, KeysOutliveAController) {
  recovery::EncryptedStage stage({"sim", make_bench});
  stage.make_replica();
  auto* laboratory = dynamic_cast<SimLaboratory*>(stage.bench.laboratory.get());
  SimHost another(laboratory->site(Site::recovery), laboratory->link());
  EXPECT_TRUE(another.open_replica(stage.layer("p1")));
}

TEST(SimHost, WhatIsNotThereIsToldFromWhatDoesNotAnswer) {
  recovery::HostStage stage({"sim", make_bench});
  EXPECT_EQ(stage.primary().is_running("nobody").error().kind, ErrorKind::not_found);
  EXPECT_EQ(stage.primary().volume_size("nothing").error().kind, ErrorKind::not_found);
  EXPECT_EQ(stage.primary().open_stopped_view(stage.vm, {}).error().kind, ErrorKind::environment);
}

Result<std::vector<recovery::ChunkDigest>> digests_of_writes(
    const std::map<BlockNumber, WriteSeq>& writes) {
  return digests_of(laid_over({}, writes), kTrackingGrain);
}

TEST(DigestsOf, TakeTimeForWhatIsAllocatedAndNotForTheSizeOfTheDisk) {
  const BlockNumber far = (Bytes{4} << 40) / kBlockBytes - 1;
  const auto digests = digests_of_writes({{0, 1}, {7, kInitialState}, {far, 2}});
  ASSERT_TRUE(digests);
  ASSERT_EQ(digests->size(), 2U);
  EXPECT_EQ(digests->back().chunk, far / kBlocksPerGrain);
}

TEST(DigestsOf, TellTheSameWriteInAnotherPlaceFromThis) {
  const auto here = digests_of_writes({{1, 5}});
  const auto there = digests_of_writes({{2, 5}});
  EXPECT_NE(here->front().digest, there->front().digest);
  EXPECT_EQ(*digests_of_writes({{1, 5}, {2, kInitialState}}), *here);
}

TEST(DigestsOf, WantChunksOfWholeBlocks) {
  for (const Bytes chunk : {Bytes{0}, Bytes{512}, kBlockBytes + 1})
    EXPECT_FALSE(digests_of({}, chunk)) << chunk;
}

TEST(SimLink, CountsEveryByteInTheDirectionInWhichItGoes) {
  recovery::HostStage stage({"sim", make_bench});
  stage.write(0, {0});
  stage.make_layer("base", std::nullopt, std::nullopt, "c1");
  const WireCount wire = stage.bench.laboratory->wire();
  EXPECT_EQ(wire.to_recovery, kConnectionBytes + kTrackingGrain + 2 * kMessageBytes);
  EXPECT_EQ(wire.to_primary, 0U);
  ASSERT_TRUE(stage.recovery().digests(stage.layer("base"), kTrackingGrain));
  EXPECT_EQ(stage.bench.laboratory->wire().to_primary, kMessageBytes + kChecksumBytes);
  EXPECT_EQ(stage.bench.laboratory->wire().to_recovery, wire.to_recovery);
}

}  // namespace
}  // namespace switchback::sim
