// SPDX-License-Identifier: Apache-2.0
// Checksums of a disk, and how they cross the link.
#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "harness/base/result.hpp"
#include "harness/base/units.hpp"
#include "vms/hosts/libvirt/nbd_disk.hpp"
#include "vms/hosts/libvirt/wire_route.hpp"
#include "vms/recovery/host.hpp"

namespace switchback::libvirt {

using Digests = std::vector<recovery::ChunkDigest>;

/// XXH3 (128 bits) of each chunk that holds something, the last one as short as it is. Reads only
/// what is allocated. The disk's context must be kAllocation.
Result<Digests> digests_of(NbdDisk& disk, Bytes chunk_bytes);

/// Has `compute` done and its answer served by a thread of `site`, at `socket`, and fetches it over
/// the link: 8 bytes and 24 for each checksum.
Result<Digests> fetch_digests(WireRoute& wire, Site site, const std::filesystem::path& socket,
                              const std::function<Result<Digests>()>& compute);

}  // namespace switchback::libvirt
