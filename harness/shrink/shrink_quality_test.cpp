// SPDX-License-Identifier: Apache-2.0
// How well what was drawn is shrunk: to the smallest sequence that there is, from wherever it was
// found, in few commands.
#include <iostream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/sequence/needles.hpp"
#include "harness/sequence/whole_system.hpp"
#include "harness/shrink/shrink.hpp"

namespace switchback {
namespace {

std::vector<std::string> in_words(const Sequence& sequence) {
  std::vector<std::string> words;
  for (const Step& step : sequence.steps)
    words.push_back(describe(step));
  return words;
}

class ShrinkQuality : public testing::TestWithParam<Needle> {
 protected:
  /// The first that is drawn and breaks.
  static Sequence drawn_for(const Needle& needle, std::uint64_t seed) {
    const rc::Gen<DrawnSequence> drawn = sequences(options_for_whole_system());
    constexpr std::uint64_t kMost = 20'000;
    for (std::uint64_t n = 0; n < kMost; ++n) {
      Sequence sequence = drawn(rc::Random(seed * kMost + n), 0).value().sequence;
      if (needle.breaks(sequence)) return sequence;
    }
    ADD_FAILURE() << "not drawn from seed " << seed;
    return {};
  }
};

TEST_P(ShrinkQuality, GivesTheSmallestThereIs) {
  const Needle& needle = GetParam();
  std::uint64_t commands = 0;
  for (std::uint64_t seed = 0; seed < kNeedleSeeds; ++seed) {
    const Sequence failing = drawn_for(needle, seed);
    const ShrinkResult result = shrink(failing, *needle.breaks(failing), needle.breaks, {});
    ASSERT_TRUE(result.finished);
    ASSERT_THAT(in_words(result.smallest), testing::UnorderedElementsAreArray(needle.shortest))
        << "seed " << seed;
    ASSERT_EQ(result.smallest.disks.size(), needle.disks);
    ASSERT_EQ(result.smallest.vms.size(), needle.vms);
    commands += result.steps_run;
  }
  const double mean = static_cast<double>(commands) / static_cast<double>(kNeedleSeeds);
  std::cout << fmt::format("{}: {:.1f} commands\n", needle.name, mean);
  EXPECT_LE(mean, needle.commands_to_shrink);
}
INSTANTIATE_TEST_SUITE_P(Shrinking, ShrinkQuality, testing::ValuesIn(all_needles()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace switchback
