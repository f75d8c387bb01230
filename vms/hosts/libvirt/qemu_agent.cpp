// SPDX-License-Identifier: Apache-2.0
// See qemu_agent.hpp.
#include "vms/hosts/libvirt/qemu_agent.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <libvirt/virterror.h>

namespace switchback::libvirt {
namespace {

/// libvirt waits without end for an agent that has taken a command and does not answer.
void bound_answers(const Domain& domain, const Deadline& deadline) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(deadline.left()).count();
  virDomainAgentSetResponseTimeout(domain.get(), static_cast<int>(std::max<long>(seconds, 1)), 0);
}

/// Asks until the agent has taken the request: as long as it is not there, or does not even
/// synchronize, nothing has reached it.
template <class Request>
Nothing ask_agent(const Domain& domain, const std::string& what, const Deadline& deadline,
                  Request request) {
  for (;;) {
    bound_answers(domain, deadline);
    if (request() >= 0) return {};
    const auto failed = libvirt_error(what);
    if (libvirt_error_code() != VIR_ERR_AGENT_UNRESPONSIVE || deadline.passed()) return failed;
    deadline.pause();
  }
}

}  // namespace

Nothing freeze_by_agent(const Domain& domain, const std::string& vm, Duration patience,
                        Freeze& left) {
  left = Freeze::not_asked;
  const Nothing frozen = ask_agent(domain, "freezing VM " + vm, Deadline::after(patience),
                                   [&] { return virDomainFSFreeze(domain.get(), nullptr, 0, 0); });
  if (!frozen && libvirt_error_code() != VIR_ERR_AGENT_UNRESPONSIVE) left = Freeze::unknown;
  return frozen;
}

Nothing thaw_by_agent(const Domain& domain, const std::string& vm, Duration patience) {
  return ask_agent(domain, "thawing VM " + vm, Deadline::after(patience),
                   [&] { return virDomainFSThaw(domain.get(), nullptr, 0, 0); });
}

Nothing shut_down_by_agent(const Domain& domain, const std::string& vm, Duration patience) {
  const Deadline deadline = Deadline::after(patience);
  const Nothing asked = ask_agent(domain, "shutting down VM " + vm, deadline, [&] {
    return virDomainShutdownFlags(domain.get(), VIR_DOMAIN_SHUTDOWN_GUEST_AGENT);
  });
  for (;;) {
    SB_ASSIGN(active, is_active(domain));
    if (!active) return {};
    SB_TRY(asked);
    if (deadline.passed())
      return environment_error(fmt::format("the guest of VM {} does not shut down", vm),
                               "see its console; it may do so later, so ask again");
    deadline.pause();
  }
}

}  // namespace switchback::libvirt
