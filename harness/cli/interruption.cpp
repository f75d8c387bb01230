// SPDX-License-Identifier: Apache-2.0
// See interruption.hpp.
#include "harness/cli/interruption.hpp"

#include <atomic>
#include <csignal>

namespace switchback {
namespace {

std::atomic<int> received{0};
static_assert(std::atomic<int>::is_always_lock_free, "written by a signal handler");

void note(int signal) {
  received.store(signal, std::memory_order_relaxed);
  std::signal(signal, SIG_DFL);
}

}  // namespace

void watch_signals() {
  std::signal(SIGINT, note);
  std::signal(SIGTERM, note);
  std::signal(SIGPIPE, SIG_IGN);
}

int signal_received() {
  return received.load(std::memory_order_relaxed);
}

}  // namespace switchback
