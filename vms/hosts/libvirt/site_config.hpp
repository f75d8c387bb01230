// SPDX-License-Identifier: Apache-2.0
// One real site of a run, and the marks that everything made there bears.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <sys/types.h>

#include "harness/lifecycle/state.hpp"

namespace switchback::libvirt {

/// Every domain and file that a run makes has this in front of its name, with the run's id.
inline constexpr const char* kMark = "switchback";
/// A run's id: so many hex digits, in lower case.
inline constexpr std::size_t kRunIdLength = 8;

/// Where ip-netns(8) keeps a network namespace.
inline std::filesystem::path network_path(const std::string& network) {
  return std::filesystem::path("/run/netns") / network;
}

/// What VMs boot that have a guest OS: both files can be read by QEMU.
struct GuestImage {
  std::filesystem::path kernel;
  std::filesystem::path initrd;
};

struct SiteConfig {
  Site site{};
  std::string uri;                ///< of libvirt
  std::filesystem::path storage;  ///< volumes; this process and QEMU must both be able to write it
  std::filesystem::path sockets;  ///< of this run alone; QEMU must be able to write it
  std::string run_id;
  std::optional<uid_t> owner;            ///< who QEMU runs as, if new volumes must be given to it
  std::optional<GuestImage> guest = {};  ///< none: VMs have no OS, and are never run
  std::string network = {};  ///< the namespace that the site is in; empty: that of this process

  [[nodiscard]] std::string prefix() const { return fmt::format("{}-{}-", kMark, run_id); }
  [[nodiscard]] std::string domain_name(const std::string& vm) const { return prefix() + vm; }
  [[nodiscard]] std::filesystem::path volume_path(const std::string& volume) const {
    return storage / (prefix() + volume + ".qcow2");
  }
  [[nodiscard]] std::filesystem::path scratch_path(const std::string& vm,
                                                   const std::string& device) const {
    return storage / fmt::format("{}{}-{}.scratch", prefix(), vm, device);
  }
  [[nodiscard]] std::filesystem::path socket_path(const std::string& name) const {
    return sockets / name;
  }
  /// For what a VM with a guest has beside its disks: the sockets of its agents, its console. QEMU
  /// must be able to write it.
  [[nodiscard]] std::filesystem::path guest_folder() const {
    return sockets.parent_path() / "guest";
  }
  [[nodiscard]] std::filesystem::path agent_socket(const std::string& vm) const {
    return guest_folder() / (vm + ".agent");
  }
  [[nodiscard]] std::filesystem::path qemu_agent_socket(const std::string& vm) const {
    return guest_folder() / (vm + ".ga");
  }
  [[nodiscard]] std::filesystem::path console_log(const std::string& vm) const {
    return guest_folder() / (vm + ".console");
  }
  /// The command that runs `program` with its arguments in the site's network. Mounts are those of
  /// this process: `ip netns exec` would give it mounts of its own.
  [[nodiscard]] std::vector<std::string> command_there(std::vector<std::string> program) const {
    if (!network.empty())
      program.insert(program.begin(), {"nsenter", "--net=" + network_path(network).string(), "--"});
    return program;
  }
};

/// True for an object of the item: X itself, or X-anything.
inline bool belongs_to(std::string_view name, std::string_view item) {
  return name.starts_with(item) && (name.size() == item.size() || name[item.size()] == '-');
}

}  // namespace switchback::libvirt
