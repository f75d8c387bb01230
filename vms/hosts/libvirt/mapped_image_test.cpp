// SPDX-License-Identifier: Apache-2.0
// What is read where it lies is what a server of QEMU's reads.
#include "vms/hosts/libvirt/mapped_image.hpp"

#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "vms/hosts/libvirt/process.hpp"
#include "vms/hosts/libvirt/stamp_image.hpp"

namespace switchback::libvirt {
namespace {

using Blocks = std::vector<std::pair<BlockNumber, Shown>>;

constexpr StampOwner kGuest{.run = 7, .item = 8, .disk = 0};

class MappedImageTest : public testing::Test {
 protected:
  MappedImageTest() {
    std::string folder = testing::TempDir() + "mapped-XXXXXX";
    folder_ = ::mkdtemp(folder.data());
  }
  ~MappedImageTest() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ / name; }
  static void run(const std::vector<std::string>& command) {
    const auto ran = run_program("00000000", command);
    ASSERT_TRUE(ran.has_value()) << ran.error().message;
  }
  /// Writes stamps of `seq` into `count` blocks.
  void write(const std::string& image, BlockNumber first, BlockNumber count, WriteSeq seq) const {
    std::vector<std::byte> bytes(count * kBlockBytes);
    for (BlockNumber n = 0; n < count; ++n)
      write_stamp(std::span(bytes).subspan(n * kBlockBytes, kBlockBytes), kGuest, first + n, seq);
    std::ofstream(path("bytes"), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    run({"qemu-io", "-f", "qcow2", "-c",
         fmt::format("write -q -s {} {} {}", path("bytes"), first * kBlockBytes, bytes.size()),
         path(image)});
  }
  static Blocks blocks_of(ImageReader& image) {
    Blocks blocks;
    const auto visited = image.visit_blocks(
        [&](BlockNumber block, Shown shown) { blocks.emplace_back(block, shown); });
    EXPECT_TRUE(visited.has_value()) << visited.error().message;
    return blocks;
  }
  /// What a server shows of it, and what the mapped image shows: the same.
  void expect_the_same(const std::string& image, std::size_t block_count) const {
    auto disk = NbdDisk::open_file({.file = path(image), .name = path(image), .key = {}});
    ASSERT_TRUE(disk.has_value()) << disk.error().message;
    StampImage served(std::move(*disk), kGuest);
    auto mapped = map_image("00000000", path(image), kGuest);
    ASSERT_TRUE(mapped.has_value()) << mapped.error().message;
    ASSERT_TRUE(mapped->has_value());
    EXPECT_EQ((*mapped)->size_bytes(), served.size_bytes());
    const Blocks expected = blocks_of(served);
    EXPECT_EQ(expected.size(), block_count);
    EXPECT_EQ(blocks_of(**mapped), expected);
  }

  std::filesystem::path folder_;
};

TEST_F(MappedImageTest, ShowsWhatAServerShows) {
  run({"qemu-img", "create", "-q", "-f", "qcow2", path("a"), "67109376"});
  expect_the_same("a", 0);
  write("a", 0, 1, 5);
  write("a", 100, 40, 6);
  write("a", 16'383, 1, 7);
  expect_the_same("a", 42);
}

TEST_F(MappedImageTest, WithSmallClustersShowsBlocksThatLieInPieces) {
  run({"qemu-img", "create", "-q", "-f", "qcow2", "-o", "cluster_size=512", path("a"), "1M"});
  for (const BlockNumber block : {9U, 3U, 200U, 4U})
    write("a", block, 1, block + 1);
  run({"qemu-io", "-f", "qcow2", "-c", "discard -q 13824 512", path("a")});  // of block 3
  expect_the_same("a", 4);
}

TEST_F(MappedImageTest, OnTopOfOthersShowsTheNewestOfEachBlock) {
  run({"qemu-img", "create", "-q", "-f", "qcow2", path("a"), "8M"});
  write("a", 10, 50, 1);
  run({"qemu-img", "create", "-q", "-f", "qcow2", "-b", path("a"), "-F", "qcow2", path("b")});
  write("b", 30, 5, 2);
  run({"qemu-img", "create", "-q", "-f", "qcow2", "-b", path("b"), "-F", "qcow2", path("c")});
  write("c", 33, 100, 3);
  run({"qemu-io", "-f", "qcow2", "-c", "write -q -z 40960 4096", path("c")});  // block 10
  expect_the_same("c", 122);
}

TEST_F(MappedImageTest, ThatIsCompressedIsLeftToAServer) {
  run({"qemu-img", "create", "-q", "-f", "qcow2", path("a"), "8M"});
  write("a", 10, 50, 1);
  run({"qemu-img", "convert", "-c", "-f", "qcow2", "-O", "qcow2", path("a"), path("b")});
  const auto mapped = map_image("00000000", path("b"), kGuest);
  ASSERT_TRUE(mapped.has_value()) << mapped.error().message;
  EXPECT_FALSE(mapped->has_value());
}

TEST_F(MappedImageTest, ThatIsMissingOrNoImageIsAnError) {
  EXPECT_FALSE(map_image("00000000", path("missing"), kGuest));
  std::ofstream(path("text")) << "not an image";
  EXPECT_FALSE(map_image("00000000", path("text"), kGuest));
}

}  // namespace
}  // namespace switchback::libvirt
