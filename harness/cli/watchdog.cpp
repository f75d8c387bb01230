// SPDX-License-Identifier: Apache-2.0
// See watchdog.hpp.
#include "harness/cli/watchdog.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "harness/base/assert.hpp"
#include "harness/cli/arguments.hpp"
#include "harness/cli/stopwatch.hpp"
#include "reports/text.hpp"

namespace switchback {
namespace {

constexpr std::array kDeadly = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
constexpr std::chrono::milliseconds kGlance(200);
/// A glance that comes later than this was kept from it: the process was stopped, or the machine
/// slept. That is nobody's hang.
constexpr std::chrono::seconds kLateGlance(2);
/// For keeping traces and ending reports, in a process that is not sound any more.
constexpr unsigned kPatienceSeconds = 30;
constexpr std::size_t kSignalStackBytes = 64U << 10;
constexpr std::size_t kNoSlot = std::numeric_limits<std::size_t>::max();

struct Wake {
  std::size_t slot = kNoSlot;
  int signal = 0;  ///< 0: the watchdog is to end
};

// What a signal handler may look at: the writing end of the watchdog's pipe, the slot of the
// sequence that its thread is running, whether its thread is the watchdog's.
volatile std::sig_atomic_t wake_pipe = -1;
thread_local volatile std::size_t own_slot = kNoSlot;
thread_local volatile bool is_watchdog = false;

/// To stderr, past all buffers and locks.
void say(std::string_view words) {
  while (!words.empty()) {
    const ssize_t written = write(STDERR_FILENO, words.data(), words.size());
    if (written <= 0) return;
    words.remove_prefix(static_cast<std::size_t>(written));
  }
}

extern "C" void on_alarm(int) {
  say("switchback: the process is too broken to keep more, or to end its reports\n");
  _exit(kExitCutShort);
}

extern "C" void on_deadly_signal(int signal) {
  if (is_watchdog) on_alarm(signal);
  alarm(kPatienceSeconds);
  const Wake wake{own_slot, signal};
  if (write(static_cast<int>(wake_pipe), &wake, sizeof wake) != sizeof wake) on_alarm(signal);
  while (true)
    pause();  // until the watchdog has ended the process
}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_ONSTACK | SA_NODEFER;
  SB_ASSERT(sigaction(signal, &action, nullptr) == 0);
}

/// A stack on which a thread that has used up its own can still be heard; unless it has one.
class SignalStack {
 public:
  SignalStack() {
    stack_t known{};
    SB_ASSERT(sigaltstack(nullptr, &known) == 0);
    if ((known.ss_flags & SS_DISABLE) == 0) return;
    bytes_ = std::make_unique<char[]>(kSignalStackBytes);
    stack_t given{};
    given.ss_sp = bytes_.get();
    given.ss_size = kSignalStackBytes;
    SB_ASSERT(sigaltstack(&given, nullptr) == 0);
  }
  SignalStack(const SignalStack&) = delete;
  SignalStack& operator=(const SignalStack&) = delete;
  ~SignalStack() {
    if (!bytes_) return;
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    sigaltstack(&none, nullptr);
  }

 private:
  std::unique_ptr<char[]> bytes_;
};

}  // namespace

Watchdog::Watchdog(WatchdogOptions options) : options_(std::move(options)) {
  std::array<int, 2> ends{};
  SB_ASSERT(pipe2(ends.data(), O_CLOEXEC) == 0);
  wake_pipe = ends[1];
  thread_ = std::thread([this, from = ends[0]] {
    is_watchdog = true;
    watch(from);
    close(from);
  });
  handle(SIGALRM, on_alarm);
  for (const int signal : kDeadly)
    handle(signal, on_deadly_signal);
}

Watchdog::~Watchdog() {
  for (const int signal : kDeadly)
    handle(signal, SIG_DFL);
  handle(SIGALRM, SIG_DFL);
  const Wake end{};
  SB_ASSERT(write(static_cast<int>(wake_pipe), &end, sizeof end) == sizeof end);
  thread_.join();
  close(static_cast<int>(wake_pipe));
  wake_pipe = -1;
}

