// SPDX-License-Identifier: Apache-2.0
// Checksums of simulated disks.
#pragma once

#include <vector>

#include "harness/base/result.hpp"
#include "harness/base/units.hpp"
#include "harness/journal/image.hpp"
#include "vms/recovery/host.hpp"

namespace switchback::sim {

/// What the checksum of one chunk costs on the link: the checksum and the chunk's number.
inline constexpr Bytes kChecksumBytes = 16 + 8;

/// The checksums of a disk that shows these blocks, in chunks of `chunk_bytes`: a function of what
/// it shows alone. Costs what is allocated. An Error unless chunks are whole blocks.
Result<std::vector<recovery::ChunkDigest>> digests_of(const ShownBlocks& shown, Bytes chunk_bytes);

}  // namespace switchback::sim
