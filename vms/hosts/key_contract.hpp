// SPDX-License-Identifier: Apache-2.0
// The part of the contract of hosts that is about encrypted volumes. See host_contract.hpp.
#pragma once

#include "vms/hosts/host_bench.hpp"

namespace switchback::recovery {

/// An item whose replica is encrypted: one full layer of vda, and one on top of it.
class EncryptedStage : public HostStage {
 public:
  static constexpr const char* kKey = "an old silent pond";
  static constexpr const char* kOtherKey = "a frog jumps into it";

  using HostStage::HostStage;

  void make_replica() {
    ASSERT_TRUE(recovery().set_key(vm, kKey));
    write(0, {0, 7, 33});
    fill("base", std::nullopt, std::nullopt, "c1");
    write(0, {7, 34});
    fill("p1", layer("base"), "c1", "c2");
    content = disk(0);
  }
  VolumeSpec encrypted(const std::string& name, const std::optional<VolumeName>& backing) const {
    return {
        .name = layer(name), .size_bytes = item.disks[0].size_bytes, .backing = backing, .key = vm};
  }
  /// A VM on an overlay of the replica, not started.
  void define_copy() {
    ASSERT_TRUE(recovery().create_volume(encrypted("t1", layer("p1"))));
    ASSERT_TRUE(recovery().ensure_vm({.name = vm, .disks = {{"vda", layer("t1")}}}));
  }

  Blocks content;

 private:
  void fill(const std::string& name, const std::optional<VolumeName>& backing,
            const std::optional<CheckpointName>& since, const CheckpointName& next) {
    const Nothing created = recovery().create_volume(encrypted(name, backing));
    ASSERT_TRUE(created) << created.error().message;
    const auto view = open_view(since, next);
    copy(*view, "vda", layer(name));
    ASSERT_TRUE(primary().close_view(vm));
  }
};

template <class T>
void expect_locked(const Result<T>& result) {
  ASSERT_FALSE(result) << "without its key";
  for (const char* key : {EncryptedStage::kKey, EncryptedStage::kOtherKey})
    EXPECT_EQ((result.error().message + result.error().remedy).find(key), std::string::npos)
        << "a key is told: " << result.error().message;
}

TEST_P(HostContract, AnEncryptedVolumeHoldsWhatWasWrittenToIt) {
  EncryptedStage stage(GetParam());
  if (!stage.bench.no_keys.empty()) GTEST_SKIP() << stage.bench.no_keys;
  stage.make_replica();
  EXPECT_EQ(stage.volume(stage.layer("p1"), 0), stage.content);
  ASSERT_TRUE(stage.recovery().fold_volumes(stage.layer("base"), stage.layer("p1"), {}, {}));
  EXPECT_EQ(stage.volume(stage.layer("base"), 0), stage.content);
}

TEST_P(HostContract, ItIsToldWhetherAKeyOpensAVolume) {
  EncryptedStage stage(GetParam());
  if (!stage.bench.no_keys.empty()) GTEST_SKIP() << stage.bench.no_keys;
  stage.make_replica();
  for (const char* name : {"base", "p1"}) {
    const auto right = stage.recovery().opens_with(stage.layer(name), EncryptedStage::kKey);
    ASSERT_TRUE(right) << right.error().message;
    EXPECT_TRUE(*right);
    const auto wrong = stage.recovery().opens_with(stage.layer(name), EncryptedStage::kOtherKey);
    ASSERT_TRUE(wrong) << wrong.error().message;
    EXPECT_FALSE(*wrong);
  }
  ASSERT_TRUE(stage.recovery().forget_key(stage.vm));
  const auto right = stage.recovery().opens_with(stage.layer("p1"), EncryptedStage::kKey);
  EXPECT_TRUE(right && *right) << "it needs no key of the host's";
  expect_named(stage.recovery().opens_with("nothing", EncryptedStage::kKey), "nothing");
}

TEST_P(HostContract, WithoutItsKeyAnEncryptedVolumeServesNobody) {
  EncryptedStage stage(GetParam());
  if (!stage.bench.no_keys.empty()) GTEST_SKIP() << stage.bench.no_keys;
  stage.make_replica();
  stage.define_copy();
  Host& host = stage.recovery();
  for (int times = 0; times < 2; ++times)
    ASSERT_TRUE(host.forget_key(stage.vm));
  expect_locked(host.create_volume(stage.encrypted("p2", stage.layer("p1"))));
  expect_locked(host.open_replica(stage.layer("p1")));
  expect_locked(host.digests(stage.layer("p1"), 65536));
  expect_locked(host.start_vm(stage.vm, std::nullopt));
  EXPECT_FALSE(*host.is_running(stage.vm));
  ASSERT_TRUE(host.set_key(stage.vm, EncryptedStage::kOtherKey));
  expect_locked(host.open_replica(stage.layer("p1")));
  expect_locked(host.start_vm(stage.vm, std::nullopt));
  EXPECT_FALSE(*host.is_running(stage.vm));

  ASSERT_TRUE(host.set_key(stage.vm, EncryptedStage::kKey)) << "in place of the other one";
  EXPECT_TRUE(host.open_replica(stage.layer("p1")));
}

TEST_P(HostContract, AVmRunsOnEncryptedVolumesAndIsTrackedThere) {
  EncryptedStage stage(GetParam());
  if (!stage.bench.no_keys.empty()) GTEST_SKIP() << stage.bench.no_keys;
  stage.make_replica();
  stage.define_copy();
  ASSERT_TRUE(stage.primary().shut_down_vm(stage.vm));
  const Nothing started = stage.recovery().start_vm(stage.vm, "track");
  ASSERT_TRUE(started) << started.error().message;
  EXPECT_EQ(stage.disk(0, Site::recovery), stage.content);
  Blocks written = stage.content;
  stage.write(0, {20}, &written, Site::recovery);
  EXPECT_EQ(stage.disk(0, Site::recovery), written);
  EXPECT_EQ(stage.volume(stage.layer("p1"), 0), stage.content);
  const auto view = stage.recovery().open_view(stage.vm, "track", "next");
  ASSERT_TRUE(view) << view.error().message;
  EXPECT_EQ(stage.grains_of(stage.extents(**view, "vda")), stage.grains_of({20}, 0));
  EXPECT_EQ(stage.read(**view, "vda").at(20), written.at(20));
  ASSERT_TRUE(stage.recovery().close_view(stage.vm));
  ASSERT_TRUE(stage.recovery().force_off_vm(stage.vm));
  ASSERT_TRUE(stage.recovery().remove_vm(stage.vm));
}

}  // namespace switchback::recovery
