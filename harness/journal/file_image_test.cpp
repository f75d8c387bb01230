// SPDX-License-Identifier: Apache-2.0
// Images in files show what their bytes show, however they are cut into pieces.
#include "harness/journal/file_image.hpp"

#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/journal/random_history.hpp"

namespace switchback {
namespace {

using Kind = Shown::Kind;
using Seen = std::vector<std::pair<BlockNumber, Shown>>;

constexpr StampOwner kGuest{.run = 0x1111, .item = 0x2222, .disk = 3};

class Folder {
 public:
  Folder() {
    std::string name = ::testing::TempDir() + "image-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::filesystem::path file(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

void store(const std::filesystem::path& file, Bytes offset, std::span<const std::byte> bytes) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  if (!stream) stream.open(file, std::ios::out | std::ios::binary);
  stream.seekp(static_cast<std::streamoff>(offset));
  stream.write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
}

Seen seen_in(FileImage& image) {
  Seen seen;
  EXPECT_TRUE(
      image.visit_blocks([&](BlockNumber block, Shown shown) { seen.emplace_back(block, shown); }));
  return seen;
}

/// A disk with some blocks written; the plainest reading of its bytes is the oracle.
struct DrawnDisk {
  DiskGeometry geometry{.size_bytes = between<Bytes>(kSectorBytes, 60'000)};
  std::vector<std::byte> bytes = std::vector<std::byte>(geometry.size_bytes);

  DrawnDisk() {
    for (BlockNumber block = 0; block < geometry.block_count(); ++block)
      if (between(0, 2) != 0)
        write_stamp(
            std::span(bytes).subspan(geometry.block_offset(block), geometry.block_bytes(block)),
            kGuest, block, between<WriteSeq>(1, 1000));
  }
  [[nodiscard]] Seen shown() const {
    Seen seen;
    visit_stamps(bytes, 0, geometry, kGuest,
                 [&](BlockNumber block, Shown shown) { seen.emplace_back(block, shown); });
    return seen;
  }
};

TEST(FileImage, RawShowsWhatItsBytesShowWhereverItHasHoles) {
  check_over(200, [] {
    const Folder folder;
    const DrawnDisk disk;
    const auto file = folder.file("raw");
    std::ofstream(file).flush();
    std::filesystem::resize_file(file, disk.geometry.size_bytes);
    for (BlockNumber block = 0; block < disk.geometry.block_count(); ++block) {
      const auto bytes =
          std::span(disk.bytes)
              .subspan(disk.geometry.block_offset(block), disk.geometry.block_bytes(block));
      if (std::any_of(bytes.begin(), bytes.end(), [](std::byte b) { return b != std::byte{}; }))
        store(file, disk.geometry.block_offset(block), bytes);
    }
    auto image = FileImage::open_raw(file, kGuest);
    RC_ASSERT(image.has_value());
    RC_ASSERT(image->size_bytes() == disk.geometry.size_bytes);
    RC_ASSERT(seen_in(*image) == disk.shown());
  });
}

TEST(FileImage, CutIntoPiecesOfAnySizeInSeveralFilesShowsTheSame) {
  check_over(500, [] {
    const Folder folder;
    const DrawnDisk disk;
    const std::vector<std::filesystem::path> files{folder.file("a"), folder.file("b")};
    std::vector<std::vector<std::byte>> contents(2);
    std::vector<StoredExtent> extents;
    std::vector<std::byte> expected(disk.bytes.size());
    for (Bytes offset = 0; offset < disk.bytes.size();) {
      const Bytes length = std::min<Bytes>(between<Bytes>(1, between(0, 1) == 0 ? 700 : 20'000),
                                           disk.bytes.size() - offset);
      const auto file = between<std::size_t>(0, 2);  // 2: stored nowhere
      if (file < 2) {
        const auto piece = std::span(disk.bytes).subspan(offset, length);
        extents.push_back({offset, length, file, contents[file].size()});
        contents[file].insert(contents[file].end(), piece.begin(), piece.end());
        std::copy(piece.begin(), piece.end(),
                  expected.begin() + static_cast<std::ptrdiff_t>(offset));
      }
      offset += length;
    }
    for (const std::size_t file : {0U, 1U})
      store(files[file], 0, contents[file]);
    auto image = FileImage::open(files, disk.bytes.size(), extents, kGuest);
    RC_ASSERT(image.has_value());
    DrawnDisk with_holes(disk);
    with_holes.bytes = expected;
    RC_ASSERT(seen_in(*image) == with_holes.shown());
  });
}

TEST(FileImage, OfATerabyteCostsWhatIsAllocated) {
  const Folder folder;
  const auto file = folder.file("large");
  std::vector<std::byte> block(kBlockBytes);
  write_stamp(block, kGuest, 1, 5);
  store(file, kBlockBytes, block);
  std::filesystem::resize_file(file, Bytes{1} << 40);
  write_stamp(block, kGuest, (Bytes{1} << 28) - 1, 7);
  store(file, (Bytes{1} << 40) - kBlockBytes, block);
  struct ::stat about {};
  ASSERT_EQ(::stat(file.c_str(), &about), 0);
  ASSERT_LT(about.st_blocks * 512, 1 << 20) << "the file system here has no sparse files";
  auto image = FileImage::open_raw(file, kGuest);
  ASSERT_TRUE(image.has_value()) << image.error().message;
  const Seen expected{{1, {Kind::write, 5}}, {(Bytes{1} << 28) - 1, {Kind::write, 7}}};
  EXPECT_EQ(seen_in(*image), expected);
}

TEST(FileImage, WithAFlippedBitShowsIt) {
  check_over(300, [] {
    const Folder folder;
    DrawnDisk disk;
    const auto at = between<std::size_t>(0, disk.bytes.size() - 1);
    disk.bytes[at] ^= static_cast<std::byte>(1U << between(0U, 7U));
    store(folder.file("raw"), 0, disk.bytes);
    auto image = FileImage::open_raw(folder.file("raw"), kGuest);
    RC_ASSERT(image.has_value());
    const BlockNumber block =
        std::min<BlockNumber>(at / kBlockBytes, disk.geometry.block_count() - 1);
    const Seen seen = seen_in(*image);
    const auto found =
        std::find_if(seen.begin(), seen.end(), [&](const auto& one) { return one.first == block; });
    RC_ASSERT(found != seen.end());
    RC_ASSERT(found->second.kind == Kind::corrupt || found->second.kind == Kind::torn);
  });
}

TEST(FileImage, ThatIsMissingOrCutShortIsAnErrorWithAWayOut) {
  const Folder folder;
  const auto missing = FileImage::open_raw(folder.file("missing"), kGuest);
  ASSERT_FALSE(missing.has_value());
  EXPECT_NE(missing.error().message.find("missing"), std::string::npos);
  EXPECT_FALSE(missing.error().remedy.empty());
  const std::vector<std::byte> bytes(4096);
  store(folder.file("short"), 0, bytes);
  EXPECT_FALSE(FileImage::open({folder.file("short")}, 8192, {{0, 8192, 0, 0}}, kGuest));
  EXPECT_FALSE(FileImage::open({folder.file("short")}, 8192, {{0, 4096, 0, 1}}, kGuest));
  EXPECT_FALSE(FileImage::open({folder.file("short")}, 2048, {{0, 4096, 0, 0}}, kGuest));
  store(folder.file("tiny"), 0, std::span(bytes).first(100));
  EXPECT_FALSE(FileImage::open_raw(folder.file("tiny"), kGuest));
}

}  // namespace
}  // namespace switchback
