// SPDX-License-Identifier: Apache-2.0
// Storage that can really be full is so for the calls that need room, and for no others.
#include <vector>

#include <gtest/gtest.h>

#include "vms/hosts/sim/sim_laboratory.hpp"
#include "vms/recovery/faulty_host.hpp"

namespace switchback::recovery {
namespace {

/// Tells whether it is full to the host behind it, which then has no room.
class TestStorage final : public Storage {
 public:
  explicit TestStorage(Faults& within) : within_(within) {}
  Nothing fill(Site site) override {
    filled.push_back(site);
    if (refuses) return environment_error("it can't be filled", "");
    within_.inject(FaultKind::recovery_full);
    return {};
  }
  Nothing free(Site site) override {
    freed.push_back(site);
    within_.heal();
    return {};
  }

  bool refuses = false;
  std::vector<Site> filled;
  std::vector<Site> freed;

 private:
  Faults& within_;
};

class FullStorage : public testing::Test {
 protected:
  Nothing create(const VolumeName& name) {
    return host_.create_volume({.name = name, .size_bytes = 65536, .backing = std::nullopt});
  }

  sim::SimLaboratory laboratory_;
  Faults storage_faults_{laboratory_.link()};
  TestStorage storage_{storage_faults_};
  Faults faults_{laboratory_.link()};
  FaultyHost host_{
      std::make_unique<FaultyHost>(
          std::make_unique<sim::SimHost>(laboratory_.site(Site::recovery), laboratory_.link()),
          Site::recovery, storage_faults_),
      Site::recovery, faults_, &storage_};
  const std::vector<std::byte> block_ = std::vector<std::byte>(8);
};

TEST_F(FullStorage, FailsTheCallsThatNeedRoomAndIsFreeInBetween) {
  ASSERT_TRUE(create("old"));
  auto replica = *host_.open_replica("old");
  faults_.inject(FaultKind::recovery_full);
  for (const Nothing& made : {create("new"), replica->write({0, kBlockBytes}, block_)}) {
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().kind, ErrorKind::no_space);
  }
  EXPECT_TRUE(replica->flush());
  EXPECT_EQ(storage_.filled, std::vector<Site>(2, Site::recovery));
  EXPECT_EQ(storage_.freed, storage_.filled);
  EXPECT_EQ(faults_.take_effects(), std::vector<FaultKind>(2, FaultKind::recovery_full));
  faults_.heal();
  EXPECT_TRUE(create("new"));
  EXPECT_EQ(storage_.filled.size(), 2U);
}

TEST_F(FullStorage, OfTheOtherSiteIsNoneOfItsBusiness) {
  faults_.inject(FaultKind::primary_full);
  EXPECT_TRUE(create("new"));
  EXPECT_TRUE(storage_.filled.empty());
}

TEST_F(FullStorage, ThatCantBeFilledIsTroubleOfTheWorldAndNoEffect) {
  storage_.refuses = true;
  faults_.inject(FaultKind::recovery_full);
  const Nothing made = create("new");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::environment);
  EXPECT_TRUE(faults_.take_effects().empty());
  EXPECT_FALSE(host_.volume_size("new")) << "the call was not made";
}

}  // namespace
}  // namespace switchback::recovery
