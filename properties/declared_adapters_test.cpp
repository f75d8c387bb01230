// SPDX-License-Identifier: Apache-2.0
// What is declared of network adapters is accepted, and nothing beside it.
#include "properties/declared_adapters.hpp"

#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace switchback {
namespace {

const std::vector<Nic> kWanted = {{"52:54:00:00:00:01", "lan", "10.0.0.1"},
                                  {"52:54:00:00:00:02", "lan", ""}};

bool accepted(std::vector<Nic> found, bool test, DeclaredSet declared, Site site = Site::recovery) {
  SeenVm vm{
      .site = site, .name = "vm", .test = test, .incarnation = {}, .hardware = {}, .disks = {}};
  vm.hardware.nics = std::move(found);
  Capabilities capabilities;
  capabilities.declared = std::move(declared);
  return adapters_as_declared(vm, kWanted, capabilities);
}

std::vector<Nic> with_macs(const char* first, const char* second) {
  return {{first, "lan", "10.0.0.1"}, {second, "lan", ""}};
}

TEST(DeclaredAdapters, OfATestVmMayHaveNewMacs) {
  const DeclaredSet declared = {Declared::new_test_macs};
  const std::vector<Nic> anew = with_macs("0a:54:00:00:00:01", "0a:54:00:00:00:02");
  EXPECT_TRUE(accepted(anew, true, declared));
  EXPECT_FALSE(accepted(anew, true, {})) << "it was not declared";
  EXPECT_FALSE(accepted(anew, false, declared)) << "it is no test";
  EXPECT_FALSE(accepted(anew, true, declared, Site::primary));
  EXPECT_FALSE(accepted({anew.front()}, true, declared)) << "one adapter is missing";
  EXPECT_FALSE(accepted({}, true, declared));
  EXPECT_FALSE(accepted(with_macs("0a:54:00:00:00:01", "0a:54:00:00:00:01"), true, declared))
      << "two adapters share a MAC address";
  EXPECT_FALSE(accepted(with_macs("52:54:00:00:00:02", "52:54:00:00:00:01"), true, declared))
      << "those of the original, swapped";
  EXPECT_FALSE(accepted(with_macs("", "0a:54:00:00:00:02"), true, declared));
}

TEST(DeclaredAdapters, OfATestVmMayBeNone) {
  const DeclaredSet declared = {Declared::no_test_adapters};
  EXPECT_TRUE(accepted({}, true, declared));
  EXPECT_FALSE(accepted({}, true, {Declared::disconnected_adapters}));
  EXPECT_FALSE(accepted({}, false, declared)) << "it is no test";
  EXPECT_FALSE(accepted({kWanted.front()}, true, declared)) << "one of two";
}

TEST(DeclaredAdapters, AfterAFailoverMayBeDisconnected) {
  const DeclaredSet declared = {Declared::disconnected_adapters};
  std::vector<Nic> apart = kWanted;
  for (Nic& nic : apart)
    nic.network.clear();
  EXPECT_TRUE(accepted(apart, false, declared));
  EXPECT_FALSE(accepted(apart, false, {Declared::new_test_macs}));
  EXPECT_FALSE(accepted(apart, true, declared)) << "it is a test";
  EXPECT_FALSE(accepted({}, false, declared)) << "lost, not disconnected";
  EXPECT_FALSE(accepted({apart[1], apart[0]}, false, declared)) << "in another order";
  apart.front().network = "lan-b";
  EXPECT_FALSE(accepted(apart, false, declared)) << "plugged in somewhere else";
}

TEST(DeclaredAdapters, AreNotAskedForWhereAllIsAsWanted) {
  const DeclaredSet all(kAllDeclared.begin(), kAllDeclared.end());
  EXPECT_FALSE(accepted(kWanted, true, all)) << "nothing is excused: the promise holds";
  EXPECT_FALSE(accepted(kWanted, false, all));
}

}  // namespace
}  // namespace switchback
