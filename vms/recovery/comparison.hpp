// SPDX-License-Identifier: Apache-2.0
// Compares two sites' copies of the disks by checksums in fixed chunks and sends only what differs:
// resynchronization and failback.
#pragma once

#include <functional>

#include "harness/lifecycle/state.hpp"
#include "vms/recovery/stages.hpp"

namespace switchback::recovery {

/// What is compared, and where differences are written. References must outlive the task.
struct Comparison {
  Site source = Site::primary;
  bool source_runs = true;  ///< else the views are those of stopped VMs
  bool quiesce = false;
  /// The volume on the other site that holds the older content, by disk. Nobody writes to it.
  std::function<VolumeName(const DiskSpec&)> compare_with;
  /// The volume that is to show the source's content afterwards; it starts with the older content.
  /// May be the same.
  std::function<VolumeName(const DiskSpec&)> target;
};

/// Cuts views at the source, sends the chunks of `job.checksum_chunk` bytes that differ, zeroes too
/// where only the target has data, flushes and closes. Tracking as with transfer(). Returns what
/// was cut, its `layer` left empty.
Task<Result<LayerRecord>> compare_and_send(JobContext& job, Comparison what);

/// The extents of a disk in which two lists of checksums differ, whole chunks joined where they
/// touch, none longer than 1 MiB (or one chunk), the last one cut at the disk's end.
std::vector<Extent> differing_extents(const std::vector<ChunkDigest>& source,
                                      const std::vector<ChunkDigest>& target, Bytes chunk_bytes,
                                      Bytes disk_bytes);

}  // namespace switchback::recovery
