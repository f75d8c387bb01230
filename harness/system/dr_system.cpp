// SPDX-License-Identifier: Apache-2.0
// Outcomes in words.
#include "harness/system/dr_system.hpp"

#include "harness/base/names.hpp"

namespace switchback {
namespace {

constexpr std::array<EnumName<Health>, 3> kHealths = {{
    {Health::normal, "normal"},
    {Health::warning, "warning"},
    {Health::critical, "critical"},
}};

struct NameOfOutcome {
  std::string_view operator()(const Done&) const { return "done"; }
  std::string_view operator()(const Refused&) const { return "refused"; }
  std::string_view operator()(const Failed&) const { return "failed"; }
  std::string_view operator()(const Indeterminate&) const { return "indeterminate"; }
};

struct ReasonOfOutcome {
  std::string operator()(const Done&) const { return {}; }
  std::string operator()(const Refused& refused) const { return refused.reason; }
  std::string operator()(const Failed& failed) const { return failed.reason; }
  std::string operator()(const Indeterminate& unknown) const { return unknown.reason; }
};

}  // namespace

std::string_view name_of(Health health) {
  return lookup_name(kHealths, health);
}

std::string_view name_of(const Outcome& outcome) {
  return std::visit(NameOfOutcome{}, outcome);
}

std::string reason_of(const Outcome& outcome) {
  return std::visit(ReasonOfOutcome{}, outcome);
}

}  // namespace switchback
