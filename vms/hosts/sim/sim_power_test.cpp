// SPDX-License-Identifier: Apache-2.0
// What goes with the power of a simulated site, and what comes back.
#include "vms/hosts/sim/sim_power.hpp"

#include <set>

#include <gtest/gtest.h>

#include "vms/hosts/sim/sim_laboratory.hpp"

namespace switchback::sim {
namespace {

/// A VM that runs at primary, and an empty volume at recovery that is written to over the link.
class SimPowerTest : public testing::Test {
 protected:
  explicit SimPowerTest(std::uint64_t seed = 1) : laboratory_(seed) {
    EXPECT_TRUE(laboratory_.create_item(item_));
    EXPECT_TRUE(recovery_.create_volume({.name = "vm-r", .size_bytes = 65536, .backing = {}}));
  }
  SimSite& site(Site site) { return laboratory_.site(site); }
  const Volume& replica() { return **site(Site::recovery).find_volume("vm-r"); }
  std::string cut_power(Site site) {
    lost_ = *laboratory_.power().lose(site);
    return laboratory_.take_losses();
  }
  /// Writes 1, 2, 3 to the first blocks of the replica.
  std::unique_ptr<recovery::Replica> write_three() {
    auto replica = std::move(*recovery_.open_replica("vm-r"));
    std::vector<std::byte> bytes(3 * sizeof(WriteSeq));
    for (std::size_t n = 0; n < 3; ++n)
      bytes[n * sizeof(WriteSeq)] = static_cast<std::byte>(n + 1);
    EXPECT_TRUE(replica->write({0, 3 * kBlockBytes}, bytes));
    return replica;
  }

  const ItemSpec item_{.name = "vm", .disks = {{"vda", 65536}}};
  SimLaboratory laboratory_;
  SimHost primary_{laboratory_.site(Site::primary), laboratory_.link()};
  SimHost recovery_{laboratory_.site(Site::recovery), laboratory_.link()};
  bool lost_ = false;
};

TEST_F(SimPowerTest, ARunningVmIsStartedAgainWithoutViewHoldAndTracking) {
  ASSERT_TRUE(laboratory_.write("vm", Site::primary, {{0, 3, 9}}));
  auto view = primary_.open_view("vm", std::nullopt, "c1");
  ASSERT_TRUE(view && primary_.suspend_vm("vm"));
  EXPECT_EQ(cut_power(Site::primary), "") << "nothing was unflushed";
  EXPECT_TRUE(lost_);
  EXPECT_TRUE(*primary_.is_running("vm"));
  EXPECT_FALSE(*primary_.is_held("vm"));
  EXPECT_EQ(primary_.list_checkpoints("vm")->size(), 0U);
  EXPECT_FALSE((*view)->extents("vda"));
  const auto disk = laboratory_.open_disk("vm", Site::primary, 0);
  EXPECT_EQ((*(*disk)->read_all())->size(), 1U) << "guests' disks are write-through";
  cut_power(Site::primary);
  EXPECT_FALSE(lost_) << "there was nothing to lose";
}

TEST_F(SimPowerTest, AVmThatIsOffStaysOffAndKeepsItsTracking) {
  ASSERT_TRUE(primary_.open_view("vm", std::nullopt, "c1"));
  ASSERT_TRUE(primary_.shut_down_vm("vm"));
  cut_power(Site::primary);
  EXPECT_FALSE(*primary_.is_running("vm"));
  EXPECT_EQ(*primary_.list_checkpoints("vm"), std::vector<recovery::CheckpointName>{"c1"});
}

TEST_F(SimPowerTest, TheOtherSiteIsNotTouched) {
  ASSERT_TRUE(primary_.open_view("vm", std::nullopt, "c1"));
  const auto replica = write_three();
  EXPECT_EQ(cut_power(Site::primary), "");
  EXPECT_EQ(this->replica().unflushed().size(), 3U);
  EXPECT_TRUE(replica->flush());
  cut_power(Site::recovery);
  EXPECT_FALSE(lost_);
}

TEST_F(SimPowerTest, WhatWasFlushedStaysAndTheConnectionIsBroken) {
  const auto replica = write_three();
  ASSERT_TRUE(replica->flush());
  EXPECT_EQ(cut_power(Site::recovery), "");
  EXPECT_EQ(this->replica().show(2), 3U);
  EXPECT_FALSE(replica->flush());
  EXPECT_FALSE(replica->write({0, kBlockBytes}, std::vector<std::byte>(sizeof(WriteSeq))));
  EXPECT_TRUE((*recovery_.open_replica("vm-r"))->flush()) << "opened again";
}

/// By block: nothing, written, torn.
std::string outcome_of(const Volume& volume) {
  std::string seen;
  for (BlockNumber block = 0; block < 3; ++block) {
    const WriteSeq held = volume.show(block);
    EXPECT_TRUE(held == kInitialState || write_shown(held) == block + 1) << held;
    seen += held == kInitialState ? '-' : is_torn(held) ? 't' : 'w';
  }
  return seen;
}

TEST(SimPower, LosesAnyPartOfWhatWasNotFlushedAndTheSameForTheSameSeed) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    std::set<std::string> of_seed;
    for (int times = 0; times < 2; ++times) {
      SimLaboratory laboratory(seed);
      SimHost recovery(laboratory.site(Site::recovery), laboratory.link());
      ASSERT_TRUE(recovery.create_volume({.name = "r", .size_bytes = 65536, .backing = {}}));
      Volumes& volumes = laboratory.site(Site::recovery).volumes;
      for (BlockNumber block = 0; block < 3; ++block)
        volumes.write_cached(*volumes.find("r"), block, block + 1);
      EXPECT_TRUE(*laboratory.power().lose(Site::recovery));
      of_seed.insert(laboratory.take_losses() + ": " + outcome_of(*volumes.find("r")));
      seen.insert(outcome_of(*volumes.find("r")));
      EXPECT_EQ(laboratory.take_losses(), "") << "told once";
    }
    EXPECT_EQ(of_seed.size(), 1U);
  }
  for (const char* const possible : {"---", "www", "w--", "ww-", "t--", "wt-", "wwt", "-w-", "w-w"})
    EXPECT_TRUE(seen.contains(possible)) << possible;
}

}  // namespace
}  // namespace switchback::sim
