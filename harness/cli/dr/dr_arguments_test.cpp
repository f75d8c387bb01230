// SPDX-License-Identifier: Apache-2.0
// The command line of `switchback dr`: what it takes, what it refuses, and that each operation an
// operator can ask for has a command.
#include "harness/cli/dr/dr_arguments.hpp"

#include <set>

#include <CLI/CLI.hpp>
#include <gtest/gtest.h>

#include "harness/cli/dr/dr_commands.hpp"
#include "harness/cli/dr/dr_text.hpp"

namespace switchback {
namespace {

/// What the line after `switchback dr` gives; nothing if it is refused.
std::optional<DrArguments> parsed(const std::string& line) {
  CLI::App app;
  DrArguments arguments;
  add_dr(app, arguments);
  try {
    app.parse("dr " + line);
  } catch (const CLI::ParseError&) {
    return std::nullopt;
  }
  return arguments;
}

TEST(DrArguments, EveryOperationOfAnOperatorHasACommand) {
  for (const Operation operation : kAllOperations)
    if (asked_by_operator(operation)) {
      EXPECT_TRUE(parsed(dr_command_for(operation))) << name_of(operation);
    }
}

TEST(DrArguments, AWordThatIsNoCommandIsRefused) {
  EXPECT_FALSE(parsed("frobnicate"));
  EXPECT_FALSE(parsed("enable web now"));
  EXPECT_FALSE(parsed("enable --force"));
}

TEST(DrArguments, ThePolicyHasTheLimitsOfTheTutorial) {
  const auto given = parsed("enable web --copy-frequency 30 --retention 24 --encrypt --key-file -");
  ASSERT_TRUE(given);
  EXPECT_EQ(given->vm, "web");
  EXPECT_EQ(given->policy.copy_frequency, std::chrono::seconds(30));
  EXPECT_EQ(given->policy.retention, std::chrono::hours(24));
  EXPECT_TRUE(given->policy.encrypted);
  EXPECT_EQ(given->key_file, "-");
  EXPECT_FALSE(parsed("enable --copy-frequency 60"));
  EXPECT_FALSE(parsed("enable --retention 25"));
  EXPECT_FALSE(parsed("enable --most-points 0"));
}

TEST(DrArguments, WaitsAndShutsDownUnlessToldNotTo) {
  EXPECT_TRUE(parsed("failover")->wait);
  EXPECT_TRUE(parsed("failover")->request.shut_down_source);
  const auto told = parsed("failover --no-wait --no-shutdown --point p3");
  ASSERT_TRUE(told);
  EXPECT_FALSE(told->wait);
  EXPECT_FALSE(told->request.shut_down_source);
  EXPECT_EQ(told->point, "p3");
}

TEST(DrArguments, TimesAndSizesHaveUnits) {
  EXPECT_EQ(parsed("skip 90s")->skip, std::chrono::seconds(90));
  EXPECT_EQ(parsed("skip 2h")->skip, std::chrono::hours(2));
  EXPECT_FALSE(parsed("skip"));
  EXPECT_FALSE(parsed("skip 5d"));
  EXPECT_FALSE(parsed("skip -- -5s"));
  EXPECT_EQ(parsed("lab --size 1G")->lab_disk_bytes, Bytes{1} << 30);
  EXPECT_FALSE(parsed("lab --size lots"));
  EXPECT_FALSE(parsed("write --count 0"));
}

class DrCommand : public testing::Test {
 protected:
  DrCommand() {
    std::string name = (std::filesystem::temp_directory_path() / "dr-XXXXXX").string();
    base_ = mkdtemp(name.data());
  }
  ~DrCommand() override { std::filesystem::remove_all(base_); }
  /// The exit code of a command, and what it said on standard error.
  int run(const std::string& line) {
    CLI::App app;
    DrArguments arguments;
    add_dr(app, arguments);
    app.parse("dr " + line);
    arguments.base = base_;
    testing::internal::CaptureStderr();
    const int code = dr_command(app, arguments);
    said_ = testing::internal::GetCapturedStderr();
    return code;
  }
  std::filesystem::path base_;
  std::string said_;
};

TEST_F(DrCommand, WithoutALabNothingIsTried) {
  for (const char* line : {"status", "jobs", "points", "disks", "write", "wait", "skip 0s", "heal",
                           "end", "enable", "cancel", "break link-cut"}) {
    EXPECT_EQ(run(line), kExitNotTried) << line;
    EXPECT_NE(said_.find("switchback dr lab"), std::string::npos) << said_;
  }
}

TEST_F(DrCommand, AKeyIsNeitherForgottenNorGivenForNothing) {
  EXPECT_EQ(run("enable --encrypt"), kExitNotTried);
  EXPECT_NE(said_.find("--key-file"), std::string::npos) << said_;
  EXPECT_EQ(run("enable --key-file /dev/null"), kExitNotTried);
  EXPECT_NE(said_.find("--encrypt"), std::string::npos) << said_;
  EXPECT_EQ(run("failover --key-file /dev/null"), kExitNotTried);
  EXPECT_NE(said_.find("is empty"), std::string::npos) << said_;
}

TEST_F(DrCommand, WhatCanNotBeBrokenIsSaidWithWhatCan) {
  EXPECT_EQ(run("break gremlins"), kExitNotTried);
  EXPECT_NE(said_.find("link-cut"), std::string::npos) << said_;
}

TEST_F(DrCommand, ALabIsNotMadeOfWhatNoVmCanBe) {
  EXPECT_EQ(run("lab --vm UPPER"), kExitNotTried);
  EXPECT_EQ(run("lab --size 100"), kExitNotTried);
  EXPECT_NE(said_.find("4 KiB"), std::string::npos) << said_;
}

}  // namespace
}  // namespace switchback
