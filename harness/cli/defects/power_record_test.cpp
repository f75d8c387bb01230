// SPDX-License-Identifier: Apache-2.0
// What a build has found is told by that build, and by no other.
#include "harness/cli/defects/power_record.hpp"

#include <cstdlib>

#include <gtest/gtest.h>

#include "reports/output_file.hpp"
#include "reports/scratch_folder.hpp"

namespace switchback {
namespace {

class PowerRecord : public testing::Test {
 protected:
  void SetUp() override { setenv("XDG_STATE_HOME", (scratch_ / "state").c_str(), 1); }
  void TearDown() override { unsetenv("XDG_STATE_HOME"); }

  samples::ScratchFolder scratch_;
};

TEST_F(PowerRecord, IsThatOfTheLastSearch) {
  EXPECT_FALSE(power_of_this_build());
  ASSERT_TRUE(keep_power({70, 71}));
  ASSERT_TRUE(keep_power({71, 71}));
  const auto power = power_of_this_build();
  ASSERT_TRUE(power);
  EXPECT_EQ(power->found, 71U);
  EXPECT_EQ(power->planted, 71U);
}

TEST_F(PowerRecord, OfAnotherBuildIsNotThisOnes) {
  ASSERT_TRUE(keep_power({71, 71}));
  const auto build = this_build();
  ASSERT_TRUE(build);
  const auto own = power_file(*build);
  const auto others = power_file(std::string(32, '0'));
  ASSERT_TRUE(own && others);
  ASSERT_NE(*own, *others);
  std::filesystem::rename(*own, *others);
  EXPECT_FALSE(power_of_this_build());
}

TEST_F(PowerRecord, ThatCantBeReadSaysNothing) {
  ASSERT_TRUE(keep_power({71, 71}));
  const auto file = power_file(this_build().value_or(""));
  ASSERT_TRUE(file);
  for (const char* text :
       {"", "{}", "[71, 71]", R"({"found": 72, "planted": 71})", R"({"found": -1, "planted": 71})",
        R"({"found": "71", "planted": 71})"}) {
    ASSERT_TRUE(write_whole_file(*file, text));
    EXPECT_FALSE(power_of_this_build()) << text;
  }
}

TEST_F(PowerRecord, WhereNothingCanBeKeptThatIsSaid) {
  ASSERT_TRUE(write_whole_file(scratch_ / "state", "no folder"));
  EXPECT_FALSE(keep_power({71, 71}));
  EXPECT_FALSE(power_of_this_build());
}

}  // namespace
}  // namespace switchback
