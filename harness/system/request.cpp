// SPDX-License-Identifier: Apache-2.0
// Names of the choices.
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

}  // namespace

std::string_view name_of(PointChoice choice) {
  return lookup_name(kChoices, choice);
}
std::optional<PointChoice> point_choice_named(std::string_view name) {
  return lookup_value(kChoices, name);
}

}  // namespace switchback
