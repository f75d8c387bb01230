// SPDX-License-Identifier: Apache-2.0
// Draws sequences: walks over the lifecycle table with writes, waits and faults between and during.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <rapidcheck/Gen.h>
#include <rapidcheck/Random.h>

#include "harness/sequence/frontier.hpp"
#include "harness/sequence/profile.hpp"
#include "harness/sequence/step.hpp"
#include "harness/system/capabilities.hpp"

namespace switchback {

/// What a world can carry.
struct SequenceLimits {
  std::size_t steps_max = 80;
  unsigned items_max = 4;  ///< at a time
  unsigned disks_min = 1;
  unsigned disks_max = 4;
  Bytes disk_bytes_min = 512;
  Bytes disk_bytes_max = Bytes{4095} << 30;
  Bytes boot_disk_bytes_max = Bytes{2048} << 30;
  Bytes disk_bytes_multiple = 1;  ///< real disks come in whole sectors
  BlockNumber blocks_in_a_write_max = 48;
  BlockNumber blocks_in_a_flood_max =
      1024;  ///< of a write that covers most of a disk; 0: no floods
  BlockNumber blocks_in_a_scatter_max = 2200;  ///< of a write all over a disk; 0: no such writes
  std::uint64_t rounds_in_a_wait_max = 100;    ///< so often replication runs while a step waits
};

struct GeneratorOptions {
  Capabilities capabilities;
  SequenceLimits limits;
  std::vector<Profile> profiles;                                   ///< at least one
  std::vector<Edit> edits = {kAllEdits.begin(), kAllEdits.end()};  ///< that the world can make
  bool trims = true;                                               ///< guests can, in that world
  /// What the campaign has hardly come to. Never null.
  std::shared_ptr<const Frontier> frontier = std::make_shared<const Frontier>();
};

struct DrawnSequence {
  Sequence sequence;
  std::string profile;
};

/// A generator to be called with an explicit rc::Random: `sequences(options)(random, 0).value()`.
/// Length and magnitudes have their own distributions, so the size parameter is not used; nothing
/// global is touched, so it may be called from several threads. Drawn sequences carry no shrinks:
/// see harness/shrink.
rc::Gen<DrawnSequence> sequences(GeneratorOptions options);

}  // namespace switchback
