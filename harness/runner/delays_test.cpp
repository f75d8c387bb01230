// SPDX-License-Identifier: Apache-2.0
// The time that calls took is what lies in them, from any instant on.
#include "harness/runner/delays.hpp"

#include <gtest/gtest.h>

namespace switchback {
namespace {

TEST(Delays, AreTheSecondsThatLieInACall) {
  const std::vector<std::pair<int, int>> calls = {{2, 5}, {5, 6}, {9, 9}, {10, 14}};
  Delays delays;
  for (const auto& [from, to] : calls)
    delays.add(Instant(from), Instant(to));
  for (int instant = 0; instant <= 15; ++instant) {
    int expected = 0;
    for (int second = instant; second < 15; ++second)
      for (const auto& [from, to] : calls)
        expected += from <= second && second < to ? 1 : 0;
    EXPECT_EQ(delays.since(Instant(instant)), Duration(expected)) << instant;
  }
}

TEST(Delays, AreNoneBeforeThereWasACall) {
  EXPECT_EQ(Delays().since(Instant(0)), Duration(0));
}

}  // namespace
}  // namespace switchback
