// SPDX-License-Identifier: Apache-2.0
// What a DR system does otherwise than the strictest reading of the promises, because its
// documentation says so. Data, told before anything is asked of it: a property accepts such a
// behaviour only where it is declared, only as far as it is documented, and then says that the
// promise does not apply, never that it holds. docs/variants.md names who documents which.
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string_view>

namespace switchback {

enum class Declared : std::uint8_t {
  /// The VM of a test failover has network adapters of the original's number, each with a MAC
  /// address of its own. Azure Site Recovery, AWS Elastic Disaster Recovery.
  new_test_macs,
  /// The VM of a test failover has no network adapter. Hyper-V Replica, its default.
  no_test_adapters,
  /// The adapters of VMs that failed over for real are plugged in nowhere until the operator
  /// connects them; they are on their networks again after the way back. VMware (VMW-12).
  disconnected_adapters,
  /// A resynchronization sends all that is allocated where tracking was lost by an unclean stop,
  /// and only there. QEMU (QEMU-06: a bitmap that was not closed is inconsistent).
  full_copy_after_unclean_stop,
  /// While an item waits for a resynchronization, the time of its newest data is not told. VMware
  /// Live Site Recovery, rbd-mirror: no recovery point objective until the item is in sync.
  unknown_rpo,
  /// The clean-up of a test failover leaves its VMs where they are, until VMs are started from the
  /// item's recovery points again or it is no longer protected. AWS Elastic Disaster Recovery.
  drill_vms_stay,
  /// A new disk of a VM under protection is left out of it: all goes on with the disks that were
  /// protected, and the state names it (ItemStatus::left_out). Azure Site Recovery (MS-04).
  added_disks_left_out,
};
inline constexpr std::array kAllDeclared = {
    Declared::new_test_macs,         Declared::no_test_adapters,
    Declared::disconnected_adapters, Declared::full_copy_after_unclean_stop,
    Declared::unknown_rpo,           Declared::drill_vms_stay,
    Declared::added_disks_left_out};
using DeclaredSet = std::set<Declared>;

/// The word for it in reports: "new_test_macs".
std::string_view name_of(Declared declared);

}  // namespace switchback
