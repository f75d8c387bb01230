// SPDX-License-Identifier: Apache-2.0
// See boot.hpp.
#include "vms/guest/agent/boot.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace switchback::guest {
namespace {

namespace fs = std::filesystem;

constexpr const char* kQemuAgentPort = "org.qemu.guest_agent.0";
constexpr int kPortPatienceMs = 20000;
constexpr int kPauseMs = 5;

tl::unexpected<Error> failed(const std::string& what) {
  return environment_error(what + ": " + std::strerror(errno), "build the guest's image anew");
}

Nothing mount_at(const char* type, const char* where) {
  mkdir(where, 0755);
  if (mount(type, where, type, 0, nullptr) != 0) return failed(std::string("mounting ") + where);
  return {};
}

Nothing load_module(const fs::path& file) {
  const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return failed(file.string());
  const long loaded = syscall(SYS_finit_module, descriptor, "", 0);
  const int number = errno;
  close(descriptor);
  errno = number;
  if (loaded != 0) return failed("loading " + file.string());
  return {};
}

}  // namespace

Nothing bring_up() {
  SB_TRY(mount_at("proc", "/proc"));
  SB_TRY(mount_at("sysfs", "/sys"));
  SB_TRY(mount_at("devtmpfs", "/dev"));
  std::vector<fs::path> modules;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/modules", error))
    modules.push_back(entry.path());
  std::sort(modules.begin(), modules.end());
  for (const fs::path& module : modules)
    SB_TRY(load_module(module));
  return {};
}

std::string argument_of_kernel(const std::string& name) {
  std::ifstream line("/proc/cmdline");
  for (std::string word; line >> word;)
    if (word.starts_with(name + "=")) return word.substr(name.size() + 1);
  return {};
}

Result<std::string> port_named(const std::string& name) {
  for (int waited = 0; waited < kPortPatienceMs; waited += kPauseMs) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/sys/class/virtio-ports", error)) {
      std::ifstream file(entry.path() / "name");
      std::string found;
      file >> found;
      const fs::path device = fs::path("/dev") / entry.path().filename();
      if (found == name && fs::exists(device, error)) return device.string();
    }
    poll(nullptr, 0, kPauseMs);  // the host names its ports a moment after the device is there
  }
  return not_found("no virtio-serial port " + name, "see the VM's definition");
}

Result<int> start_qemu_agent() {
  SB_ASSIGN(port, port_named(kQemuAgentPort));
  const pid_t child = fork();
  if (child < 0) return failed("fork");
  if (child > 0) return child;
  std::array<std::string, 8> words = {
      "/usr/sbin/qemu-ga",        "-m", "virtio-serial", "-p", port, "-t", "/run",
      "-F/etc/qemu/fsfreeze-hook"};
  std::array<char*, 9> arguments{};
  std::transform(words.begin(), words.end(), arguments.begin(),
                 [](std::string& word) { return word.data(); });
  execv(arguments[0], arguments.data());
  _exit(127);
}

}  // namespace switchback::guest
