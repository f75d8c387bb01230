// SPDX-License-Identifier: Apache-2.0
// See requests.hpp.
#include "vms/guest/agent/requests.hpp"

#include <csignal>
#include <fstream>

namespace switchback::guest {
namespace {

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  file >> id;
  return id;
}

std::uint64_t uptime_ms() {
  std::ifstream file("/proc/uptime");
  double seconds = 0;
  file >> seconds;
  return static_cast<std::uint64_t>(seconds * 1000);
}

Frame outcome(const Frame& request, const Nothing& done) {
  if (done) return {.number = request.number, .kind = Kind::done, .payload = {}};
  return {.number = request.number,
          .kind = Kind::refused,
          .payload = payload_of(std::string_view(done.error().message))};
}

}  // namespace

Status Requests::status() const {
  return {.vm = vm_, .boot_id = boot_id(), .uptime_ms = uptime_ms(), .frozen = frozen_};
}

Nothing Requests::write(const Frame& request) {
  if (frozen_) return environment_error("the guest is frozen", "thaw it first");
  SB_ASSIGN(asked, write_request_in(request.payload));
  return drives_.write(asked);
}

Nothing Requests::flush(const Frame& request) {
  SB_ASSIGN(asked, flush_request_in(request.payload));
  return drives_.flush(asked.drives);
}

Nothing Requests::disturb_qemu_agent(const Frame& request) const {
  const std::string what = words_in(request.payload);
  const int signal = what == kHangs    ? SIGSTOP
                     : what == kGoesOn ? SIGCONT
                     : what == kEnds   ? SIGKILL
                                       : 0;
  if (signal == 0 || qemu_agent_ <= 0 || kill(qemu_agent_, signal) != 0)
    return environment_error("QEMU's agent can't be told: " + what, "see the VM's console");
  return {};
}

Frame Requests::answer(const Frame& request) {
  switch (request.kind) {
    case Kind::hello:
      return {.number = request.number, .kind = Kind::status, .payload = payload_of(status())};
    case Kind::write:
      return outcome(request, write(request));
    case Kind::flush:
      return outcome(request, flush(request));
    case Kind::qemu_agent:
      return outcome(request, disturb_qemu_agent(request));
    case Kind::status:
    case Kind::done:
    case Kind::refused:
      break;
  }
  return outcome(request, unsupported("the agent knows no such request", "build the image anew"));
}

Nothing Requests::freeze() {
  SB_TRY(drives_.flush_all());
  frozen_ = true;
  return {};
}

}  // namespace switchback::guest
