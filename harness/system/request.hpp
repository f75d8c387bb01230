// SPDX-License-Identifier: Apache-2.0
// An operation with what an operator chooses for it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/units.hpp"
#include "harness/lifecycle/operation.hpp"

namespace switchback {

/// Which recovery point a failover starts from: the four of the tutorial.
enum class PointChoice : std::uint8_t {
  latest,                 ///< processes all data sent first, then takes the point that makes
  latest_processed,       ///< the newest point there is
  latest_app_consistent,  ///< the newest app-consistent one there is
  custom,                 ///< the one named
};
inline constexpr std::array kAllPointChoices = {PointChoice::latest, PointChoice::latest_processed,
                                                PointChoice::latest_app_consistent,
                                                PointChoice::custom};
std::string_view name_of(PointChoice choice);
std::optional<PointChoice> point_choice_named(std::string_view name);

/// What the VM of the next failover is to be; what is not set is as at the primary. It is the
/// operator's wish: the round trip back restores the original.
struct TargetSettings {
  /// Appended to the VM's name with a hyphen, so that what belongs to an item can be told by name.
  std::optional<std::string> name_suffix;
  std::optional<unsigned> cpus;
  std::optional<Bytes> memory_bytes;
  std::optional<std::string> network;      ///< for all NICs
  std::vector<std::string> nic_addresses;  ///< by position; empty string: as before
  friend bool operator==(const TargetSettings&, const TargetSettings&) = default;
};

/// What is asked for. Only what the operation looks at is read: the point by test_failover,
/// unplanned_failover and change_recovery_point, and so on.
struct Request {
  Operation operation{};
  PointChoice point = PointChoice::latest;
  std::string point_id;           ///< for PointChoice::custom
  bool shut_down_source = true;   ///< unplanned_failover: try to, and send what is left
  bool create_missing_vm = true;  ///< planned_failback, full_failback: if primary has none any more
  /// enable of an encrypted item sets it; test, planned and unplanned failover and
  /// change_recovery_point must give the same. Never written anywhere.
  std::string key;
  TargetSettings settings;  ///< update_properties

  Request() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): an operation without choices is a request
  Request(Operation asked) : operation(asked) {}
};

/// What was chosen, of what the operation looks at: "latest_processed, no shutdown"; empty if there
/// is nothing to choose. Never the key.
std::string choices_in_words(const Request& request);

}  // namespace switchback
