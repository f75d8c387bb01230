// SPDX-License-Identifier: Apache-2.0
// State vectors: what `unknown` matches, and names that tell every value apart.
#include "harness/lifecycle/state.hpp"

#include <set>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace switchback {
namespace {

/// Any value of a part; every part's enumerators run from 0 to `unknown`.
template <class Part>
rc::Gen<Part> any_part() {
  const int end = static_cast<int>(Part::unknown) + 1;
  return rc::gen::map(rc::gen::inRange(0, end), [](int value) { return static_cast<Part>(value); });
}

rc::Gen<ItemState> any_state() {
  return rc::gen::build<ItemState>(rc::gen::set(&ItemState::primary, any_part<Role>()),
                                   rc::gen::set(&ItemState::recovery, any_part<Role>()),
                                   rc::gen::set(&ItemState::direction, any_part<Direction>()),
                                   rc::gen::set(&ItemState::replication, any_part<Replication>()),
                                   rc::gen::set(&ItemState::awaiting, any_part<Awaiting>()),
                                   rc::gen::set(&ItemState::points, any_part<Points>()));
}

/// `state` with those parts made unknown whose bit is set in `mask`.
ItemState forget(ItemState state, unsigned mask) {
  if ((mask & 1U) != 0) state.primary = Role::unknown;
  if ((mask & 2U) != 0) state.recovery = Role::unknown;
  if ((mask & 4U) != 0) state.direction = Direction::unknown;
  if ((mask & 8U) != 0) state.replication = Replication::unknown;
  if ((mask & 16U) != 0) state.awaiting = Awaiting::unknown;
  if ((mask & 32U) != 0) state.points = Points::unknown;
  return state;
}

RC_GTEST_PROP(Compatible, AStateMatchesItselfWithAnyPartsForgotten, ()) {
  const ItemState state = *any_state();
  const unsigned mask = *rc::gen::inRange(0U, 64U);
  RC_ASSERT(compatible(state, forget(state, mask)));
  RC_ASSERT(compatible(forget(state, mask), state));
}

RC_GTEST_PROP(Compatible, EveryPartKnownOnBothSidesMustAgree, ()) {
  const ItemState left = *any_state();
  const ItemState right = *any_state();
  const ItemState nothing_known = forget(left, 63U);
  bool expected = true;
  for (unsigned part = 0; part < 6; ++part) {
    const unsigned others = 63U & ~(1U << part);
    const ItemState l = forget(left, others);
    const ItemState r = forget(right, others);
    expected = expected && (l == r || l == nothing_known || r == nothing_known);
  }
  RC_ASSERT(compatible(left, right) == expected);
}

TEST(Compatible, TellsTheActiveSiteApart) {
  const ItemState at_primary{.primary = Role::active, .recovery = Role::standby};
  const ItemState at_recovery{.primary = Role::stopped, .recovery = Role::active};
  EXPECT_FALSE(compatible(at_primary, at_recovery));
}

TEST(ActiveSite, IsTheOneThatIsKnownToBeActive) {
  EXPECT_EQ(active_site({.primary = Role::active}), Site::primary);
  EXPECT_EQ(active_site({.primary = Role::stopped, .recovery = Role::active}), Site::recovery);
  EXPECT_EQ(active_site({.primary = Role::unknown, .recovery = Role::unknown}), std::nullopt);
}

TEST(ActiveSite, HasAnotherSiteThatIsNotItself) {
  EXPECT_EQ(other(Site::primary), Site::recovery);
  EXPECT_EQ(other(Site::recovery), Site::primary);
}

template <class Part>
void expect_distinct_names() {
  std::set<std::string_view> names;
  const int count = static_cast<int>(Part::unknown) + 1;
  for (int value = 0; value < count; ++value)
    EXPECT_TRUE(names.insert(name_of(static_cast<Part>(value))).second)
        << name_of(static_cast<Part>(value)) << " names two values";
}

TEST(Names, TellAllValuesOfAPartApart) {
  expect_distinct_names<Role>();
  expect_distinct_names<Direction>();
  expect_distinct_names<Replication>();
  expect_distinct_names<Awaiting>();
  expect_distinct_names<Points>();
}

RC_GTEST_PROP(Names, OfThePartsOfAStateComeBackToIt, ()) {
  const ItemState state = *any_state();
  RC_ASSERT(role_named(name_of(state.primary)) == state.primary);
  RC_ASSERT(role_named(name_of(state.recovery)) == state.recovery);
  RC_ASSERT(direction_named(name_of(state.direction)) == state.direction);
  RC_ASSERT(replication_named(name_of(state.replication)) == state.replication);
  RC_ASSERT(awaiting_named(name_of(state.awaiting)) == state.awaiting);
  RC_ASSERT(points_named(name_of(state.points)) == state.points);
}

TEST(Names, OfSitesComeBackToThemAndOtherWordsNameNone) {
  EXPECT_EQ(site_named("primary"), Site::primary);
  EXPECT_EQ(site_named("recovery"), Site::recovery);
  EXPECT_EQ(site_named("cloud"), std::nullopt);
  EXPECT_EQ(role_named("Active"), std::nullopt);
  EXPECT_EQ(points_named(""), std::nullopt);
}

RC_GTEST_PROP(Describe, NamesEveryPart, ()) {
  const ItemState state = *any_state();
  const std::string text = describe(state);
  RC_ASSERT(text.find("primary " + std::string(name_of(state.primary))) != std::string::npos);
  RC_ASSERT(text.find("recovery " + std::string(name_of(state.recovery))) != std::string::npos);
  RC_ASSERT(text.find(name_of(state.replication)) != std::string::npos);
  RC_ASSERT(text.find("awaiting " + std::string(name_of(state.awaiting))) != std::string::npos);
}

}  // namespace
}  // namespace switchback
