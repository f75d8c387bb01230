// SPDX-License-Identifier: Apache-2.0
// Promise: a guest that was frozen or suspended for a cut goes on.
//
// Source: Hyper-V to Azure architecture: replication does not stop the VM's work; libvirt
// documentation of virDomainFSFreeze: a frozen file system blocks until it is thawed. A thaw that
// fails must be asked for again. Codes LIVE and APP.
#include <fmt/format.h>

#include "properties/expected_failure.hpp"
#include "properties/properties.hpp"

namespace switchback {
namespace {

class NoGuestStaysHeld final : public Property {
 public:
  [[nodiscard]] std::string_view name() const override { return "no_guest_stays_held"; }
  [[nodiscard]] std::string_view promise() const override {
    return "no guest is left frozen or suspended when an operation has ended";
  }
  [[nodiscard]] std::string_view source() const override {
    return "Hyper-V to Azure architecture; libvirt, virDomainFSFreeze";
  }
  [[nodiscard]] Verdict after_operation(const OperationEvidence& evidence) const override {
    // Where the guest could not be reached, or the controller not go on, a later attempt must free
    // it: see at_end(). Nothing else is an excuse, least of all a freeze that failed.
    const bool could_be_freed =
        !evidence.fault_in_force ||
        only_faults(evidence,
                    {FaultKind::freeze_refused, FaultKind::freeze_hangs,
                     FaultKind::shutdown_refused, FaultKind::shutdown_hangs, FaultKind::link_cut,
                     FaultKind::link_lossy, FaultKind::link_one_way, FaultKind::recovery_full,
                     FaultKind::primary_full, FaultKind::read_error, FaultKind::write_error});
    if (!could_be_freed || evidence.row == nullptr) return Verdict::does_not_apply();
    return judge(evidence.after, fmt::format("after {}", name_of(evidence.operation)));
  }
  [[nodiscard]] Verdict at_end(const EndEvidence& evidence) const override {
    return judge(evidence.after, "at the end, with nothing broken any more");
  }

 private:
  static Verdict judge(const Snapshot& now, const std::string& when) {
    for (const SeenVm& vm : now.vms)
      if (vm.running && vm.hold != Hold::none)
        return Verdict::broken("guest_held",
                               fmt::format("VM {} at {} is still {} {}", vm.name, name_of(vm.site),
                                           vm.hold == Hold::frozen ? "frozen" : "suspended", when));
    return Verdict::holds();
  }
};

}  // namespace

std::unique_ptr<const Property> no_guest_stays_held() {
  return std::make_unique<NoGuestStaysHeld>();
}

}  // namespace switchback
