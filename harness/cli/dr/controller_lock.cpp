// SPDX-License-Identifier: Apache-2.0
// See controller_lock.hpp.
#include "harness/cli/dr/controller_lock.hpp"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "harness/cli/interruption.hpp"
#include "vms/hosts/libvirt/deadline.hpp"

namespace switchback {
namespace {

constexpr std::chrono::seconds kPatience(10);
/// A job gives way between two calls; the longest of those is a guest that is slow to shut down.
constexpr std::chrono::seconds kPatienceWithAJob(60);

std::filesystem::path lock_path(const std::filesystem::path& run) {
  return run / "controller.lock";
}

Result<int> open_lock(const std::filesystem::path& file) {
  const int lock = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock >= 0) return lock;
  return environment_error(fmt::format("{}: {}", file.string(), std::strerror(errno)),
                           "run it as the user who started the lab");
}

bool lock_now(int lock) {
  return flock(lock, LOCK_EX | LOCK_NB) == 0;
}

/// So that others can say who is at work.
void sign(int lock) {
  const std::string pid = std::to_string(getpid());
  if (ftruncate(lock, 0) == 0) static_cast<void>(pwrite(lock, pid.data(), pid.size(), 0) > 0);
}

Nothing wait_for(int lock, const std::filesystem::path& run, std::chrono::seconds patience) {
  libvirt::Deadline deadline = libvirt::Deadline::after(patience);
  while (!lock_now(lock)) {
    if (signal_received() != 0) return environment_error("interrupted", "nothing was done");
    if (deadline.passed()) {
      std::string pid = "?";
      std::ifstream(lock_path(run)) >> pid;
      return environment_error(
          fmt::format("another 'switchback dr' (process {}) is at work on this lab", pid),
          "see what it does: switchback dr jobs; wait for it: switchback dr wait");
    }
    deadline.pause();
  }
  return {};
}

}  // namespace

Result<ControllerLock> ControllerLock::take(const std::filesystem::path& run) {
  SB_ASSIGN(lock, open_lock(lock_path(run)));
  ControllerLock taken(lock, -1);
  SB_TRY(wait_for(lock, run, kPatience));
  sign(lock);
  SB_ASSIGN(next, open_lock(run / "controller.next"));
  taken.next_ = next;
  return taken;
}

std::optional<ControllerLock> ControllerLock::try_take(const std::filesystem::path& run) {
  const Result<int> lock = open_lock(lock_path(run));
  if (!lock) return std::nullopt;
  ControllerLock taken(*lock, -1);
  if (!lock_now(*lock)) return std::nullopt;
  sign(*lock);
  const Result<int> next = open_lock(run / "controller.next");
  if (!next) return std::nullopt;
  taken.next_ = *next;
  return taken;
}

Result<ControllerLock> ControllerLock::take_over(const std::filesystem::path& run) {
  SB_ASSIGN(next, open_lock(run / "controller.next"));
  ControllerLock taken(-1, next);
  SB_TRY(wait_for(next, run, kPatience));
  SB_ASSIGN(lock, open_lock(lock_path(run)));
  taken.lock_ = lock;
  SB_TRY(wait_for(lock, run, kPatienceWithAJob));
  sign(lock);
  flock(next, LOCK_UN);
  return taken;
}

ControllerLock::ControllerLock(ControllerLock&& from) noexcept
    : lock_(std::exchange(from.lock_, -1)), next_(std::exchange(from.next_, -1)) {}

ControllerLock::~ControllerLock() {
  if (next_ >= 0) close(next_);
  if (lock_ >= 0) close(lock_);
}

bool ControllerLock::wanted() const {
  if (next_ < 0) return false;
  if (!lock_now(next_)) return true;
  flock(next_, LOCK_UN);
  return false;
}

}  // namespace switchback
