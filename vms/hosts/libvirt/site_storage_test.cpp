// SPDX-License-Identifier: Apache-2.0
// A site that is really full.
#include "vms/hosts/libvirt/site_storage.hpp"

#include "vms/hosts/libvirt/real_sites.hpp"

namespace switchback::libvirt {
namespace {

using recovery::Host;

class SiteStorageTest : public testing::Test {
 protected:
  static constexpr Bytes kGrain = 65536;

  void SetUp() override {
    if (Daemons::sites().storage() == nullptr)
      GTEST_SKIP() << "no file system can be mounted here, and storage is never really full";
    must(host().create_volume(spec("full-vda-r")));
  }
  void TearDown() override {
    for (const char* volume : {"full-vda-r", "full-vda-new"})
      EXPECT_TRUE(host().remove_volume(volume));
  }

  static recovery::VolumeSpec spec(const std::string& name) {
    return {.name = name, .size_bytes = Bytes{8} << 20, .backing = std::nullopt};
  }
  Host& host() { return *bench_.recovery; }
  static recovery::Storage& storage() { return *Daemons::sites().storage(); }
  Nothing write(recovery::Replica& replica, std::uint64_t grain) {
    return replica.write({.offset = grain * kGrain, .length = kGrain}, bytes_);
  }

  recovery::HostBench bench_ = make_bench();
  const std::vector<std::byte> bytes_ = std::vector<std::byte>(kGrain, std::byte{1});
};

TEST_F(SiteStorageTest, FailsWhatNeedsRoomForWantOfItUntilThereIsSome) {
  auto replica = must(host().open_replica("full-vda-r"));
  must(write(*replica, 0));
  must(replica->flush());
  must(storage().fill(Site::recovery));
  EXPECT_TRUE(write(*replica, 0)) << "that has its room";
  const Nothing written = write(*replica, 70);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::no_space) << written.error().message;
  const Nothing made = host().create_volume(spec("full-vda-new"));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::no_space) << made.error().message;
  EXPECT_TRUE(bench_.primary->create_volume(spec("full-vda-new"))) << "the other site has room";
  EXPECT_TRUE(bench_.primary->remove_volume("full-vda-new"));

  must(storage().free(Site::recovery));
  replica = must(host().open_replica("full-vda-r"));
  must(write(*replica, 70));
  must(replica->flush());
  replica.reset();
  EXPECT_EQ(must(host().digests("full-vda-r", kGrain)).size(), 2U);
  must(host().create_volume(spec("full-vda-new")));
}

}  // namespace
}  // namespace switchback::libvirt
