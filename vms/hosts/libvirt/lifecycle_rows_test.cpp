// SPDX-License-Identifier: Apache-2.0
// Every row of the lifecycle on real VMs, and with a controller that dies at every stage. Needs
// libvirt and QEMU: where they are missing these tests fail.
#include <memory>
#include <stdexcept>

#include <gtest/gtest.h>

#include "vms/hosts/libvirt/libvirt_world.hpp"
#include "vms/hosts/row_contract.hpp"

namespace switchback::libvirt {
namespace {

/// One pair of daemons for all tours, brought up by the first one.
class Worlds final : public testing::Environment {
 public:
  void TearDown() override { opened_.reset(); }

  static WorldFactory& all() {
    if (!opened_) {
      auto sites = TwoSites::open(default_run_base(), std::nullopt);
      if (!sites) throw std::runtime_error(sites.error().message + "; " + sites.error().remedy);
      opened_ =
          std::make_unique<LibvirtWorldFactory>(std::move(*sites), recovery::reference_stages());
    }
    return *opened_;
  }

 private:
  static inline std::unique_ptr<LibvirtWorldFactory> opened_;
};

const testing::Environment* const kWorlds = testing::AddGlobalTestEnvironment(new Worlds);

// Sizes that end within a grain.
const std::vector<DiskSpec> kDisks = {{.device = "vda", .size_bytes = 40 * 65536 + 512},
                                      {.device = "vdb", .size_bytes = 76 * 65536 + 1536}};

class LifecycleRowsOnRealVms : public testing::TestWithParam<RowTour> {};

TEST_P(LifecycleRowsOnRealVms, ComeToPass) {
  expect_tour(Worlds::all(), GetParam());
}

INSTANTIATE_TEST_SUITE_P(Libvirt, LifecycleRowsOnRealVms, testing::ValuesIn(row_tours(kDisks)),
                         [](const auto& info) { return "Tour" + std::to_string(info.index + 1); });

class KillToursOnRealVms : public testing::TestWithParam<KillTour> {};

TEST_P(KillToursOnRealVms, ComeToPassThoughTheControllerDiesAtEveryStage) {
  expect_tour(Worlds::all(), GetParam().tour, GetParam().kills);
}

INSTANTIATE_TEST_SUITE_P(
    Libvirt, KillToursOnRealVms,
    testing::ValuesIn(kill_at_each_stage(row_tours(kDisks),
                                         recovery::stage_lists(recovery::reference_stages()))),
    [](const auto& info) { return "Tour" + std::to_string(info.index + 1); });

}  // namespace
}  // namespace switchback::libvirt
