// SPDX-License-Identifier: Apache-2.0
// How soon what breaks a system is drawn.
#include <iostream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "harness/sequence/needles.hpp"
#include "harness/sequence/whole_system.hpp"

namespace switchback {
namespace {

class FindQuality : public testing::TestWithParam<Needle> {};

TEST_P(FindQuality, IsAsGoodAsItWas) {
  const Needle& needle = GetParam();
  const rc::Gen<DrawnSequence> drawn = sequences(options_for_whole_system());
  constexpr std::uint64_t kMost = 20'000;
  std::uint64_t sum = 0;
  for (std::uint64_t seed = 0; seed < kNeedleSeeds; ++seed) {
    std::uint64_t n = 0;
    while (n < kMost && !needle.breaks(drawn(rc::Random(seed * kMost + n), 0).value().sequence))
      ++n;
    sum += n + 1;
  }
  const double mean = static_cast<double>(sum) / static_cast<double>(kNeedleSeeds);
  std::cout << fmt::format("{}: {:.1f} sequences\n", needle.name, mean);
  EXPECT_LE(mean, needle.sequences_to_find);
}
INSTANTIATE_TEST_SUITE_P(Drawing, FindQuality, testing::ValuesIn(all_needles()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace switchback
