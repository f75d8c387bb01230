// SPDX-License-Identifier: Apache-2.0
// A disk image in files, read where it lies: mapped, not copied, and only what is allocated.
//
// At the speed of memory a copy costs more than the check of all it holds (docs/performance.md).
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "harness/base/result.hpp"
#include "harness/journal/geometry.hpp"
#include "harness/journal/image.hpp"
#include "harness/journal/stamp.hpp"

namespace switchback {

/// Bytes of the disk that lie in a file as they are. What lies in no extent reads as zeroes.
struct StoredExtent {
  Bytes offset = 0;  ///< in the disk
  Bytes length = 0;
  std::size_t file = 0;   ///< which of the files
  Bytes file_offset = 0;  ///< where in it
};

/// Nobody may write to the files or make them shorter while they are read: a page that is no longer
/// there ends the process, as mmap(2) says.
class FileImage final : public ImageReader {
 public:
  /// A raw image: its holes, of which the file system tells, are passed over.
  static Result<FileImage> open_raw(const std::filesystem::path& file, const StampOwner& owner);
  /// An image of any format whose map is known. `extents` ascend and do not overlap. An Error if
  /// one lies outside its file or outside the disk.
  static Result<FileImage> open(const std::vector<std::filesystem::path>& files, Bytes size_bytes,
                                std::vector<StoredExtent> extents, const StampOwner& owner);

  [[nodiscard]] Bytes size_bytes() const override { return geometry_.size_bytes; }
  Nothing visit_blocks(const std::function<void(BlockNumber, Shown)>& visit) override;

 private:
  /// A whole file in memory, read-only.
  class Mapping {
   public:
    static Result<Mapping> of(const std::filesystem::path& file);
    Mapping(Mapping&& from) noexcept : bytes_(std::exchange(from.bytes_, {})) {}
    Mapping& operator=(Mapping&&) = delete;
    ~Mapping();
    [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

   private:
    explicit Mapping(std::span<const std::byte> bytes) : bytes_(bytes) {}
    std::span<const std::byte> bytes_;
  };

  FileImage(Bytes size_bytes, const StampOwner& owner)
      : geometry_{.size_bytes = size_bytes, .volatile_cache = false}, owner_(owner) {}

  DiskGeometry geometry_;
  StampOwner owner_;
  std::vector<Mapping> files_;
  std::vector<StoredExtent> extents_;
};

}  // namespace switchback
