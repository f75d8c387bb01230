// SPDX-License-Identifier: Apache-2.0
// Which of two sequences is easier to read, and whether two are the same.
#pragma once

#include <array>
#include <compare>
#include <cstdint>

#include "harness/sequence/step.hpp"

namespace switchback {

/// What a reader has to take in, the most important part first. Every accepted candidate is smaller
/// in this order, so shrinking ends.
struct Burden {
  std::uint64_t steps = 0;
  std::uint64_t items = 0;
  std::uint64_t vms = 0;
  std::uint64_t disks = 0;
  std::uint64_t moments = 0;     ///< steps inside a job, and jobs in the background
  std::uint64_t choices = 0;     ///< of requests, policy and hardware, that are not the default
  std::uint64_t disk_bytes = 0;  ///< of all disks; sums stop at the largest number
  std::uint64_t wait = 0;        ///< milliseconds
  std::uint64_t blocks = 0;      ///< written
  std::uint64_t ordinals = 0;    ///< of disks, blocks, calls and points; clock steps
  friend auto operator<=>(const Burden&, const Burden&) = default;
};
Burden burden_of(const Sequence& sequence);

/// A fingerprint of item and steps, 128 bits: two sequences with the same one are taken for equal.
using Digest = std::array<std::uint64_t, 2>;
Digest digest_of(const Sequence& sequence);

}  // namespace switchback
