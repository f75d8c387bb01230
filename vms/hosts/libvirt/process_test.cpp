// SPDX-License-Identifier: Apache-2.0
// Programs are run to their end, and not one moment longer than allowed.
#include "vms/hosts/libvirt/process.hpp"

#include <csignal>
#include <fstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "vms/hosts/libvirt/run_processes.hpp"

namespace switchback::libvirt {
namespace {

/// Tests of this file run side by side, each as a run of its own.
const std::string kRun = fmt::format("{:08x}", getpid());
constexpr std::chrono::milliseconds kShort{100};
constexpr std::chrono::seconds kLong{60};

Result<BackgroundProgram> start(const std::vector<std::string>& command) {
  return BackgroundProgram::start({.command = command,
                                   .environment = {std::string(kRunVariable) + "=" + kRun},
                                   .log = "/dev/null",
                                   .listening_socket = std::nullopt});
}

TEST(Programs, GiveWhatTheyWroteAndHowTheyEnded) {
  const auto finished = finish_program(kRun, {"sh", "-c", "echo out; echo err >&2; exit 3"}, kLong);
  ASSERT_TRUE(finished) << finished.error().message;
  EXPECT_EQ(finished->status, 3);
  EXPECT_EQ(finished->out, "out\n");
  EXPECT_EQ(finished->err, "err\n");
  EXPECT_FALSE(finished->late);
}

TEST(Programs, ThatFailAreErrorsWithTheirOwnWords) {
  const auto output = run_program(kRun, {"sh", "-c", "echo no such luck >&2; exit 1"});
  ASSERT_FALSE(output);
  EXPECT_NE(output.error().message.find("no such luck"), std::string::npos);
}

TEST(Programs, ThatAreNotThereAreNamed) {
  const auto output = run_program(kRun, {"switchback-no-such-program"});
  ASSERT_FALSE(output);
  EXPECT_NE(output.error().message.find("switchback-no-such-program"), std::string::npos);
}

TEST(Programs, ThatWriteMoreThanAPipeHoldsAreReadToTheEnd) {
  const auto output = run_program(kRun, {"sh", "-c", "head -c 300000 /dev/zero; echo >&2"});
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_EQ(output->size(), 300000U);
}

TEST(Programs, AreKilledAtTheirDeadline) {
  const auto finished = finish_program(kRun, {"sleep", "1000"}, kShort);
  ASSERT_TRUE(finished);
  EXPECT_TRUE(finished->late);
  EXPECT_EQ(finished->status, 128 + SIGKILL);
}

TEST(Programs, ThatCloseTheirOutputAreStillBoundByTheDeadline) {
  const auto finished =
      finish_program(kRun, {"sh", "-c", "exec >&- 2>&-; exec sleep 1000"}, kShort);
  ASSERT_TRUE(finished);
  EXPECT_TRUE(finished->late);
}

TEST(Programs, BearTheRunAndInheritNoneOfOurFiles) {
  const int ours = open("/dev/null", O_RDONLY);  // not close-on-exec, as some libraries' are
  ASSERT_GT(ours, STDERR_FILENO);
  const auto output =
      run_program(kRun, {"sh", "-c", "echo $SWITCHBACK_RUN; ls /proc/self/fd | wc -l"});
  close(ours);
  ASSERT_TRUE(output) << output.error().message;
  // The standard three, and the one with which ls reads that folder.
  EXPECT_EQ(*output, kRun + "\n4\n");
}

TEST(BackgroundPrograms, AreFoundByTheirRunAndEndWithTheirOwner) {
  pid_t pid = 0;
  {
    const auto program = start({"sleep", "1000"});
    ASSERT_TRUE(program) << program.error().message;
    pid = program->pid();
    const auto found = processes_of_run(kRun);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].pid, pid);
  }
  EXPECT_TRUE(processes_of_run(kRun).empty());
  EXPECT_NE(kill(pid, 0), 0) << "it is waited for, too";
}

TEST(BackgroundPrograms, ThatAreStoppedAreEndedAllTheSame) {
  auto program = start({"sleep", "1000"});
  ASSERT_TRUE(program);
  const pid_t pid = program->pid();
  ASSERT_EQ(kill(pid, SIGSTOP), 0);
  program->end();
  EXPECT_NE(kill(pid, 0), 0);
}

TEST(BackgroundPrograms, TellThatTheyHaveEndedByThemselves) {
  auto program = start({"true"});
  ASSERT_TRUE(program);
  EXPECT_TRUE(program->wait_until_ended(kLong));
  EXPECT_TRUE(program->has_ended());
}

}  // namespace
}  // namespace switchback::libvirt
