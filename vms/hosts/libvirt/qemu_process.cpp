// SPDX-License-Identifier: Apache-2.0
// See qemu_process.hpp.
#include "vms/hosts/libvirt/qemu_process.hpp"

#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <libvirt/libvirt.h>

namespace switchback::libvirt {
namespace {

namespace fs = std::filesystem;

/// Not by iterators: libstdc++'s buffer throws when the process ends while its file is read, and
/// only a stream's own insertion takes that exception.
std::string content_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// Field 22 of /proc/PID/stat; the program's name, field 2, is in parentheses and may hold
/// anything.
std::string start_of(const fs::path& proc) {
  const std::string stat = content_of(proc / "stat");
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream rest(stat.substr(name_end + 1));
  std::string field;
  for (int number = 3; number <= 22; ++number)
    rest >> field;
  return field;
}

}  // namespace

std::optional<QemuProcess> qemu_of(const Domain& domain) {
  std::array<char, VIR_UUID_STRING_BUFLEN> wanted{};
  if (virDomainGetUUIDString(domain.get(), wanted.data()) != 0) return std::nullopt;
  std::error_code error;
  for (fs::directory_iterator entries("/proc", error);
       !error && entries != fs::directory_iterator(); entries.increment(error)) {
    const std::string number = entries->path().filename().string();
    pid_t pid = 0;
    if (std::from_chars(number.data(), number.data() + number.size(), pid).ec != std::errc())
      continue;
    const std::string line = content_of(entries->path() / "cmdline");
    if (fs::path(line.c_str()).filename().string().starts_with("qemu-system") &&
        line.find(wanted.data()) != std::string::npos)
      return QemuProcess{.pid = pid, .started = start_of(entries->path())};
  }
  return std::nullopt;
}

std::string start_of_domain(const Domain& domain) {
  const std::optional<QemuProcess> qemu = qemu_of(domain);
  return qemu ? fmt::format("{}-{}", qemu->pid, qemu->started)
              : fmt::format("id-{}", virDomainGetID(domain.get()));
}

}  // namespace switchback::libvirt
