// SPDX-License-Identifier: Apache-2.0
// The disks of the guest, written raw: O_DIRECT, many blocks in flight, flushed when asked.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/result.hpp"
#include "vms/guest/wire.hpp"

namespace switchback::guest {

/// Drives are told by the serial number that the VM's definition gives them ("vda"), for a kernel
/// names disks in the order in which it meets them. Opened when first used, for the guest's life.
class Drives {
 public:
  Drives() = default;
  Drives(Drives&& from) noexcept : descriptors_(std::exchange(from.descriptors_, {})) {}
  Drives& operator=(Drives&&) = delete;
  ~Drives();

  /// Stamps all blocks of the request, and flushes the drives they are on. After an Error each of
  /// them may be written or not.
  Nothing write(const WriteRequest& request);
  /// What was written before survives a crash of the host.
  Nothing flush(const std::vector<std::uint32_t>& drives);
  /// The same of all that were opened.
  Nothing flush_all();

 private:
  Result<int> open(std::uint32_t drive);

  std::map<std::uint32_t, int> descriptors_;
};

}  // namespace switchback::guest
