// SPDX-License-Identifier: Apache-2.0
// Names of faults.
#include "harness/system/fault.hpp"

#include "harness/base/names.hpp"

namespace switchback {
namespace {

constexpr std::array<EnumName<FaultKind>, kAllFaults.size()> kNames = {{
    {FaultKind::controller_killed, "controller_killed"},
    {FaultKind::link_cut, "link_cut"},
    {FaultKind::primary_lost, "primary_lost"},
    {FaultKind::shutdown_refused, "shutdown_refused"},
    {FaultKind::freeze_refused, "freeze_refused"},
    {FaultKind::thaw_refused, "thaw_refused"},
    {FaultKind::tracking_lost, "tracking_lost"},
    {FaultKind::recovery_full, "recovery_full"},
    {FaultKind::primary_full, "primary_full"},
    {FaultKind::read_error, "read_error"},
    {FaultKind::write_error, "write_error"},
    {FaultKind::answer_lost, "answer_lost"},
    {FaultKind::controller_killed_in_call, "controller_killed_in_call"},
    {FaultKind::recovery_power_lost, "recovery_power_lost"},
    {FaultKind::primary_power_lost, "primary_power_lost"},
    {FaultKind::link_lossy, "link_lossy"},
    {FaultKind::link_one_way, "link_one_way"},
    {FaultKind::link_slow, "link_slow"},
    {FaultKind::shutdown_hangs, "shutdown_hangs"},
    {FaultKind::freeze_hangs, "freeze_hangs"},
    {FaultKind::targets_deleted, "targets_deleted"},
    {FaultKind::disk_changed_behind, "disk_changed_behind"},
    {FaultKind::clock_stepped, "clock_stepped"},
}};

}  // namespace

std::string_view name_of(FaultKind kind) {
  return lookup_name(kNames, kind);
}

std::optional<FaultKind> fault_named(std::string_view name) {
  return lookup_value(kNames, name);
}

}  // namespace switchback
