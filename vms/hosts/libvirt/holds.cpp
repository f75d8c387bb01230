// SPDX-License-Identifier: Apache-2.0
// See holds.hpp; and the calls of the host that hold a guest.
#include "vms/hosts/libvirt/holds.hpp"

#include <fmt/format.h>
#include <libvirt/virterror.h>

#include "vms/hosts/libvirt/libvirt_host.hpp"

namespace switchback::libvirt {
namespace {

constexpr const char* kSuspendedUri = "https://switchback.example/suspended/1";

/// What libvirt says of a VM without a guest agent.
bool has_no_agent(int code) {
  return code == VIR_ERR_ARGUMENT_UNSUPPORTED || code == VIR_ERR_CONFIG_UNSUPPORTED;
}

}  // namespace

Nothing mark_suspended(const Domain& domain, bool suspended) {
  if (virDomainSetMetadata(domain.get(), VIR_DOMAIN_METADATA_ELEMENT,
                           suspended ? "<guest/>" : nullptr, suspended ? "suspended" : nullptr,
                           kSuspendedUri, VIR_DOMAIN_AFFECT_LIVE) < 0)
    return libvirt_error("noting a suspended guest");
  return {};
}

bool is_marked_suspended(const Domain& domain) {
  const OwnedString mark(virDomainGetMetadata(domain.get(), VIR_DOMAIN_METADATA_ELEMENT,
                                              kSuspendedUri, VIR_DOMAIN_AFFECT_LIVE));
  return mark != nullptr;
}

Nothing LibvirtHost::freeze_vm(const recovery::VmName& vm) {
  return calls_.ask<void>(vm, "freezing VM " + vm, [vm](const Domain& domain) -> Nothing {
    if (virDomainFSFreeze(domain.get(), nullptr, 0, 0) >= 0) return {};
    const bool no_agent = has_no_agent(libvirt_error_code());
    Error error = libvirt_error("freezing VM " + vm).value();
    if (no_agent) error.remedy = "install a guest agent in it, or ask for no quiesced points";
    return tl::unexpected(std::move(error));
  });
}

Nothing LibvirtHost::thaw_vm(const recovery::VmName& vm) {
  return calls_.ask_if_there<void>(
      vm, "thawing VM " + vm, {}, [vm](const Domain& domain) -> Nothing {
        SB_ASSIGN(active, is_active(domain));
        if (!active || virDomainFSThaw(domain.get(), nullptr, 0, 0) >= 0) return {};
        // Without an agent it never was frozen.
        if (has_no_agent(libvirt_error_code())) return {};
        return libvirt_error("thawing VM " + vm);
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

}  // namespace switchback::libvirt
