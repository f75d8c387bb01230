// SPDX-License-Identifier: Apache-2.0
// Choices in words.
#include "harness/system/request.hpp"

#include "harness/base/names.hpp"

namespace switchback {
namespace {

constexpr std::array<EnumName<PointChoice>, 4> kChoices = {{
    {PointChoice::latest, "latest"},
    {PointChoice::latest_processed, "latest_processed"},
    {PointChoice::latest_app_consistent, "latest_app_consistent"},
    {PointChoice::custom, "custom"},
}};

std::string point_in_words(const Request& request) {
  std::string words(name_of(request.point));
  if (request.point == PointChoice::custom) words += ' ' + request.point_id;
  return words;
}

/// Which are set, not to what: they are the operator's own names and addresses.
std::string settings_in_words(const TargetSettings& settings) {
  std::string words;
  const auto add = [&](bool is_set, std::string_view name) {
    if (is_set) words += (words.empty() ? "" : ", ") + std::string(name);
  };
  add(settings.name_suffix.has_value(), "name");
  add(settings.cpus.has_value(), "cpus");
  add(settings.memory_bytes.has_value(), "memory");
  add(settings.network.has_value(), "network");
  add(!settings.nic_addresses.empty(), "addresses");
  return words.empty() ? "as at primary" : words;
}

}  // namespace

std::string_view name_of(PointChoice choice) {
  return lookup_name(kChoices, choice);
}
std::optional<PointChoice> point_choice_named(std::string_view name) {
  return lookup_value(kChoices, name);
}

std::string choices_in_words(const Request& request) {
  switch (request.operation) {
    case Operation::unplanned_failover:
      return point_in_words(request) + (request.shut_down_source ? "" : ", no shutdown");
    case Operation::test_failover:
    case Operation::change_recovery_point:
      return point_in_words(request);
    case Operation::planned_failback:
    case Operation::full_failback:
      return request.create_missing_vm ? "" : "no new VM";
    case Operation::update_properties:
      return settings_in_words(request.settings);
    default:
      return "";
  }
}

}  // namespace switchback
