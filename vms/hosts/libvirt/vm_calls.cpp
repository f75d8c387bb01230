// SPDX-License-Identifier: Apache-2.0
// See vm_calls.hpp.
#include "vms/hosts/libvirt/vm_calls.hpp"

namespace switchback::libvirt {

Result<const Connection*> VmCalls::connection() {
  if (!stale_) return fresh_ ? fresh_.get() : &first_;
  SB_ASSIGN(opened, Connection::open(first_.site()));
  fresh_ = std::move(opened);
  stale_ = false;
  return fresh_.get();
}

Result<std::optional<Domain>> VmCalls::find(const std::string& vm) {
  SB_ASSIGN(used, connection());
  return used->find_domain(vm);
}

}  // namespace switchback::libvirt
