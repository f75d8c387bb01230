// SPDX-License-Identifier: Apache-2.0
// Promise: the VM that a failover starts is made as its original was at the recovery point, but for
// what the operator set; and back home it is as it was.
//
// Source: the tutorial (review VM properties: name, size, network, NIC addresses), common questions
// (generation and format are restored at failback). What becomes of network adapters may be a
// policy of the system's: see declared_adapters.hpp. Code META; invariants 63 and 69.
#include <algorithm>

#include <fmt/format.h>

#include "properties/declared_adapters.hpp"
#include "properties/left_out_disks.hpp"
#include "properties/properties.hpp"

namespace switchback {
namespace {

class TheDefinitionTravels final : public Property {
 public:
  [[nodiscard]] std::string_view name() const override { return "the_definition_travels"; }
  [[nodiscard]] std::string_view promise() const override {
    return "disks, sizes, order, boot disk, NICs, firmware, CPUs and memory are the same after a "
           "failover and after the round trip";
  }
  [[nodiscard]] std::string_view source() const override {
    return "Azure Site Recovery tutorial, VM properties; common questions, generation of a failed "
           "back VM";
  }
  [[nodiscard]] Verdict after_operation(const OperationEvidence& evidence) const override {
    if (evidence.row == nullptr || !std::holds_alternative<Done>(evidence.outcome))
      return Verdict::does_not_apply();
    switch (evidence.operation) {
      case Operation::planned_failover:
      case Operation::unplanned_failover:
      case Operation::change_recovery_point:
        if (!evidence.target) return Verdict::does_not_apply();
        return judge(evidence, Site::recovery, false, evidence.target->config, true);
      case Operation::test_failover:
        if (!evidence.test) return Verdict::does_not_apply();
        return judge(evidence, Site::recovery, true, evidence.test->config, true);
      case Operation::complete_failover:
      case Operation::full_failback:
        // Of a VM that was deleted meanwhile, what it last was is not known to anybody.
        if (!had_vms_at_primary(evidence)) return Verdict::does_not_apply();
        return judge(evidence, Site::primary, false, evidence.original, false);
      default:
        return Verdict::does_not_apply();
    }
  }

 private:
  static bool had_vms_at_primary(const OperationEvidence& evidence) {
    const auto& vms = evidence.before.vms;
    return std::any_of(vms.begin(), vms.end(),
                       [](const SeenVm& vm) { return vm.site == Site::primary; });
  }

  static Hardware adapted(Hardware hardware, const TargetSettings& settings) {
    if (settings.cpus) hardware.cpus = *settings.cpus;
    if (settings.memory_bytes) hardware.memory_bytes = *settings.memory_bytes;
    for (std::size_t n = 0; n < hardware.nics.size(); ++n) {
      if (settings.network) hardware.nics[n].network = *settings.network;
      if (n < settings.nic_addresses.size() && !settings.nic_addresses[n].empty())
        hardware.nics[n].address = settings.nic_addresses[n];
    }
    return hardware;
  }

  static Verdict judge(const OperationEvidence& evidence, Site site, bool test,
                       const std::vector<Hardware>& config, bool adapt) {
    if (config.size() != evidence.item.vms.size()) return Verdict::does_not_apply();
    bool excused = false;
    for (std::size_t n = 0; n < config.size(); ++n) {
      const auto& vms = evidence.after.vms;
      const auto vm = std::find_if(vms.begin(), vms.end(), [&](const SeenVm& seen) {
        return seen.site == site && seen.test == test && seen.vm == n;
      });
      if (vm == vms.end())
        return Verdict::broken("no_vm", fmt::format("VM {} is not at {} after {}", n, name_of(site),
                                                    name_of(evidence.operation)));
      Hardware wanted = adapt ? adapted(config[n], evidence.settings) : config[n];
      if (adapters_as_declared(*vm, wanted.nics, evidence.capabilities)) {
        wanted.nics = vm->hardware.nics;
        excused = true;
      }
      const std::vector<DiskSpec> disks = disks_to_answer_for(*vm, evidence);
      if (disks.size() != vm->disks.size()) excused = true;
      std::optional<std::string> wrong = differs(*vm, wanted, test);
      if (!wrong) wrong = differ(disks, evidence.item, n);
      if (wrong)
        return Verdict::broken("made_otherwise",
                               fmt::format("VM {} at {} after {}: {}", vm->name, name_of(site),
                                           name_of(evidence.operation), *wrong));
    }
    return excused ? Verdict::does_not_apply() : Verdict::holds();
  }

  static std::optional<std::string> differs(const SeenVm& seen, const Hardware& wanted, bool test) {
    const Hardware& found = seen.hardware;
    if (found.cpus != wanted.cpus)
      return fmt::format("{} CPUs instead of {}", found.cpus, wanted.cpus);
    if (found.memory_bytes != wanted.memory_bytes)
      return fmt::format("{} bytes of memory instead of {}", found.memory_bytes,
                         wanted.memory_bytes);
    if (found.firmware != wanted.firmware) return "other firmware";
    if (found.boot_disk != wanted.boot_disk)
      return fmt::format("boots from disk {} instead of {}", found.boot_disk, wanted.boot_disk);
    if (found.nics.size() != wanted.nics.size())
      return fmt::format("{} NICs instead of {}", found.nics.size(), wanted.nics.size());
    for (std::size_t n = 0; n < found.nics.size(); ++n) {
      // A test VM's network and address are a matter of its box.
      const bool same = found.nics[n].mac == wanted.nics[n].mac &&
                        (test || (found.nics[n].network == wanted.nics[n].network &&
                                  found.nics[n].address == wanted.nics[n].address));
      if (!same)
        return fmt::format("NIC {} is {} on '{}' instead of {} on '{}'", n, found.nics[n].mac,
                           found.nics[n].network, wanted.nics[n].mac, wanted.nics[n].network);
    }
    return std::nullopt;
  }

  static std::optional<std::string> differ(const std::vector<DiskSpec>& found, const ItemSpec& item,
                                           std::size_t vm) {
    std::vector<DiskSpec> disks;
    for (const DiskSpec& disk : item.disks)
      if (disk.vm == vm) disks.push_back(disk);
    if (found.size() != disks.size())
      return fmt::format("{} disks instead of {}", found.size(), disks.size());
    for (std::size_t n = 0; n < disks.size(); ++n)
      if (found[n].device != disks[n].device || found[n].size_bytes != disks[n].size_bytes)
        return fmt::format("disk {} is {} with {} bytes instead of {} with {}", n, found[n].device,
                           found[n].size_bytes, disks[n].device, disks[n].size_bytes);
    return std::nullopt;
  }
};

}  // namespace

std::unique_ptr<const Property> the_definition_travels() {
  return std::make_unique<TheDefinitionTravels>();
}

}  // namespace switchback
