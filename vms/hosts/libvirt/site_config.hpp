// SPDX-License-Identifier: Apache-2.0
// One real site of a run, and the marks that everything made there bears.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <fmt/format.h>
#include <sys/types.h>

#include "harness/lifecycle/state.hpp"

namespace switchback::libvirt {

/// Every domain and file that a run makes has this in front of its name, with the run's id.
inline constexpr const char* kMark = "switchback";
/// A run's id: so many hex digits, in lower case.
inline constexpr std::size_t kRunIdLength = 8;

struct SiteConfig {
  Site site{};
  std::string uri;                ///< of libvirt
  std::filesystem::path storage;  ///< volumes; this process and QEMU must both be able to write it
  std::filesystem::path sockets;  ///< of this run alone; QEMU must be able to write it
  std::string run_id;
  std::optional<uid_t> owner;  ///< who QEMU runs as, if new volumes must be given to it

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
};

/// True for an object of the item: X itself, or X-anything.
inline bool belongs_to(std::string_view name, std::string_view item) {
  return name.starts_with(item) && (name.size() == item.size() || name[item.size()] == '-');
}

}  // namespace switchback::libvirt
