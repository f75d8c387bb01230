// SPDX-License-Identifier: Apache-2.0
// The list of all promises.
#include "properties/properties.hpp"

namespace switchback {
namespace {

std::vector<std::unique_ptr<const Property>> make_all() {
  std::vector<std::unique_ptr<const Property>> all;
  all.push_back(planned_switch_loses_nothing());
  all.push_back(images_are_legal_cuts());
  all.push_back(rounds_miss_nothing());
  all.push_back(only_the_delta_is_sent());
  all.push_back(never_two_live_copies());
  all.push_back(refused_changes_nothing());
  all.push_back(lifecycle_is_followed());
  all.push_back(nothing_is_left_behind());
  return all;
}

}  // namespace

const std::vector<std::unique_ptr<const Property>>& all_properties() {
  static const std::vector<std::unique_ptr<const Property>> all = make_all();
  return all;
}

}  // namespace switchback
