// SPDX-License-Identifier: Apache-2.0
// Names of operations.
#include "harness/lifecycle/operation.hpp"

#include "harness/base/names.hpp"

namespace switchback {
namespace {

constexpr std::array<EnumName<Operation>, kOperationCount> kNames = {{
    {Operation::enable, "enable"},
    {Operation::delta_replication, "delta_replication"},
    {Operation::planned_failover, "planned_failover"},
    {Operation::commit, "commit"},
    {Operation::planned_failback, "planned_failback"},
    {Operation::complete_failover, "complete_failover"},
    {Operation::commit_failback, "commit_failback"},
    {Operation::reverse_replicate, "reverse_replicate"},
    {Operation::disable, "disable"},
}};

}  // namespace

std::string_view name_of(Operation operation) {
  return lookup_name(kNames, operation);
}

std::optional<Operation> operation_named(std::string_view name) {
  return lookup_value(kNames, name);
}

}  // namespace switchback
