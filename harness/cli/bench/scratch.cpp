// SPDX-License-Identifier: Apache-2.0
// See scratch.hpp.
#include "harness/cli/bench/scratch.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <sys/mman.h>

#include "harness/base/assert.hpp"
#include "vms/hosts/libvirt/run_folder.hpp"

namespace switchback {

Result<ScratchFolder> ScratchFolder::make() {
  std::string name = (libvirt::default_run_base() / "switchback-bench-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    return environment_error(fmt::format("folder {}: {}", name, std::strerror(errno)),
                             "set TMPDIR to a folder that can be written");
  return ScratchFolder(name);
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

ScratchMemory::ScratchMemory(Bytes size) {
  void* const at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  SB_ASSERT(at != MAP_FAILED);
  // Or each program that is started would take the time to copy its page tables.
  static_cast<void>(::madvise(at, size, MADV_DONTFORK));
  bytes_ = {static_cast<std::byte*>(at), size};
}

ScratchMemory::~ScratchMemory() {
  ::munmap(bytes_.data(), bytes_.size());
}

Nothing write_raw(const StampedDisk& disk, const std::filesystem::path& file, Bytes allocated,
                  Bytes apart) {
  const Bytes size = disk.journal().geometry(0).size_bytes;
  std::ofstream stream(file, std::ios::binary);
  std::vector<std::byte> piece;
  for (Bytes begin = 0; begin < size; begin += apart) {
    piece.assign(std::min(allocated, size - begin), std::byte{});
    disk.fill(piece, begin);
    stream.seekp(static_cast<std::streamoff>(begin));
    stream.write(reinterpret_cast<const char*>(piece.data()),
                 static_cast<std::streamsize>(piece.size()));
  }
  stream.close();
  std::error_code error;
  if (stream) std::filesystem::resize_file(file, size, error);
  if (stream && !error) return {};
  return no_space(fmt::format("image {} can't be written", file.string()),
                  "set TMPDIR to a folder with room for five gigabytes, or use --quick");
}

}  // namespace switchback
