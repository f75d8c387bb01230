// SPDX-License-Identifier: Apache-2.0
// VMs that their host has started again after a loss of power. Nobody asked for that, so for
// SeenVm::incarnation they are the same as before.
#pragma once

#include <map>
#include <string>
#include <utility>

namespace switchback::libvirt {

/// Used by one thread at a time.
class HostRestarts {
 public:
  /// The process `after` runs in the place of the process `before`, which is gone.
  void note(const std::string& before, const std::string& after) {
    first_[after] = first_of(before);
  }
  /// The process that this one runs in the place of, or itself.
  [[nodiscard]] std::string first_of(const std::string& process) const {
    const auto found = first_.find(process);
    return found == first_.end() ? process : found->second;
  }

 private:
  std::map<std::string, std::string> first_;
};

}  // namespace switchback::libvirt
