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
  enable,                 ///< protect a VM, up to its first recovery point
  delta_replication,      ///< one round of the copy frequency: sends the changes
  process_log,            ///< makes recovery points of the data sent, and expires old ones
  pause,                  ///< no rounds until resume; changes stay tracked
  resume,                 ///< rounds go on with all changes since the pause
  resynchronize,          ///< compares both sides by checksum and sends what differs
  update_properties,      ///< what the VM of the next failover is called and looks like
  test_failover,          ///< a copy of the VM on an isolated network; replication goes on
  cleanup_test_failover,  ///< deletes the test VM and its disks
  planned_failover,       ///< primary to recovery, source shut down first, nothing lost
  unplanned_failover,     ///< primary to recovery, from a recovery point; source may be lost
  change_recovery_point,  ///< the failed-over VM again, from another point
  cancel,                 ///< stops the operation in progress
  commit,                 ///< make the failover final; deletes recovery points
  complete_migration,     ///< end protection, the VM stays at recovery for good
  planned_failback,       ///< recovery to primary: synchronize while the VM runs, then wait
  complete_failover,      ///< shut down at recovery, last delta, start at primary
  full_failback,          ///< the same in one go: shut down, download everything, start
  commit_failback,        ///< make the failback final; deletes the recovery VM and its disks
  reverse_replicate,      ///< replicate from primary to recovery again, from the delta
  disable,                ///< end protection; the active VM stays
  purge,                  ///< the same without the primary site: its tracking is left behind
  fence_source,           ///< stops the old primary VM once it can be reached again
};

inline constexpr std::array kAllOperations = {
    Operation::enable,
    Operation::delta_replication,
    Operation::process_log,
    Operation::pause,
    Operation::resume,
    Operation::resynchronize,
    Operation::update_properties,
    Operation::test_failover,
    Operation::cleanup_test_failover,
    Operation::planned_failover,
    Operation::unplanned_failover,
    Operation::change_recovery_point,
    Operation::cancel,
    Operation::commit,
    Operation::complete_migration,
    Operation::planned_failback,
    Operation::complete_failover,
    Operation::full_failback,
    Operation::commit_failback,
    Operation::reverse_replicate,
    Operation::disable,
    Operation::purge,
    Operation::fence_source,
};
inline constexpr std::size_t kOperationCount = kAllOperations.size();

/// True for what an operator may ask for; false for what only the passing of time brings about.
constexpr bool asked_by_operator(Operation operation) {
  return operation != Operation::delta_replication && operation != Operation::process_log &&
         operation != Operation::fence_source;
}

/// True for what begins a failback onto the primary site's disks.
constexpr bool begins_failback(Operation operation) {
  return operation == Operation::planned_failback || operation == Operation::full_failback;
}

/// True for what moves replication data across the link.
constexpr bool sends_data(Operation operation) {
  constexpr std::array kSending = {Operation::enable,
                                   Operation::delta_replication,
                                   Operation::resynchronize,
                                   Operation::planned_failover,
                                   Operation::unplanned_failover,
                                   Operation::planned_failback,
                                   Operation::complete_failover,
                                   Operation::full_failback,
                                   Operation::reverse_replicate};
  for (const Operation sending : kSending)
    if (operation == sending) return true;
  return false;
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
  /// Those that are in both.
  friend constexpr OperationSet operator&(OperationSet left, OperationSet right) {
    left.bits_ &= right.bits_;
    return left;
  }
  friend constexpr bool operator==(OperationSet, OperationSet) = default;

 private:
  static constexpr std::uint32_t bit(Operation operation) {
    return std::uint32_t{1} << static_cast<unsigned>(operation);
  }
  std::uint32_t bits_ = 0;
};

}  // namespace switchback
