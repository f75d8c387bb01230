// SPDX-License-Identifier: Apache-2.0
// One controller at a time, and one that is asked gives way.
#include "harness/cli/dr/controller_lock.hpp"

#include <chrono>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vms/hosts/libvirt/deadline.hpp"

namespace switchback {
namespace {

class ControllerLockTest : public testing::Test {
 protected:
  ControllerLockTest() {
    std::string name = (std::filesystem::temp_directory_path() / "lock-XXXXXX").string();
    run_ = mkdtemp(name.data());
  }
  ~ControllerLockTest() override { std::filesystem::remove_all(run_); }
  std::filesystem::path run_;
};

TEST_F(ControllerLockTest, IsHeldByOneUntilItEnds) {
  {
    const auto first = ControllerLock::take(run_);
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_FALSE(ControllerLock::try_take(run_));
    EXPECT_FALSE(first->wanted());
  }
  EXPECT_TRUE(ControllerLock::try_take(run_));
}

TEST_F(ControllerLockTest, AFolderThatIsNotThereIsAnError) {
  const auto taken = ControllerLock::take(run_ / "none");
  ASSERT_FALSE(taken);
  EXPECT_NE(taken.error().message.find("none"), std::string::npos);
}

TEST_F(ControllerLockTest, TheOneAtWorkLearnsThatAnotherWaits) {
  std::optional<ControllerLock> first = ControllerLock::try_take(run_);
  ASSERT_TRUE(first);
  const pid_t other = fork();
  if (other == 0) {
    first->~ControllerLock();  // what a fork inherits would keep it locked
    _exit(ControllerLock::take_over(run_) ? 0 : 1);
  }
  const auto deadline = libvirt::Deadline::after(std::chrono::seconds(20));
  while (!first->wanted() && !deadline.passed())
    deadline.pause();
  EXPECT_TRUE(first->wanted());
  first.reset();
  int status = -1;
  waitpid(other, &status, 0);
  EXPECT_EQ(status, 0);
  const auto next = ControllerLock::try_take(run_);
  ASSERT_TRUE(next);
  EXPECT_FALSE(next->wanted());
}

}  // namespace
}  // namespace switchback
