// SPDX-License-Identifier: Apache-2.0
// The part of the contract of hosts that is about holding a guest: frozen with its help, suspended
// without it. See host_contract.hpp.
#pragma once

#include "vms/hosts/host_bench.hpp"

namespace switchback::recovery {

TEST_P(HostContract, AFrozenGuestWritesNothingUntilItIsThawed) {
  HostStage stage(GetParam());
  if (!stage.bench.no_freezing.empty()) GTEST_SKIP() << stage.bench.no_freezing;
  Blocks vda;
  stage.write(0, {0}, &vda);
  for (int times = 0; times < 2; ++times) {
    const Nothing frozen = stage.primary().freeze_vm(stage.vm);
    EXPECT_TRUE(frozen) << frozen.error().message;
    EXPECT_EQ(stage.seen().hold, Hold::frozen);
    EXPECT_TRUE(*stage.primary().is_held(stage.vm));
    stage.expect_no_write(0, 0);
  }
  for (int times = 0; times < 2; ++times) {
    EXPECT_TRUE(stage.primary().thaw_vm(stage.vm));
    EXPECT_EQ(stage.seen().hold, Hold::none);
    EXPECT_FALSE(*stage.primary().is_held(stage.vm));
    stage.write(0, {0, 1}, &vda);
  }
  EXPECT_EQ(stage.disk(0), vda);
}

TEST_P(HostContract, ASuspendedGuestWritesNothingUntilItIsResumed) {
  HostStage stage(GetParam());
  Blocks vda;
  stage.write(0, {0}, &vda);
  for (int times = 0; times < 2; ++times) {
    const Nothing suspended = stage.primary().suspend_vm(stage.vm);
    EXPECT_TRUE(suspended) << suspended.error().message;
    EXPECT_EQ(stage.seen().hold, Hold::suspended);
    EXPECT_TRUE(*stage.primary().is_held(stage.vm));
    EXPECT_TRUE(*stage.primary().is_running(stage.vm)) << "it is not off";
    stage.expect_no_write(0, 0);
  }
  for (int times = 0; times < 2; ++times) {
    EXPECT_TRUE(stage.primary().resume_vm(stage.vm));
    EXPECT_EQ(stage.seen().hold, Hold::none);
    EXPECT_FALSE(*stage.primary().is_held(stage.vm));
    stage.write(0, {0, 1}, &vda);
  }
  EXPECT_EQ(stage.disk(0), vda);
}

TEST_P(HostContract, AVmThatWasStartedAgainIsNotHeld) {
  HostStage stage(GetParam());
  ASSERT_TRUE(stage.primary().suspend_vm(stage.vm));
  ASSERT_TRUE(stage.primary().force_off_vm(stage.vm));
  EXPECT_FALSE(*stage.primary().is_held(stage.vm)) << "off";
  ASSERT_TRUE(stage.primary().start_vm(stage.vm, std::nullopt));
  EXPECT_FALSE(*stage.primary().is_held(stage.vm));
  expect_named(stage.primary().is_held("nobody"), "nobody");
}

TEST_P(HostContract, LettingGoSucceedsWhereThereIsNothingToLetGo) {
  HostStage stage(GetParam());
  EXPECT_TRUE(stage.primary().thaw_vm(stage.vm));
  EXPECT_TRUE(stage.primary().resume_vm(stage.vm));
  EXPECT_TRUE(stage.primary().thaw_vm("nobody"));
  EXPECT_TRUE(stage.primary().resume_vm("nobody"));
  ASSERT_TRUE(stage.primary().shut_down_vm(stage.vm));
  EXPECT_TRUE(stage.primary().thaw_vm(stage.vm)) << "off";
  EXPECT_TRUE(stage.primary().resume_vm(stage.vm)) << "off";
  EXPECT_FALSE(*stage.primary().is_running(stage.vm));
  expect_named(stage.primary().freeze_vm(stage.vm), stage.vm);
}

TEST_P(HostContract, AViewIsCutAndTrackingGoesOnWhileTheGuestIsHeld) {
  HostStage stage(GetParam());
  Blocks vda;
  stage.write(0, {0}, &vda);
  stage.open_view(std::nullopt, "c0");
  ASSERT_TRUE(stage.primary().close_view(stage.vm));
  stage.write(0, {20}, &vda);
  const bool freezes = stage.bench.no_freezing.empty();
  Host& host = stage.primary();
  ASSERT_TRUE(freezes ? host.freeze_vm(stage.vm) : host.suspend_vm(stage.vm));
  const Blocks held = vda;
  {
    const auto view = stage.open_view("c0", "c1");
    EXPECT_EQ(stage.grains_of(stage.extents(*view, "vda")), stage.grains_of({20}, 0));
    ASSERT_TRUE(freezes ? host.thaw_vm(stage.vm) : host.resume_vm(stage.vm));
    stage.write(0, {20, 40}, &vda);
    EXPECT_EQ(stage.read(*view, "vda").at(20), held.at(20));
  }
  ASSERT_TRUE(host.close_view(stage.vm));
  ASSERT_TRUE(host.suspend_vm(stage.vm));
  const auto view = stage.open_view("c1", "c2");
  EXPECT_EQ(stage.grains_of(stage.extents(*view, "vda")), stage.grains_of({20, 40}, 0));
  ASSERT_TRUE(host.resume_vm(stage.vm));
  EXPECT_EQ(stage.disk(0), vda);
}

}  // namespace switchback::recovery
