// SPDX-License-Identifier: Apache-2.0
// See process.hpp.
#include "vms/hosts/libvirt/process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <sstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace switchback::libvirt {
namespace {

using Clock = std::chrono::steady_clock;

int milliseconds_until(Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
  return static_cast<int>(std::max<std::chrono::milliseconds::rep>(0, left.count()));
}

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (const std::string& string : strings)
    result.push_back(const_cast<char*>(string.c_str()));
  result.push_back(nullptr);
  return result;
}

/// Whether a child has ended, by its descriptor, so that nothing has to be polled in steps. It
/// still has to be waited for.
bool ends_within(pid_t pid, std::chrono::milliseconds deadline) {
  const int descriptor = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (descriptor < 0) return true;
  pollfd ended{.fd = descriptor, .events = POLLIN, .revents = 0};
  const int ready = poll(&ended, 1, static_cast<int>(deadline.count()));
  close(descriptor);
  return ready > 0;
}

/// In the child: none of our connections may stay open in a program that outlives them. Ours are
/// close-on-exec from the start; those of libraries need not be.
void keep_only_standard_streams() {
  constexpr unsigned kFirst = STDERR_FILENO + 1;
  close_range(kFirst, ~0U, CLOSE_RANGE_CLOEXEC);
}

bool wait_for(pid_t pid, std::chrono::milliseconds deadline) {
  if (!ends_within(pid, deadline)) return false;
  waitpid(pid, nullptr, 0);
  return true;
}

}  // namespace

std::optional<std::filesystem::path> find_program(const std::string& name) {
  const char* const path = getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "/usr/sbin:/usr/bin:/sbin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::filesystem::path candidate = std::filesystem::path(folder) / name;
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return std::nullopt;
}

Result<Finished> finish_program(const std::string& run_id, const std::vector<std::string>& command,
                                std::chrono::milliseconds deadline, const std::string& input) {
  const std::optional<std::filesystem::path> program = find_program(command.front());
  if (!program)
    return environment_error(fmt::format("{} is not installed", command.front()),
                             "apt-get install qemu-utils libvirt-daemon");
  SB_ASSIGN(stdin_file, MemoryFile::holding(input));
  std::array<int, 2> out{};
  std::array<int, 2> err{};
  if (pipe2(out.data(), O_CLOEXEC) != 0 || pipe2(err.data(), O_CLOEXEC) != 0)
    return environment_error(fmt::format("no pipe: {}", std::strerror(errno)), "");
  std::vector<std::string> variables{fmt::format("{}={}", kRunVariable, run_id)};
  for (char** one = environ; *one != nullptr; ++one)
    variables.emplace_back(*one);
  const std::vector<char*> arguments = pointers(command);
  const std::vector<char*> environment = pointers(variables);
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(stdin_file.descriptor(), STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    dup2(err[1], STDERR_FILENO);
    keep_only_standard_streams();
    execve(program->c_str(), arguments.data(), environment.data());
    _exit(127);
  }
  close(out[1]);
  close(err[1]);
  std::array<std::string, 2> said;
  std::array<pollfd, 2> ends{pollfd{out[0], POLLIN, 0}, pollfd{err[0], POLLIN, 0}};
  const Clock::time_point until = Clock::now() + deadline;
  bool late = pid < 0;
  while (!late && (ends[0].fd >= 0 || ends[1].fd >= 0)) {
    late = poll(ends.data(), ends.size(), milliseconds_until(until)) == 0;
    for (std::size_t n = 0; n < ends.size(); ++n) {
      if (ends[n].fd < 0 || ends[n].revents == 0) continue;
      std::array<char, 4096> buffer;
      const ssize_t got = read(ends[n].fd, buffer.data(), buffer.size());
      if (got > 0)
        said[n].append(buffer.data(), static_cast<std::size_t>(got));
      else
        ends[n].fd = -1;
    }
  }
  close(out[0]);
  close(err[0]);
  if (pid < 0) return environment_error(fmt::format("no process: {}", std::strerror(errno)), "");
  // It may have closed its output and go on.
  late = late || !ends_within(pid, std::chrono::milliseconds(milliseconds_until(until)));
  if (late) kill(pid, SIGKILL);
  int status = 0;
  waitpid(pid, &status, 0);
  return Finished{.late = late,
                  .status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
                  .out = std::move(said[0]),
                  .err = std::move(said[1])};
}

Result<std::string> run_program(const std::string& run_id, const std::vector<std::string>& command,
                                std::chrono::milliseconds deadline, const std::string& input) {
  SB_ASSIGN(finished, finish_program(run_id, command, deadline, input));
  if (!finished.late && finished.status == 0) return std::move(finished.out);
  std::string words;
  for (const std::string& word : command)
    words += (words.empty() ? "" : " ") + word;
  std::string message =
      fmt::format("{} {}: {}", words,
                  finished.late ? std::string("did not end in time")
                                : fmt::format("failed with status {}", finished.status),
                  finished.err);
  // QEMU's programs tell of it in these words alone.
  if (finished.err.find(std::strerror(ENOSPC)) != std::string::npos)
    return no_space(std::move(message), "make room on the storage that it writes to");
  return environment_error(std::move(message), "run the command by hand to see more");
}

