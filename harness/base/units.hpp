// SPDX-License-Identifier: Apache-2.0
// The quantities that cross every boundary, each with its unit.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

namespace switchback {

using Bytes = std::uint64_t;

/// A block of a disk: `kBlockBytes` long, but for the last one (see DiskGeometry).
using BlockNumber = std::uint64_t;

/// Disks of a consistency group, numbered from 0 in the order in which the journal was given them.
using DiskIndex = std::uint32_t;

/// Numbers guest writes of a sequence from 1; 0 stands for the initial state of a block.
using WriteSeq = std::uint64_t;
inline constexpr WriteSeq kInitialState = 0;

/// The harness's own order of events: every issue, acknowledgement and flush gets the next tick, so
/// two events never share one. Not a time: see Instant.
using Tick = std::uint64_t;
inline constexpr Tick kNever = std::numeric_limits<Tick>::max();

/// Nanoseconds of the clock that the DR system is given: virtual in the simulated world, set by the
/// harness in both. Zero is the start of a sequence.
using Instant = std::chrono::nanoseconds;
using Duration = std::chrono::nanoseconds;

/// The unit in which guests write and images are judged.
inline constexpr Bytes kBlockBytes = 4096;
inline constexpr Bytes kSectorBytes = 512;

}  // namespace switchback
