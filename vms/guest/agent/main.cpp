// SPDX-License-Identifier: Apache-2.0
// The agent, /init of the guest's image. Under other names it is what QEMU's guest agent calls:
// shutdown, and the hook of freezing and thawing.
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vms/guest/agent/boot.hpp"
#include "vms/guest/agent/calls.hpp"
#include "vms/guest/agent/requests.hpp"

namespace switchback::guest {
namespace {

/// How long a client that takes no answer is waited for.
constexpr int kAnswerPatienceMs = 2000;
constexpr int kAnswerPauseMs = 2;

void say(const std::string& line) {
  std::fprintf(stderr, "switchback agent: %s\n", line.c_str());
}

/// The end: without ACPI only a restart ends a VM, and its host takes it for a shutdown.
[[noreturn]] void restart() {
  sync();
  reboot(RB_AUTOBOOT);
  for (;;)
    pause();
}

[[noreturn]] void give_up(const Error& error) {
  say(error.message);
  restart();
}

class Agent {
 public:
  Agent(int port, int calls, int ended, Requests requests)
      : port_(port), calls_(calls), ended_(ended), requests_(std::move(requests)) {}

  [[noreturn]] void serve() {
    const int events = epoll_create1(EPOLL_CLOEXEC);
    // The port reports a client that is not there all the time: only changes are of interest.
    watch(events, port_, EPOLLIN | EPOLLET);
    watch(events, calls_, EPOLLIN);
    watch(events, ended_, EPOLLIN);
    for (;;) {
      epoll_event event{};
      if (epoll_wait(events, &event, 1, -1) <= 0) continue;
      if (event.data.fd == port_) serve_port();
      if (event.data.fd == ended_) reap();
      if (event.data.fd == calls_)
        take_call(calls_, [this](const std::string& word) { return perform(word); });
      if (stops_) restart();
    }
  }

 private:
  static void watch(int events, int descriptor, std::uint32_t what) {
    epoll_event event{};
    event.events = what;
    event.data.fd = descriptor;
    if (epoll_ctl(events, EPOLL_CTL_ADD, descriptor, &event) != 0)
      give_up(Error{.message = "epoll_ctl", .remedy = ""});
  }

  void serve_port() {
    std::array<std::byte, 32768> bytes;
    for (;;) {
      const ssize_t got = read(port_, bytes.data(), bytes.size());
      if (got <= 0) return;  // nothing more, or no client
      frames_.feed({bytes.data(), static_cast<std::size_t>(got)});
      while (const std::optional<Frame> request = frames_.next())
        send(encode(requests_.answer(*request)));
    }
  }

  /// To a client that went away, or takes nothing, the answer is lost. That a client is there comes
  /// by another way than what it says, and may come later: until then the port takes nothing.
  void send(const std::vector<std::byte>& bytes) const {
    int waited_ms = 0;
    for (std::size_t sent = 0; sent < bytes.size();) {
      const ssize_t put = ::write(port_, bytes.data() + sent, bytes.size() - sent);
      if (put > 0) sent += static_cast<std::size_t>(put);
      if (put > 0 || errno == EINTR) continue;
      if (errno != EAGAIN || waited_ms >= kAnswerPatienceMs) return;
      poll(nullptr, 0, kAnswerPauseMs);
      waited_ms += kAnswerPauseMs;
    }
  }

  std::string perform(const std::string& word) {
    if (word == "thaw") {
      requests_.thaw();
      return {};
    }
    if (word != "freeze" && word != "shutdown") return "the agent knows no '" + word + "'";
    const Nothing frozen = requests_.freeze();
    if (!frozen) return frozen.error().message;
    stops_ = word == "shutdown";
    return {};
  }

  void reap() const {
    signalfd_siginfo told;
    while (read(ended_, &told, sizeof told) > 0)
      continue;
    for (int status = 0; waitpid(-1, &status, WNOHANG) > 0;)
      say("a program has ended with status " + std::to_string(status));
  }

  int port_;
  int calls_;
  int ended_;
  FrameReader frames_;
  Requests requests_;
  bool stops_ = false;
};

/// Ends of other programs, as something to be waited for.
int watch_children() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

Nothing run_guest() {
  SB_TRY(bring_up());
  SB_ASSIGN(device, port_named(kAgentPort));
  const int port = open(device.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (port < 0) return environment_error(device + ": " + std::strerror(errno), "");
  SB_ASSIGN(calls, listen_for_calls());
  const auto started = start_qemu_agent();
  if (!started) say(started.error().message + "; nobody can freeze this guest");
  say("up");
  Agent(port, calls, watch_children(), Requests(argument_of_kernel("vmid"), started.value_or(0)))
      .serve();
}

int call(const std::string& word) {
  const Nothing done = call_agent(word);
  if (done) return 0;
  std::fprintf(stderr, "%s\n", done.error().message.c_str());
  return 1;
}

}  // namespace
}  // namespace switchback::guest

int main(int count, char** arguments) {
  using namespace switchback::guest;
  const std::string name = std::filesystem::path(arguments[0]).filename().string();
  const std::string first = count > 1 ? arguments[1] : "";
  if (name == "shutdown") return call("shutdown");
  if (name == "fsfreeze-hook") return call(first);
  if (first == "--sources") {
    std::printf("%s\n", SWITCHBACK_AGENT_SOURCES);
    return 0;
  }
  if (getpid() != 1) {
    std::fprintf(stderr, "this is the first program of a guest: see vms/guest/build-image\n");
    return 2;
  }
  const switchback::Nothing ended = run_guest();
  give_up(ended.error());
}
