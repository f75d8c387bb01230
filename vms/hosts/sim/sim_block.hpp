// SPDX-License-Identifier: Apache-2.0
// What a block of a simulated disk holds: the number of the guest write that it shows, marked if
// that was a trim, after which a real block would read as zeroes. So one that shows nothing is told
// from one that was never written. Or it was half written when the power went.
#pragma once

#include "harness/base/units.hpp"

namespace switchback::sim {

/// Far beyond the numbers of all branches of history.
inline constexpr WriteSeq kTrimmed = WriteSeq{1} << 63;

constexpr WriteSeq trimmed_by(WriteSeq seq) {
  return seq | kTrimmed;
}
constexpr bool is_trimmed(WriteSeq held) {
  return (held & kTrimmed) != 0;
}
/// Half written when the power went: the rest shows what was there before.
inline constexpr WriteSeq kTorn = WriteSeq{1} << 62;

constexpr WriteSeq torn_by(WriteSeq seq) {
  return seq | kTorn;
}
constexpr bool is_torn(WriteSeq held) {
  return (held & kTorn) != 0;
}
constexpr WriteSeq write_shown(WriteSeq held) {
  return held & ~(kTrimmed | kTorn);
}

}  // namespace switchback::sim
