// SPDX-License-Identifier: Apache-2.0
// See holds.hpp; and the calls of the host that hold a guest.
#include "vms/hosts/libvirt/holds.hpp"

#include <string_view>

#include <fmt/format.h>

#include "vms/hosts/libvirt/libvirt_host.hpp"
#include "vms/hosts/libvirt/qemu_agent.hpp"

namespace switchback::libvirt {
namespace {

constexpr const char* kFrozenUri = "https://switchback.example/frozen/1";
constexpr const char* kSuspendedUri = "https://switchback.example/suspended/1";

/// Whether the VM has the channel by which a guest agent is reached. Without one nobody can have
/// frozen its guest.
Result<bool> has_agent(const Domain& domain) {
  const OwnedString xml(virDomainGetXMLDesc(domain.get(), 0));
  if (!xml) return libvirt_error("reading a domain's XML");
  return std::string_view(xml.get()).find("'org.qemu.guest_agent.0'") != std::string_view::npos;
}

/// Only on the VM that runs: gone when that is started again.
Nothing mark(const Domain& domain, const char* uri, const char* key, bool held) {
  if (virDomainSetMetadata(domain.get(), VIR_DOMAIN_METADATA_ELEMENT, held ? "<guest/>" : nullptr,
                           held ? key : nullptr, uri, VIR_DOMAIN_AFFECT_LIVE) < 0)
    return libvirt_error(fmt::format("noting a {} guest", key));
  return {};
}

bool is_marked(const Domain& domain, const char* uri) {
  const OwnedString found(
      virDomainGetMetadata(domain.get(), VIR_DOMAIN_METADATA_ELEMENT, uri, VIR_DOMAIN_AFFECT_LIVE));
  return found != nullptr;
}

/// Only a guest that runs, and is not suspended, can do what it is asked for.
Nothing expect_answering(const Domain& domain, const std::string& vm) {
  SB_ASSIGN(active, is_active(domain));
  if (!active) return environment_error(fmt::format("VM {} does not run", vm), "start it first");
  if (is_marked_suspended(domain))
    return environment_error(fmt::format("VM {} is suspended, its guest does not answer", vm),
                             "resume it first");
  return {};
}

}  // namespace

Nothing mark_suspended(const Domain& domain, bool suspended) {
  return mark(domain, kSuspendedUri, "suspended", suspended);
}

bool is_marked_suspended(const Domain& domain) {
  return is_marked(domain, kSuspendedUri);
}

bool is_marked_frozen(const Domain& domain) {
  return is_marked(domain, kFrozenUri);
}

Nothing let_run(const Domain& domain, const std::string& vm) {
  SB_ASSIGN(paused, is_paused(domain));
  if (paused && virDomainResume(domain.get()) < 0) return libvirt_error("resuming VM " + vm);
  return {};
}

Result<bool> is_paused(const Domain& domain) {
  int state = VIR_DOMAIN_NOSTATE;
  if (virDomainGetState(domain.get(), &state, nullptr, 0) < 0)
    return libvirt_error("asking for a domain's state");
  return state == VIR_DOMAIN_PAUSED;
}

Result<bool> is_marked_held(const Domain& domain) {
  SB_ASSIGN(active, is_active(domain));
  return active && (is_marked(domain, kFrozenUri) || is_marked(domain, kSuspendedUri));
}

Nothing LibvirtHost::freeze_vm(const recovery::VmName& vm) {
  const Duration patience = agent_patience();
  return calls_.ask<void>(vm, "freezing VM " + vm, [vm, patience](const Domain& domain) -> Nothing {
    SB_ASSIGN(possible, has_agent(domain));
    if (!possible)
      return unsupported(fmt::format("VM {} has no guest agent that could freeze it", vm),
                         "install one in it, or ask for no app-consistent points");
    SB_TRY(expect_answering(domain, vm));
    const bool again = is_marked(domain, kFrozenUri);
    // First the mark: a controller that dies in between must find it.
    SB_TRY(mark(domain, kFrozenUri, "frozen", true));
    Freeze left{};
    const Nothing frozen = freeze_by_agent(domain, vm, patience, left);
    if (!frozen && !again && left == Freeze::not_asked)
      SB_TRY(mark(domain, kFrozenUri, "frozen", false));
    return frozen;
  });
}

Nothing LibvirtHost::thaw_vm(const recovery::VmName& vm) {
  const Duration patience = agent_patience();
  return calls_.ask_if_there<void>(vm, "thawing VM " + vm, {},
                                   [vm, patience](const Domain& domain) -> Nothing {
                                     SB_ASSIGN(active, is_active(domain));
                                     if (!active || !is_marked(domain, kFrozenUri)) return {};
                                     SB_TRY(thaw_by_agent(domain, vm, patience));
                                     return mark(domain, kFrozenUri, "frozen", false);
                                   });
}

Nothing LibvirtHost::suspend_vm(const recovery::VmName& vm) {
  const bool runs_guest = site_.guest.has_value();
  return calls_.ask<void>(
      vm, "suspending VM " + vm, [vm, runs_guest](const Domain& domain) -> Nothing {
        SB_ASSIGN(active, is_active(domain));
        if (!active)
          return environment_error(fmt::format("VM {} does not run, it can't be suspended", vm),
                                   "start it first");
        SB_TRY(mark_suspended(domain, true));
        if (runs_guest && virDomainSuspend(domain.get()) < 0)
          return libvirt_error("suspending VM " + vm);
        return {};
      });
}

Nothing LibvirtHost::resume_vm(const recovery::VmName& vm) {
  const bool runs_guest = site_.guest.has_value();
  return calls_.ask_if_there<void>(vm, "resuming VM " + vm, {},
                                   [vm, runs_guest](const Domain& domain) -> Nothing {
                                     SB_ASSIGN(active, is_active(domain));
                                     if (!active || !is_marked_suspended(domain)) return {};
                                     if (runs_guest) SB_TRY(let_run(domain, vm));
                                     return mark_suspended(domain, false);
                                   });
}

Result<bool> LibvirtHost::is_held(const recovery::VmName& vm) {
  return calls_.ask<bool>(vm, "looking whether VM " + vm + " is held", is_marked_held);
}

}  // namespace switchback::libvirt
