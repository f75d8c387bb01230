// SPDX-License-Identifier: Apache-2.0
// What stands in the header of a qcow2 image, read by ourselves: a census looks at many images, and
// a qemu-img for each of them costs more than everything else in it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/base/result.hpp"
#include "harness/base/units.hpp"

namespace switchback::libvirt {

struct Qcow2Header {
  Bytes size_bytes = 0;              ///< of the disk that the image holds
  std::string backing;               ///< what it rests on, as stored; empty: nothing
  std::vector<std::string> bitmaps;  ///< names of the persistent dirty bitmaps, as stored
};

/// Reads size, backing file and bitmap directory. Source: docs/interop/qcow2.txt of QEMU. While a
/// QEMU writes to the image its bitmap directory is old: ask that QEMU. An Error of kind not_found
/// if there is no such file.
Result<Qcow2Header> read_qcow2_header(const std::filesystem::path& file);

}  // namespace switchback::libvirt
