// SPDX-License-Identifier: Apache-2.0
// See holds.hpp; and the calls of the host that hold a guest.
#include "vms/hosts/libvirt/holds.hpp"

#include <string_view>

#include <fmt/format.h>

#include "vms/hosts/libvirt/libvirt_host.hpp"

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

}  // namespace

Nothing mark_suspended(const Domain& domain, bool suspended) {
  return mark(domain, kSuspendedUri, "suspended", suspended);
}

bool is_marked_suspended(const Domain& domain) {
  return is_marked(domain, kSuspendedUri);
}

Nothing LibvirtHost::freeze_vm(const recovery::VmName& vm) {
  return calls_.ask<void>(vm, "freezing VM " + vm, [vm](const Domain& domain) -> Nothing {
    SB_ASSIGN(possible, has_agent(domain));
    if (!possible)
      return unsupported(fmt::format("VM {} has no guest agent that could freeze it", vm),
                         "install one in it, or ask for no app-consistent points");
    if (virDomainFSFreeze(domain.get(), nullptr, 0, 0) < 0)
      return libvirt_error("freezing VM " + vm);
    return mark(domain, kFrozenUri, "frozen", true);
  });
}

Nothing LibvirtHost::thaw_vm(const recovery::VmName& vm) {
  return calls_.ask_if_there<void>(
      vm, "thawing VM " + vm, {}, [vm](const Domain& domain) -> Nothing {
        SB_ASSIGN(active, is_active(domain));
        SB_ASSIGN(possible, has_agent(domain));
        if (!active || !possible) return {};
        if (virDomainFSThaw(domain.get(), nullptr, 0, 0) < 0)
          return libvirt_error("thawing VM " + vm);
        return is_marked(domain, kFrozenUri) ? mark(domain, kFrozenUri, "frozen", false)
                                             : Nothing{};
      });
}

Nothing LibvirtHost::suspend_vm(const recovery::VmName& vm) {
  return calls_.ask<void>(vm, "suspending VM " + vm, [vm](const Domain& domain) -> Nothing {
    SB_ASSIGN(active, is_active(domain));
    if (!active)
      return environment_error(fmt::format("VM {} does not run, it can't be suspended", vm),
                               "start it first");
    return mark_suspended(domain, true);
  });
}

Nothing LibvirtHost::resume_vm(const recovery::VmName& vm) {
  return calls_.ask_if_there<void>(vm, "resuming VM " + vm, {},
                                   [](const Domain& domain) -> Nothing {
                                     SB_ASSIGN(active, is_active(domain));
                                     if (!active || !is_marked_suspended(domain)) return {};
                                     return mark_suspended(domain, false);
                                   });
}

Result<bool> LibvirtHost::is_held(const recovery::VmName& vm) {
  return calls_.ask<bool>(
      vm, "looking whether VM " + vm + " is held", [](const Domain& domain) -> Result<bool> {
        SB_ASSIGN(active, is_active(domain));
        return active && (is_marked(domain, kFrozenUri) || is_marked(domain, kSuspendedUri));
      });
}

}  // namespace switchback::libvirt
