// SPDX-License-Identifier: Apache-2.0
// See run_processes.hpp.
#include "vms/hosts/libvirt/run_processes.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "vms/hosts/libvirt/deadline.hpp"
#include "vms/hosts/libvirt/process.hpp"
#include "vms/hosts/libvirt/site_config.hpp"

namespace switchback::libvirt {
namespace {

/// Of a process' arguments; QEMU's fill a screen.
constexpr std::size_t kCommandShown = 100;

std::string read_all(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  // Through a stream's own insertion, which takes the exception that libstdc++'s buffer throws when
  // the process ends while its file is being read.
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// "switchback-<8 hex digits>" somewhere in the text: the id, or nothing.
std::string marked_run(const std::string& text) {
  const std::string mark = std::string(kMark) + "-";
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
    const std::string id = text.substr(at + mark.size(), kRunIdLength);
    const auto hex = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
    const std::size_t end = at + mark.size() + kRunIdLength;
    const bool whole = end >= text.size() || !hex(text[end]);
    if (id.size() == kRunIdLength && whole && std::all_of(id.begin(), id.end(), hex)) return id;
  }
  return {};
}

/// The run that a process belongs to, or nothing. Only QEMU's, libvirt's and our own programs name
/// marked files because they use them; an editor that has one open does not make it ours.
std::string run_of_process(const std::filesystem::path& process) {
  const std::string variable = fmt::format("{}=", kRunVariable);
  const std::string environment = '\0' + read_all(process / "environ");
  const std::size_t at = environment.find('\0' + variable);
  if (at != std::string::npos) {
    const std::size_t begin = at + 1 + variable.size();
    return environment.substr(begin, environment.find('\0', begin) - begin);
  }
  const std::string arguments = read_all(process / "cmdline");
  const std::string program =
      std::filesystem::path(arguments.substr(0, arguments.find('\0'))).filename().string();
  if (!program.starts_with("qemu-") && program != "libvirtd" && program != "tini") return {};
  return marked_run(arguments);
}

std::set<pid_t> self_and_ancestors() {
  std::set<pid_t> pids;
  for (pid_t pid = getpid(); pid > 1 && pids.insert(pid).second;) {
    const std::string status = read_all(fmt::format("/proc/{}/stat", pid));
    const std::size_t after_name = status.rfind(')');
    if (after_name == std::string::npos || after_name + 4 >= status.size()) break;
    pid = static_cast<pid_t>(std::strtol(status.c_str() + after_name + 4, nullptr, 10));
  }
  return pids;
}

struct Marked {
  std::string run;
  RunProcess process;
};

std::vector<Marked> marked_processes() {
  const std::set<pid_t> ours = self_and_ancestors();
  std::vector<Marked> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename().string();
    if (!std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c); }))
      continue;
    const pid_t pid = static_cast<pid_t>(std::strtol(name.c_str(), nullptr, 10));
    if (ours.contains(pid)) continue;
    std::string run = run_of_process(entry.path());
    if (run.empty()) continue;
    std::string command = read_all(entry.path() / "cmdline");
    if (command.empty()) continue;  // dead, and not yet waited for
    std::replace(command.begin(), command.end(), '\0', ' ');
    command.resize(std::min(command.size(), kCommandShown));
    found.push_back({std::move(run), {pid, std::move(command)}});
  }
  return found;
}

/// Whether its environment or arguments name something below the folder.
bool works_in(pid_t pid, const std::filesystem::path& folder) {
  const std::filesystem::path process = fmt::format("/proc/{}", pid);
  const std::string named = read_all(process / "environ") + read_all(process / "cmdline");
  return named.find(folder.string() + "/") != std::string::npos;
}

/// Sends by descriptor, so that a number that was given to another process is not hit.
void send(int descriptor, int signal) {
  syscall(SYS_pidfd_send_signal, descriptor, signal, nullptr, 0);
}

}  // namespace

std::vector<RunProcess> processes_of_run(const std::string& run_id) {
  std::vector<RunProcess> processes;
  for (Marked& one : marked_processes())
    if (one.run == run_id) processes.push_back(std::move(one.process));
  return processes;
}

std::vector<RunProcess> processes_in_folder(const std::string& run_id,
                                            const std::filesystem::path& folder) {
  std::vector<RunProcess> processes = processes_of_run(run_id);
  std::erase_if(processes, [&](const RunProcess& one) { return !works_in(one.pid, folder); });
  return processes;
}

std::vector<StrayProcess> processes_without_folder(const std::filesystem::path& base) {
  std::vector<StrayProcess> strays;
  for (Marked& one : marked_processes()) {
    const std::filesystem::path folder = base / fmt::format("{}-{}", kMark, one.run);
    std::error_code error;
    if (std::filesystem::exists(folder, error) || error) continue;
    if (!works_in(one.process.pid, folder)) continue;
    strays.push_back({std::move(one.run), std::move(one.process)});
  }
  return strays;
}

void kill_at_once(const std::vector<RunProcess>& processes) {
  std::vector<pollfd> ends;
  for (const RunProcess& process : processes) {
    const int descriptor = static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0));
    if (descriptor >= 0) ends.push_back({.fd = descriptor, .events = POLLIN, .revents = 0});
  }
  for (const pollfd& one : ends)
    send(one.fd, SIGSTOP);
  const Deadline deadline = Deadline::after(std::chrono::seconds(10));
  for (pollfd& one : ends) {
    send(one.fd, SIGKILL);
    poll(&one, 1, deadline.left_ms());
    close(one.fd);
  }
}

void end_processes(const std::vector<RunProcess>& processes) {
  std::vector<pollfd> ends;
  for (const RunProcess& process : processes) {
    const int descriptor = static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0));
    if (descriptor < 0) continue;
    // A stopped process dies of SIGTERM only when it goes on.
    send(descriptor, SIGTERM);
    send(descriptor, SIGCONT);
    ends.push_back({.fd = descriptor, .events = POLLIN, .revents = 0});
  }
  for (const int signal : {SIGTERM, SIGKILL}) {
    const Deadline deadline = Deadline::after(std::chrono::seconds(5));
    for (pollfd& one : ends) {
      if (one.fd < 0) continue;
      if (signal == SIGKILL) send(one.fd, SIGKILL);
      if (poll(&one, 1, deadline.left_ms()) <= 0) continue;
      close(one.fd);
      one.fd = -1;
    }
  }
  for (const pollfd& one : ends)
    if (one.fd >= 0) close(one.fd);
}

}  // namespace switchback::libvirt
