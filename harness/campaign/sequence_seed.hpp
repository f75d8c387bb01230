// SPDX-License-Identifier: Apache-2.0
// The seed of each sequence of a campaign.
#pragma once

#include <cstdint>

namespace switchback {

/// SplitMix64's output function (Steele, Lea, Flood 2014) over the campaign's seed and the index:
/// no sequence needs the random numbers of those before it.
constexpr std::uint64_t seed_of_sequence(std::uint64_t campaign_seed, std::uint64_t index) {
  std::uint64_t z = campaign_seed + (index + 1) * 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

}  // namespace switchback
