// SPDX-License-Identifier: Apache-2.0
// The values that a trace may hold: docs/trace.schema.json says the same.
#pragma once

#include <cstddef>
#include <cstdint>

#include "harness/base/units.hpp"

namespace switchback {

inline constexpr std::size_t kTraceBytesMax = std::size_t{16} << 20;

/// Whole numbers up to here survive every JSON reader, also those that only know doubles.
inline constexpr std::uint64_t kExactNumberMax = std::uint64_t{1} << 53;

inline constexpr Bytes kDiskBytesMin = kSectorBytes;
inline constexpr Bytes kDiskBytesMax = kExactNumberMax;  ///< 8 PiB
inline constexpr std::size_t kTraceDisksMax = 64;
/// One write step: 256 MiB. More would only make a run slow.
inline constexpr std::uint32_t kWriteBlocksMax = 65536;
/// One wait step: a year, far below what nanoseconds in 64 bits can hold.
inline constexpr std::int64_t kWaitMillisecondsMax = std::int64_t{365} * 24 * 3600 * 1000;
/// The same in copy periods, none of which is longer than kSecondsMax.
inline constexpr std::uint64_t kPeriodsMax = 1000;
/// One step of a clock, forward or back: a month.
inline constexpr std::uint64_t kClockStepSecondsMax = std::uint64_t{31} * 24 * 3600;
/// A device ("vda") and a stage ("synchronize_final") are short and plain words.
inline constexpr std::size_t kDeviceLengthMax = 16;
inline constexpr std::size_t kStageLengthMax = 64;
inline constexpr std::uint64_t kOrdinalMax = 0xffffffff;

/// Items of one sequence.
inline constexpr std::size_t kTraceItemsMax = 4096;
/// VMs of a group, and what one of them may have.
inline constexpr std::size_t kTraceVmsMax = 8;
inline constexpr std::size_t kNicsMax = 16;
inline constexpr std::uint64_t kCpusMax = 1024;
inline constexpr Bytes kMemoryBytesMax = Bytes{1} << 44;
inline constexpr std::size_t kWordLengthMax = 64;  ///< MAC, network, address, suffix
inline constexpr std::uint64_t kSecondsMax = 86400;
inline constexpr std::uint64_t kHoursMax = 8760;
inline constexpr std::uint64_t kPointsMax = 1000;

}  // namespace switchback
