// SPDX-License-Identifier: Apache-2.0
// Files and memory that a measurement needs, gone with it.
#pragma once

#include <filesystem>
#include <span>

#include "fixtures/bench/stamped_disk.hpp"
#include "harness/base/result.hpp"

namespace switchback {

/// A folder of its own in $TMPDIR or /var/tmp.
class ScratchFolder {
 public:
  static Result<ScratchFolder> make();
  ScratchFolder(ScratchFolder&& from) noexcept : path_(std::exchange(from.path_, {})) {}
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  ~ScratchFolder();
  [[nodiscard]] std::filesystem::path file(const char* name) const { return path_ / name; }

 private:
  explicit ScratchFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

/// Memory that is there from the start, and only for this process: its first use costs nothing
/// more.
class ScratchMemory {
 public:
  explicit ScratchMemory(Bytes size);
  ScratchMemory(const ScratchMemory&) = delete;
  ~ScratchMemory();
  [[nodiscard]] std::span<std::byte> bytes() const { return bytes_; }

 private:
  std::span<std::byte> bytes_;
};

/// Writes the disk to a raw image; of every `apart` bytes only the first `allocated` are written.
Nothing write_raw(const StampedDisk& disk, const std::filesystem::path& file, Bytes allocated,
                  Bytes apart);

}  // namespace switchback
