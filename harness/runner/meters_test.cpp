// SPDX-License-Identifier: Apache-2.0
// Meters that contradict each other are noticed, in each direction.
#include "harness/runner/meters.hpp"

#include <gtest/gtest.h>

namespace switchback {
namespace {

TEST(Meters, AgreeWhereTheInterfaceCarriedAsMuchOrMore) {
  EXPECT_TRUE(compare_meters({}, {}));
  EXPECT_TRUE(
      compare_meters({.to_recovery = 5, .to_primary = 7}, {.to_recovery = 5, .to_primary = 7}));
  EXPECT_TRUE(
      compare_meters({.to_recovery = 5, .to_primary = 7}, {.to_recovery = 71, .to_primary = 8}));
}

TEST(Meters, LessAtTheInterfaceIsAnErrorWhateverTheOtherDirectionHas) {
  const Nothing there = compare_meters({.to_recovery = 5}, {.to_recovery = 4, .to_primary = 900});
  ASSERT_FALSE(there);
  EXPECT_NE(there.error().message.find("5 bytes to recovery"), std::string::npos);
  const Nothing back = compare_meters({.to_primary = 5}, {.to_recovery = 900, .to_primary = 4});
  ASSERT_FALSE(back);
  EXPECT_NE(back.error().message.find("5 bytes to primary"), std::string::npos);
}

}  // namespace
}  // namespace switchback
