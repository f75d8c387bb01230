// SPDX-License-Identifier: Apache-2.0
// See row_words.hpp.
#include "harness/lifecycle/row_words.hpp"

#include <array>

#include "harness/base/names.hpp"
#include "harness/lifecycle/passages.hpp"

namespace switchback {
namespace {

constexpr std::array<EnumName<PointsEffect>, 4> kEffects = {{
    {PointsEffect::keeps, "keeps"},
    {PointsEffect::adds, "adds"},
    {PointsEffect::may_add, "may add"},
    {PointsEffect::deletes_all, "deletes all"},
}};

}  // namespace

std::string_view name_of(PointsEffect effect) {
  return lookup_name(kEffects, effect);
}

std::string names_of(OperationSet operations) {
  std::string text;
  for (const Operation operation : kAllOperations) {
    if (!operations.contains(operation)) continue;
    if (!text.empty()) text += ", ";
    text += name_of(operation);
  }
  return text;
}

std::string place_in_words(const ItemState& state) {
  return is_resting(state) ? std::string(name_of(state))
                           : "job of " + names_of(jobs_that_show(state));
}

}  // namespace switchback
