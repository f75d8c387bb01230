// SPDX-License-Identifier: Apache-2.0
// The part of the contract of hosts that is about comparing disks by checksums. See
// host_contract.hpp.
#pragma once

#include "vms/hosts/host_bench.hpp"

namespace switchback::recovery {

inline constexpr Bytes kContractChunk = 65536;

inline std::vector<ChunkDigest> expect_digests(Result<std::vector<ChunkDigest>> digests) {
  EXPECT_TRUE(digests) << digests.error().message;
  return digests ? *digests : std::vector<ChunkDigest>{};
}

inline std::set<std::uint64_t> chunks_of(const std::vector<ChunkDigest>& digests) {
  std::set<std::uint64_t> chunks;
  for (const ChunkDigest& digest : digests) {
    EXPECT_TRUE(chunks.empty() || *chunks.rbegin() < digest.chunk) << "ascending";
    chunks.insert(digest.chunk);
  }
  return chunks;
}
inline std::set<std::uint64_t> chunks_of(const std::set<BlockNumber>& blocks) {
  std::set<std::uint64_t> chunks;
  for (const BlockNumber block : blocks)
    chunks.insert(block * kBlockBytes / kContractChunk);
  return chunks;
}
/// The chunks in which two disks differ by their checksums.
inline std::set<std::uint64_t> differing(const std::vector<ChunkDigest>& left,
                                         const std::vector<ChunkDigest>& right) {
  std::map<std::uint64_t, std::array<std::uint64_t, 2>> unmatched;
  for (const ChunkDigest& digest : left)
    unmatched[digest.chunk] = digest.digest;
  std::set<std::uint64_t> chunks;
  for (const ChunkDigest& digest : right) {
    const auto match = unmatched.find(digest.chunk);
    if (match == unmatched.end() || match->second != digest.digest) chunks.insert(digest.chunk);
    if (match != unmatched.end()) unmatched.erase(match);
  }
  for (const auto& [chunk, digest] : unmatched)
    chunks.insert(chunk);
  return chunks;
}

TEST_P(HostContract, ChecksumsDifferExactlyWhereContentDoes) {
  const bool held = rc::check([&] {
    HostStage stage(GetParam());
    const auto some_blocks = [&] {
      return *rc::gen::container<std::set<BlockNumber>>(
          rc::gen::inRange<BlockNumber>(0, stage.block_count(0)));
    };
    const std::set<BlockNumber> before = some_blocks();
    stage.write(0, {before.begin(), before.end()});
    stage.make_layer("base", std::nullopt, std::nullopt, "c1");
    const auto old = expect_digests(stage.recovery().digests(stage.layer("base"), kContractChunk));
    RC_ASSERT(chunks_of(old) == chunks_of(before));

    const std::set<BlockNumber> after = some_blocks();
    stage.write(0, {after.begin(), after.end()});
    const auto view = stage.open_view(std::nullopt, "c2");
    const auto now = expect_digests(view->digests("vda", kContractChunk));
    RC_ASSERT(differing(old, now) == chunks_of(after));
    RC_ASSERT(expect_digests(view->digests("vdb", kContractChunk)).empty());
  });
  EXPECT_TRUE(held);
}

TEST_P(HostContract, ChecksumsTellNothingOfHowContentIsStored) {
  HostStage stage(GetParam());
  const BlockNumber last_block = stage.block_count(0) - 1;
  stage.write(0, {0, 7, 17, 33});  // the second chunk stays below
  stage.make_layer("base", std::nullopt, std::nullopt, "c1");
  stage.write(0, {7, 34, last_block});
  stage.make_layer("p1", "base", "c1", "c2");
  stage.make_layer("whole", std::nullopt, std::nullopt, "c3");
  const auto view = stage.open_view("c3", "c4");
  const auto source = expect_digests(view->digests("vda", kContractChunk));
  stage.write(0, {0, 20, 34, last_block});  // the view is frozen
  EXPECT_EQ(chunks_of(source), chunks_of({0, 17, 33, last_block}));
  EXPECT_EQ(expect_digests(view->digests("vda", kContractChunk)), source);
  EXPECT_EQ(expect_digests(stage.recovery().digests(stage.layer("whole"), kContractChunk)), source)
      << "one volume";
  EXPECT_EQ(expect_digests(stage.recovery().digests(stage.layer("p1"), kContractChunk)), source)
      << "two volumes";
  ASSERT_TRUE(stage.recovery().fold_volumes(stage.layer("base"), stage.layer("p1"), {}, {}));
  EXPECT_EQ(expect_digests(stage.recovery().digests(stage.layer("base"), kContractChunk)), source)
      << "folded";
  ASSERT_TRUE(stage.primary().close_view(stage.vm));
}

TEST_P(HostContract, WhatWasNeverAllocatedReadsAsZeroesAndZeroesHaveNoChecksum) {
  HostStage stage(GetParam());
  stage.write(0, {0, 17});  // in the first and in the second chunk
  stage.make_layer("base", std::nullopt, std::nullopt, "c1");
  stage.write(1, {40});
  const auto view = stage.open_view(std::nullopt, "c2");
  const Extent nothing{0, kContractChunk};  // of vdb, where nobody ever wrote
  std::vector<std::byte> bytes;
  const Nothing read = view->read("vdb", nothing, bytes);
  ASSERT_TRUE(read) << read.error().message;
  for (const auto& [block, seq] : stage.bench.decode(nothing, bytes))
    EXPECT_EQ(seq, kInitialState) << "block " << block;
  {
    auto replica = stage.recovery().open_replica(stage.layer("base"));
    ASSERT_TRUE(replica);
    ASSERT_TRUE((*replica)->write(nothing, bytes));
    ASSERT_TRUE((*replica)->flush());
  }
  EXPECT_EQ(stage.volume(stage.layer("base"), 0).count(0), 0U);
  EXPECT_EQ(
      chunks_of(expect_digests(stage.recovery().digests(stage.layer("base"), kContractChunk))),
      (std::set<std::uint64_t>{1}));
}

TEST_P(HostContract, ChecksumsOfAVolumeCrossTheLinkAndThoseOfAViewDoNot) {
  HostStage stage(GetParam());
  stage.write(0, {0, 17, 33});
  stage.make_layer("base", std::nullopt, std::nullopt, "c1");
  const auto view = stage.open_view(std::nullopt, "c2");
  const WireCount before = stage.bench.laboratory->wire();
  expect_digests(view->digests("vda", kContractChunk));
  EXPECT_EQ(stage.bench.laboratory->wire().total(), before.total());
  const auto digests =
      expect_digests(stage.recovery().digests(stage.layer("base"), kContractChunk));
  EXPECT_GE(stage.bench.laboratory->wire().to_primary - before.to_primary,
            digests.size() * sizeof(ChunkDigest));
  stage.bench.link->cut();
  EXPECT_FALSE(stage.recovery().digests(stage.layer("base"), kContractChunk));
  expect_digests(view->digests("vda", kContractChunk));
  stage.bench.link->heal();
}

}  // namespace switchback::recovery