void Watchdog::begins(std::optional<std::uint64_t> index, const Sequence& sequence) {
  thread_local const SignalStack stack;
  const std::scoped_lock lock(mutex_);
  auto free = std::find_if(slots_.begin(), slots_.end(),
                           [](const Slot& slot) { return slot.sequence == nullptr; });
  if (free == slots_.end()) free = slots_.insert(free, Slot{});
  *free = {&sequence, index, now_, false};
  own_slot = static_cast<std::size_t>(free - slots_.begin());
}

void Watchdog::ended() {
  const std::scoped_lock lock(mutex_);
  slots_[own_slot].sequence = nullptr;
  own_slot = kNoSlot;
}

void Watchdog::watch(int from) {
  const Stopwatch stopwatch;
  Seconds last{};
  while (true) {
    pollfd waiting{from, POLLIN, 0};
    const bool woken = poll(&waiting, 1, static_cast<int>(kGlance.count())) > 0;
    // With the lock, sequences stay where they are: their threads stand still, or wait at its end.
    const std::scoped_lock lock(mutex_);
    if (woken) {
      Wake wake;
      SB_ASSERT(read(from, &wake, sizeof wake) == sizeof wake);
      if (wake.signal == 0) return;
      look_for_crash(wake.slot, wake.signal);
    }
    const Seconds now(stopwatch.seconds());
    now_ += std::min<Seconds>(now - last, kLateGlance);
    last = now;
    look_for_hang();
  }
}

/// A thread that runs no sequence may do work for any of them.
void Watchdog::look_for_crash(std::size_t number, int signal) {
  for (std::size_t n = 0; n < slots_.size(); ++n)
    slots_[n].guilty = slots_[n].sequence != nullptr && (number == kNoSlot || n == number);
  if (any_guilty()) end_process("crash", fmt::format("crashed ({})", strsignal(signal)));
  handle(signal, SIG_DFL);
  std::raise(signal);
}

void Watchdog::look_for_hang() {
  for (Slot& slot : slots_)
    slot.guilty = slot.sequence != nullptr && now_ - slot.began >= options_.sequence_timeout;
  if (!any_guilty()) return;
  end_process("hang", fmt::format("has not ended for {}: a call into the system does not return",
                                  human_seconds(options_.sequence_timeout.count())));
}

bool Watchdog::any_guilty() const {
  return std::any_of(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.guilty; });
}

void Watchdog::end_process(std::string_view kind, const std::string& what) {
  alarm(kPatienceSeconds);
  std::string why;
  for (const Slot& slot : slots_)
    if (slot.guilty) {
      const std::string name =
          slot.index ? fmt::format("sequence {} of seed {}", *slot.index, options_.seed)
                     : "a sequence that was tried for a shorter trace";
      why += fmt::format("{}{} {}", why.empty() ? "" : "; ", name, what);
    }
  say(fmt::format("\nswitchback: {}\n", why));
  for (const bool guilty : {true, false})
    for (const Slot& slot : slots_)
      if (slot.sequence != nullptr && slot.guilty == guilty) {
        const std::string kept = keep(slot, guilty ? kind : "unfinished");
        say(fmt::format("  {}: {}\n", guilty ? "see it again" : "in progress beside it", kept));
        if (guilty) why += "; see it again: " + kept;
      }
  if (options_.end_reports && !options_.end_reports({std::string(kind), why}))
    say("  no report is written, and an event log lacks its end\n");
  std::fflush(stdout);
  _exit(options_.exit_code);
}

/// The command that runs it again.
std::string Watchdog::keep(const Slot& slot, std::string_view kind) const {
  std::filesystem::path file;
  if (options_.existing) {
    file = *options_.existing;
  } else {
    file = options_.folder / fmt::format("{}-{}-{}.json", kind, options_.seed,
                                         slot.index ? std::to_string(*slot.index) : "shrinking");
    Trace trace = options_.trace;
    trace.sequence = *slot.sequence;
    if (const Nothing kept = save_trace(trace, file); !kept)
      return fmt::format("its trace could not be kept: {}", kept.error().message);
  }
  return fmt::format("switchback replay {}", shell_word(file.string()));
}

}  // namespace switchback
