// SPDX-License-Identifier: Apache-2.0
// Who gets which sites.
#include "vms/hosts/libvirt/site_pool.hpp"

#include <gtest/gtest.h>

#include "vms/hosts/libvirt/real_sites.hpp"

namespace switchback::libvirt {
namespace {

TEST(SitePoolTest, GivesEveryLeaseSitesOfItsOwnAndWhatWasGivenBackFirst) {
  const SitePool::Open open = [] { return TwoSites::open(default_run_base(), std::nullopt); };
  SitePool pool(must(open()), open);
  const auto first = must(pool.lease());
  auto second = must(pool.lease());
  EXPECT_NE(first->folder().path(), second->folder().path());
  const TwoSites* const given_back = second.get();
  second.reset();
  EXPECT_EQ(must(pool.lease()).get(), given_back);
  EXPECT_EQ(pool.notes(), first->notes());
}

TEST(SitePoolTest, ThatCanOpenNoMoreGivesTheFirstToAll) {
  SitePool pool(must(TwoSites::open(default_run_base(), std::nullopt)), nullptr);
  const auto first = must(pool.lease());
  EXPECT_EQ(must(pool.lease()), first);
}

}  // namespace
}  // namespace switchback::libvirt
