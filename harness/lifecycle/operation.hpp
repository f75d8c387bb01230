// SPDX-License-Identifier: Apache-2.0
// What can be asked of a DR system: by an operator, or by the clock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace switchback {

enum class Operation : std::uint8_t {
  enable,             ///< protect a VM, up to its first recovery point
  delta_replication,  ///< one round of the copy frequency; the clock asks for it, no operator
  planned_failover,   ///< primary to recovery, source shut down first, nothing lost
  commit,             ///< make the failover final; deletes recovery points
  planned_failback,   ///< recovery to primary: synchronize while the VM runs, then wait
  complete_failover,  ///< shut down at recovery, last delta, start at primary
  commit_failback,    ///< make the failback final; deletes the recovery VM and its disks
  reverse_replicate,  ///< replicate from primary to recovery again, from the delta
  disable,            ///< end protection; the active VM stays
};

inline constexpr std::size_t kOperationCount = 9;
inline constexpr std::array<Operation, kOperationCount> kAllOperations = {
    Operation::enable,          Operation::delta_replication, Operation::planned_failover,
    Operation::commit,          Operation::planned_failback,  Operation::complete_failover,
    Operation::commit_failback, Operation::reverse_replicate, Operation::disable};

/// True for what an operator may ask for; false for what only the passing of time brings about.
constexpr bool asked_by_operator(Operation operation) {
  return operation != Operation::delta_replication;
}

std::string_view name_of(Operation operation);
std::optional<Operation> operation_named(std::string_view name);

/// A small set of operations, ordered as kAllOperations.
class OperationSet {
 public:
  constexpr OperationSet() = default;
  constexpr OperationSet(std::initializer_list<Operation> operations) {
    for (const Operation operation : operations)
      insert(operation);
  }
  constexpr void insert(Operation operation) { bits_ |= bit(operation); }
  [[nodiscard]] constexpr bool contains(Operation operation) const {
    return (bits_ & bit(operation)) != 0;
  }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  friend constexpr bool operator==(OperationSet, OperationSet) = default;

 private:
  static constexpr std::uint32_t bit(Operation operation) {
    return std::uint32_t{1} << static_cast<unsigned>(operation);
  }
  std::uint32_t bits_ = 0;
};

}  // namespace switchback
