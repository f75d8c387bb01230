// SPDX-License-Identifier: Apache-2.0
// See item_objects.hpp.
#include "vms/hosts/libvirt/item_objects.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <csignal>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "vms/hosts/libvirt/deadline.hpp"

namespace switchback::libvirt {
namespace {

namespace fs = std::filesystem;

constexpr Duration kPatience = std::chrono::seconds(10);

/// As belongs_to(), and also "X.anything": sockets are called after what they serve.
bool is_of_item(std::string_view file_name, std::string_view item) {
  return belongs_to(file_name.substr(0, file_name.find('.')), item);
}

Result<std::vector<ItemFile>> files_in(const fs::path& folder, std::string_view prefix,
                                       const ItemName& item, fs::file_type wanted) {
  std::vector<ItemFile> found;
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    std::string name = entries->path().filename().string();
    if (!name.starts_with(prefix)) continue;
    name.erase(0, prefix.size());
    std::error_code gone;
    if (!is_of_item(name, item) || entries->symlink_status(gone).type() != wanted) continue;
    if (name.ends_with(".qcow2")) name.erase(name.size() - 6);
    found.push_back({.name = name, .path = entries->path()});
  }
  if (error)
    return environment_error(fmt::format("folder {}: {}", folder.string(), error.message()),
                             "check that the folder of the site exists and can be read");
  return found;
}

bool ends_a_name(char letter) {
  return std::isalnum(static_cast<unsigned char>(letter)) == 0 && letter != '-' && letter != '_';
}

/// What the process is called in a census; none if it has nothing to do with the item.
std::optional<std::string> name_of_process(const fs::path& proc, const std::string& mark,
                                           const ItemName& item) {
  std::ifstream file(proc / "cmdline", std::ios::binary);
  // Not by iterators: libstdc++'s buffer throws when the process ends while its file is read, and
  // only a stream's own insertion takes that exception.
  std::ostringstream text;
  text << file.rdbuf();
  const std::string line = text.str();
  const std::string program = fs::path(line.c_str()).filename().string();
  if (program.starts_with("qemu-system")) return std::nullopt;
  for (std::size_t at = line.find(mark); at != std::string::npos; at = line.find(mark, at + 1)) {
    const auto begin = line.begin() + static_cast<std::ptrdiff_t>(at + mark.size());
    const std::string volume(begin, std::find_if(begin, line.end(), ends_a_name));
    if (belongs_to(volume, item)) return fmt::format("{} ({})", volume, program);
  }
  return std::nullopt;
}

std::string mark_of(const SiteConfig& site) {
  return (site.storage / site.prefix()).string();
}

/// A process, held so that its number can't come to mean another one.
class HeldProcess {
 public:
  explicit HeldProcess(pid_t pid)
      : descriptor_(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))) {}
  HeldProcess(const HeldProcess&) = delete;
  HeldProcess& operator=(const HeldProcess&) = delete;
  ~HeldProcess() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  [[nodiscard]] bool exists() const { return descriptor_ >= 0; }
  void kill() const { syscall(SYS_pidfd_send_signal, descriptor_, SIGKILL, nullptr, 0); }
  [[nodiscard]] bool wait_until_gone(const Deadline& deadline) const {
    pollfd ended{.fd = descriptor_, .events = POLLIN, .revents = 0};
    return poll(&ended, 1, deadline.left_ms()) > 0;
  }

 private:
  int descriptor_;
};

}  // namespace

Result<std::vector<ItemFile>> volume_files(const SiteConfig& site, const ItemName& item) {
  return files_in(site.storage, site.prefix(), item, fs::file_type::regular);
}

Result<std::vector<ItemFile>> socket_files(const SiteConfig& site, const ItemName& item) {
  return files_in(site.sockets, "", item, fs::file_type::socket);
}

std::vector<ItemProcess> item_processes(const SiteConfig& site, const ItemName& item) {
  std::vector<ItemProcess> found;
  const std::string mark = mark_of(site);
  std::error_code error;
  for (fs::directory_iterator entries("/proc", error);
       !error && entries != fs::directory_iterator(); entries.increment(error)) {
    const std::string number = entries->path().filename().string();
    pid_t pid = 0;
    if (std::from_chars(number.data(), number.data() + number.size(), pid).ec != std::errc())
      continue;
    if (std::optional<std::string> name = name_of_process(entries->path(), mark, item))
      found.push_back({.name = std::move(*name), .pid = pid});
  }
  return found;
}

Nothing end_processes(const SiteConfig& site, const ItemName& item) {
  for (const ItemProcess& process : item_processes(site, item)) {
    const HeldProcess held(process.pid);
    const fs::path proc = fs::path("/proc") / std::to_string(process.pid);
    if (!held.exists() || name_of_process(proc, mark_of(site), item) != process.name) continue;
    held.kill();
    if (!held.wait_until_gone(Deadline::after(kPatience)))
      return environment_error(
          fmt::format("process {} ({}) can't be ended", process.pid, process.name),
          "see what it waits for in /proc/PID/stack");
  }
  return {};
}

}  // namespace switchback::libvirt
