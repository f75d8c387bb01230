// SPDX-License-Identifier: Apache-2.0
// See file_image.hpp.
#include "harness/journal/file_image.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/assert.hpp"

namespace switchback {
namespace {

using Path = std::filesystem::path;
using Visit = std::function<void(BlockNumber, Shown)>;

tl::unexpected<Error> trouble_with(const Path& file, const char* reason) {
  return environment_error(fmt::format("image {}: {}", file.string(), reason),
                           "name an image file that exists and can be read");
}

class OpenFile {
 public:
  explicit OpenFile(const Path& file) : number_(::open(file.c_str(), O_RDONLY | O_CLOEXEC)) {}
  OpenFile(const OpenFile&) = delete;
  ~OpenFile() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

/// Where the file holds data, as far as its file system knows.
Result<std::vector<StoredExtent>> data_of(const Path& file, Bytes size) {
  const OpenFile opened(file);
  if (opened.number() < 0) return trouble_with(file, std::strerror(errno));
  std::vector<StoredExtent> extents;
  for (::off_t end = 0; static_cast<Bytes>(end) < size;) {
    const ::off_t begin = ::lseek(opened.number(), end, SEEK_DATA);
    if (begin < 0 && errno == ENXIO) break;  // a hole up to the end
    if (begin >= 0) end = ::lseek(opened.number(), begin, SEEK_HOLE);
    if (begin < 0 || end < 0) return trouble_with(file, std::strerror(errno));
    const Bytes offset = static_cast<Bytes>(begin);
    extents.push_back({.offset = offset,
                       .length = std::min(static_cast<Bytes>(end), size) - offset,
                       .file = 0,
                       .file_offset = offset});
  }
  return extents;
}

/// Shows the blocks of one disk, handed to it in ascending pieces of any size.
class PieceReader {
 public:
  PieceReader(const DiskGeometry& geometry, const StampOwner& owner, const Visit& visit)
      : geometry_(geometry), owner_(owner), visit_(visit) {}

  void take(Bytes offset, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const BlockNumber block = block_at(offset);
      const Bytes begin = geometry_.block_offset(block);
      const Bytes whole = offset == begin ? whole_blocks(offset, bytes.size()) : 0;
      const Bytes taken =
          whole > 0 ? whole : std::min(bytes.size(), begin + geometry_.block_bytes(block) - offset);
      if (whole > 0) {
        finish_block();
        visit_stamps(bytes.first(taken), block, geometry_, owner_, visit_);
      } else {
        add_to_block(block, offset - begin, bytes.first(taken));
      }
      offset += taken;
      bytes = bytes.subspan(taken);
    }
  }

  /// Shows the block of which only parts were handed over: the rest of it reads as zeroes.
  void finish_block() {
    if (parts_.empty()) return;
    visit_stamps(parts_, block_, geometry_, owner_, visit_);
    parts_.clear();
  }

 private:
  [[nodiscard]] BlockNumber block_at(Bytes offset) const {
    return std::min(offset / kBlockBytes, geometry_.block_count() - 1);
  }

  /// How many of the bytes, from the beginning of a block on, are whole blocks.
  [[nodiscard]] Bytes whole_blocks(Bytes offset, Bytes length) const {
    const BlockNumber last = block_at(offset + length - 1);
    const Bytes end = geometry_.block_offset(last) + geometry_.block_bytes(last);
    return (end == offset + length ? end : geometry_.block_offset(last)) - offset;
  }

  void add_to_block(BlockNumber block, Bytes at, std::span<const std::byte> bytes) {
    if (!parts_.empty() && block != block_) finish_block();
    block_ = block;
    parts_.resize(geometry_.block_bytes(block));
    std::copy(bytes.begin(), bytes.end(), parts_.begin() + static_cast<std::ptrdiff_t>(at));
  }

  const DiskGeometry& geometry_;
  const StampOwner& owner_;
  const Visit& visit_;
  std::vector<std::byte> parts_;  ///< of block_; empty: nothing
  BlockNumber block_ = 0;
};

bool fits(Bytes offset, Bytes length, Bytes size) {
  return offset <= size && length <= size - offset;
}

}  // namespace

Result<FileImage::Mapping> FileImage::Mapping::of(const Path& file) {
  const OpenFile opened(file);
  struct ::stat about {};
  if (opened.number() < 0 || ::fstat(opened.number(), &about) != 0)
    return trouble_with(file, std::strerror(errno));
  if (!S_ISREG(about.st_mode)) return trouble_with(file, "is no regular file");
  const auto size = static_cast<std::size_t>(about.st_size);
  if (size == 0) return Mapping({});
  void* const at = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, opened.number(), 0);
  if (at == MAP_FAILED) return trouble_with(file, std::strerror(errno));
  static_cast<void>(::madvise(at, size, MADV_SEQUENTIAL));  // advice: nothing depends on it
  return Mapping({static_cast<const std::byte*>(at), size});
}

FileImage::Mapping::~Mapping() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

Result<FileImage> FileImage::open_raw(const Path& file, const StampOwner& owner) {
  std::error_code error;
  const Bytes size = std::filesystem::file_size(file, error);
  if (error) return trouble_with(file, error.message().c_str());
  SB_ASSIGN(extents, data_of(file, size));
  return open({file}, size, std::move(extents), owner);
}

Result<FileImage> FileImage::open(const std::vector<Path>& files, Bytes size_bytes,
                                  std::vector<StoredExtent> extents, const StampOwner& owner) {
  FileImage image(size_bytes, owner);
  if (size_bytes < kSectorBytes && !files.empty())
    return trouble_with(files.front(), "is shorter than a sector");
  for (const Path& file : files) {
    SB_ASSIGN(mapping, Mapping::of(file));
    image.files_.push_back(std::move(mapping));
  }
  Bytes end = 0;
  for (const StoredExtent& extent : extents) {
    SB_ASSERT(extent.file < files.size() && extent.offset >= end);
    end = extent.offset + extent.length;
    if (!fits(extent.file_offset, extent.length, image.files_[extent.file].bytes().size()) ||
        !fits(extent.offset, extent.length, size_bytes))
      return trouble_with(files[extent.file], "is cut short");
  }
  image.extents_ = std::move(extents);
  return image;
}

Nothing FileImage::visit_blocks(const Visit& visit) {
  PieceReader reader(geometry_, owner_, visit);
  for (const StoredExtent& extent : extents_)
    reader.take(extent.offset,
                files_[extent.file].bytes().subspan(extent.file_offset, extent.length));
  reader.finish_block();
  return {};
}

}  // namespace switchback
