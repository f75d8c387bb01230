// SPDX-License-Identifier: Apache-2.0
// What the agent does when it is asked: by the harness over its port, or by a program in the guest.
#pragma once

#include <string>
#include <utility>

#include "vms/guest/agent/drives.hpp"
#include "vms/guest/wire.hpp"

namespace switchback::guest {

/// Nothing is in flight between two calls, so a guest that is frozen has nothing on its way.
class Requests {
 public:
  /// `vm`: who the guest was started as. `qemu_agent`: the process of QEMU's agent, 0 if none runs.
  Requests(std::string vm, int qemu_agent) : vm_(std::move(vm)), qemu_agent_(qemu_agent) {}

  /// The answer to a frame of the harness.
  Frame answer(const Frame& request);

  /// All writes are flushed, and no more are made until thaw().
  Nothing freeze();
  void thaw() { frozen_ = false; }

 private:
  [[nodiscard]] Status status() const;
  Nothing write(const Frame& request);
  Nothing flush(const Frame& request);
  [[nodiscard]] Nothing disturb_qemu_agent(const Frame& request) const;

  std::string vm_;
  int qemu_agent_;
  Drives drives_;
  bool frozen_ = false;
};

}  // namespace switchback::guest