Result<MemoryFile> MemoryFile::holding(const std::string& content) {
  MemoryFile file(memfd_create("input", MFD_CLOEXEC));
  const auto size = static_cast<ssize_t>(content.size());
  if (file.descriptor_ < 0 || pwrite(file.descriptor_, content.data(), content.size(), 0) != size)
    return environment_error(fmt::format("no file in memory: {}", std::strerror(errno)),
                             "free some memory");
  return file;
}

MemoryFile::~MemoryFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

Result<BackgroundProgram> BackgroundProgram::start(const Start& what) {
  const std::optional<std::filesystem::path> program = find_program(what.command.front());
  if (!program)
    return environment_error(fmt::format("{} is not installed", what.command.front()),
                             "apt-get install qemu-utils libvirt-daemon tini");
  // LISTEN_PID can be known in the child only: room for it is left here, and nothing is allocated
  // between fork and exec.
  std::vector<std::string> variables = what.environment;
  if (what.listening_socket) {
    variables.emplace_back("LISTEN_FDS=1");
    variables.emplace_back("LISTEN_PID=0000000000");
  }
  const std::vector<char*> arguments = pointers(what.command);
  const std::vector<char*> environment = pointers(variables);
  SB_ASSIGN(stdin_file, MemoryFile::holding(what.input));
  const int log = open(what.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log < 0)
    return environment_error(fmt::format("{}: {}", what.log.string(), std::strerror(errno)), "");
  // Closed by exec: until then the child does not bear the run's mark.
  std::array<int, 2> exec{-1, -1};
  static_cast<void>(pipe2(exec.data(), O_CLOEXEC));
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(stdin_file.descriptor(), STDIN_FILENO);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    setsid();
    keep_only_standard_streams();
    if (what.listening_socket) {
      constexpr int kFirstActivated = 3;
      if (*what.listening_socket == kFirstActivated)
        fcntl(kFirstActivated, F_SETFD, 0);
      else
        dup2(*what.listening_socket, kFirstActivated);
      char* digits = environment[environment.size() - 2] + std::strlen("LISTEN_PID=");
      for (pid_t left = getpid(), n = 9; n >= 0; --n, left /= 10)
        digits[n] = static_cast<char>('0' + left % 10);
    }
    execve(program->c_str(), arguments.data(), environment.data());
    _exit(127);
  }
  close(log);
  close(exec[1]);
  char nothing = 0;
  while (pid > 0 && read(exec[0], &nothing, 1) < 0 && errno == EINTR) {
  }
  close(exec[0]);
  if (pid < 0)
    return environment_error(fmt::format("no process: {}", std::strerror(errno)),
                             "end other processes");
  return BackgroundProgram(pid);
}

bool BackgroundProgram::has_ended() {
  return wait_until_ended(std::chrono::milliseconds(0));
}

bool BackgroundProgram::wait_until_ended(std::chrono::milliseconds deadline) {
  if (pid_ <= 0) return true;
  if (!wait_for(pid_, deadline)) return false;
  pid_ = -1;
  return true;
}

void BackgroundProgram::end() {
  if (pid_ <= 0) return;
  kill(pid_, SIGTERM);
  kill(pid_, SIGCONT);  // a stopped one dies only when it goes on
  if (wait_until_ended(std::chrono::seconds(5))) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

Result<int> listen_at(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.string().size() >= sizeof address.sun_path)
    return environment_error(fmt::format("the socket path {} is too long", path.string()),
                             "use a shorter --run-folder");
  std::strcpy(address.sun_path, path.c_str());
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor >= 0 &&
      bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      listen(descriptor, 4) == 0)
    return descriptor;
  const std::string reason = std::strerror(errno);
  if (descriptor >= 0) close(descriptor);
  return environment_error(fmt::format("can't listen at {}: {}", path.string(), reason),
                           "check the folder's permissions");
}

Result<PrivateServer> listen_in_private() {
  PrivateServer made{.listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
                     .client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  // An address of nothing but its family: the kernel chooses a free name outside all file systems.
  socklen_t size = sizeof address.sun_family;
  if (made.listening >= 0 && made.client >= 0 && bind(made.listening, any, size) == 0 &&
      listen(made.listening, 1) == 0 && (size = sizeof address) > 0 &&
      getsockname(made.listening, any, &size) == 0 && connect(made.client, any, size) == 0)
    return made;
  const std::string reason = std::strerror(errno);
  for (const int descriptor : {made.listening, made.client})
    if (descriptor >= 0) close(descriptor);
  return environment_error(fmt::format("no socket: {}", reason),
                           "raise the limit of open files (ulimit -n)");
}

}  // namespace switchback::libvirt
