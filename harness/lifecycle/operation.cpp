// SPDX-License-Identifier: Apache-2.0
// Names of operations.
#include "harness/lifecycle/operation.hpp"

#include "harness/base/names.hpp"

namespace switchback {
namespace {

constexpr std::array<EnumName<Operation>, kOperationCount> kNames = {{
    {Operation::enable, "enable"},
    {Operation::delta_replication, "delta_replication"},
    {Operation::process_log, "process_log"},
    {Operation::pause, "pause"},
    {Operation::resume, "resume"},
    {Operation::resynchronize, "resynchronize"},
    {Operation::update_properties, "update_properties"},
    {Operation::test_failover, "test_failover"},
    {Operation::cleanup_test_failover, "cleanup_test_failover"},
    {Operation::planned_failover, "planned_failover"},
    {Operation::unplanned_failover, "unplanned_failover"},
    {Operation::change_recovery_point, "change_recovery_point"},
    {Operation::cancel, "cancel"},
    {Operation::commit, "commit"},
    {Operation::complete_migration, "complete_migration"},
    {Operation::planned_failback, "planned_failback"},
    {Operation::complete_failover, "complete_failover"},
    {Operation::full_failback, "full_failback"},
    {Operation::commit_failback, "commit_failback"},
    {Operation::reverse_replicate, "reverse_replicate"},
    {Operation::disable, "disable"},
    {Operation::purge, "purge"},
    {Operation::fence_source, "fence_source"},
}};

}  // namespace

std::string_view name_of(Operation operation) {
  return lookup_name(kNames, operation);
}

std::optional<Operation> operation_named(std::string_view name) {
  return lookup_value(kNames, name);
}

}  // namespace switchback
