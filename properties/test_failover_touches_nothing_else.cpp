// SPDX-License-Identifier: Apache-2.0
// Promise: a test failover is a copy in a box: on a network of its own, and gone after the
// clean-up.
//
// Source: "Run a disaster recovery drill to Azure": an isolated network, replication goes on,
// clean-up "deletes the VMs that were created during test failover". What its guest writes is
// judged by points_never_change and the_vm_runs_on. Codes TEST, META and LEAK; invariants 16 to 21.
#include <algorithm>

#include <fmt/format.h>

#include "properties/properties.hpp"

namespace switchback {
namespace {

class TestFailoverTouchesNothingElse final : public Property {
 public:
  [[nodiscard]] std::string_view name() const override {
    return "test_failover_touches_nothing_else";
  }
  [[nodiscard]] std::string_view promise() const override {
    return "the VM of a test failover is on a network of its own, and is gone after the clean-up";
  }
  [[nodiscard]] std::string_view source() const override {
    return "Azure Site Recovery, 'Run a disaster recovery drill to Azure'";
  }
  [[nodiscard]] Verdict after_operation(const OperationEvidence& evidence) const override {
    if (evidence.row == nullptr || !std::holds_alternative<Done>(evidence.outcome))
      return Verdict::does_not_apply();
    const std::vector<SeenVm>& vms = evidence.after.vms;
    if (evidence.operation == Operation::test_failover) {
      if (std::optional<Verdict> loose = judge_isolation(vms)) return *loose;
      const auto running = static_cast<std::size_t>(std::count_if(
          vms.begin(), vms.end(), [](const SeenVm& vm) { return vm.test && vm.running; }));
      if (running != evidence.item.vms.size())
        return Verdict::broken("no_test_vm",
                               fmt::format("{} of {} test VMs run after test_failover", running,
                                           evidence.item.vms.size()));
      return Verdict::holds();
    }
    if (evidence.model_after.awaiting == Awaiting::test_cleanup) return Verdict::does_not_apply();
    const auto left =
        std::find_if(vms.begin(), vms.end(), [](const SeenVm& vm) { return vm.test; });
    if (left == vms.end())
      return evidence.operation == Operation::cleanup_test_failover ? Verdict::holds()
                                                                    : Verdict::does_not_apply();
    if (may_stay(evidence)) return judge_isolation(vms).value_or(Verdict::does_not_apply());
    return Verdict::broken("test_vm_left", fmt::format("after {} test VM {} is still there",
                                                       name_of(evidence.operation), left->name));
  }

 private:
  /// A test VM that can meet its original, if there is one.
  static std::optional<Verdict> judge_isolation(const std::vector<SeenVm>& vms) {
    for (const SeenVm& vm : vms)
      if (vm.test && !vm.hardware.nics.empty() && !vm.isolated)
        return Verdict::broken("not_isolated",
                               fmt::format("test VM {} is on network '{}', where it can meet its "
                                           "original",
                                           vm.name, vm.hardware.nics.front().network));
    return std::nullopt;
  }
  /// Declared, and nothing else has been started from the item's recovery points since.
  static bool may_stay(const OperationEvidence& evidence) {
    return evidence.capabilities.declares(Declared::drill_vms_stay) &&
           evidence.model_after.recovery == Role::standby;
  }
};

}  // namespace

std::unique_ptr<const Property> test_failover_touches_nothing_else() {
  return std::make_unique<TestFailoverTouchesNothingElse>();
}

}  // namespace switchback
