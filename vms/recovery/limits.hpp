// SPDX-License-Identifier: Apache-2.0
// What can be protected: the limits of Azure Site Recovery for Hyper-V VMs ("Support matrix",
// "Azure VM requirements"; replication policy; New-AzRecoveryServicesAsrPolicy) that can be seen
// from outside.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>

#include "harness/base/result.hpp"
#include "harness/base/units.hpp"
#include "harness/system/item.hpp"
#include "harness/system/request.hpp"

namespace switchback::recovery {

inline constexpr Bytes kGibibyte = Bytes{1} << 30;

/// The guest's name: letters, digits and hyphens, a letter or digit first and last.
inline constexpr std::size_t kLongestName = 63;
/// The boot disk and 16 others.
inline constexpr std::size_t kMostDisks = 17;
inline constexpr Bytes kLargestBootDisk = 2048 * kGibibyte;
inline constexpr Bytes kLargestDataDisk = 4095 * kGibibyte;

inline constexpr std::array<Duration, 3> kCopyFrequencies = {
    std::chrono::seconds(30), std::chrono::seconds(300), std::chrono::seconds(900)};
inline constexpr std::chrono::hours kLongestRetention{24};
inline constexpr unsigned kMostPoints = 24;
inline constexpr std::chrono::hours kRarestAppConsistent{12};

/// A round that would send more than this share of a disk is not sent: the VM needs
/// resynchronization ("Hyper-V to Azure architecture": a log of 50 % of the disk).
inline constexpr Bytes kLargestLogPercent = 50;
/// Own reading: logs up to this size are always sent, since comparing costs as much. Without it a
/// disk of a few tracking grains would be resynchronized for every handful of writes.
inline constexpr Bytes kSmallLog = Bytes{1} << 20;

/// An Error that names the first limit broken.
Nothing check_limits(const ItemSpec& item);
/// The same of the settings for the VM of the next failover.
Nothing check_limits(const ItemSpec& item, const TargetSettings& settings);
/// An Error if so much of a disk changed that it must be resynchronized.
Nothing check_log_size(const DiskSpec& disk, Bytes changed);

}  // namespace switchback::recovery
