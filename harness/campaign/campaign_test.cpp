// SPDX-License-Identifier: Apache-2.0
// Workers hand over in order; seeds of sequences are independent of each other.
#include <atomic>
#include <set>

#include <gtest/gtest.h>

#include "harness/campaign/ordered_workers.hpp"
#include "harness/campaign/sequence_seed.hpp"

namespace switchback {
namespace {

class InOrder : public testing::TestWithParam<unsigned> {};

TEST_P(InOrder, ResultsComeInTheOrderOfTheirNumbers) {
  std::vector<std::uint64_t> taken;
  in_order<std::uint64_t>(
      GetParam(), [](std::uint64_t index) { return index < 1000; },
      [](std::uint64_t index) { return index * index; },
      [&](std::uint64_t index, std::uint64_t square) {
        EXPECT_EQ(square, index * index);
        taken.push_back(index);
        return true;
      });
  ASSERT_EQ(taken.size(), 1000U);
  for (std::uint64_t n = 0; n < taken.size(); ++n)
    EXPECT_EQ(taken[n], n);
}

TEST_P(InOrder, EndsWhenTheTakerHasHadEnough) {
  std::uint64_t last = 0;
  std::atomic<std::uint64_t> worked{0};
  in_order<int>(
      GetParam(), [](std::uint64_t) { return true; },
      [&](std::uint64_t) {
        ++worked;
        return 0;
      },
      [&](std::uint64_t index, int) {
        last = index;
        return index < 10;
      });
  EXPECT_EQ(last, 10U);
  EXPECT_GE(worked.load(), 11U);
  EXPECT_LE(worked.load(), 11U + 65U * GetParam()) << "no worker may run far ahead";
}

TEST_P(InOrder, NothingToDoIsNoTrouble) {
  in_order<int>(
      GetParam(), [](std::uint64_t) { return false; },
      [](std::uint64_t) {
        ADD_FAILURE() << "nothing may start";
        return 0;
      },
      [](std::uint64_t, int) {
        ADD_FAILURE() << "nothing can be taken";
        return true;
      });
}

INSTANTIATE_TEST_SUITE_P(Jobs, InOrder, testing::Values(1U, 2U, 7U));

TEST(SeedOfSequence, DiffersWithSeedAndIndex) {
  std::set<std::uint64_t> seeds;
  for (std::uint64_t campaign = 0; campaign < 100; ++campaign)
    for (std::uint64_t index = 0; index < 100; ++index)
      seeds.insert(seed_of_sequence(campaign, index));
  EXPECT_EQ(seeds.size(), 10000U);
}

TEST(SeedOfSequence, IsThatOfThePublishedFunction) {
  // SplitMix64 from state 0 gives this as its first number.
  EXPECT_EQ(seed_of_sequence(0, 0), 0xe220a8397b1dcdafU);
}

}  // namespace
}  // namespace switchback
