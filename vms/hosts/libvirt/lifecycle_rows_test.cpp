// SPDX-License-Identifier: Apache-2.0
// Every row of the lifecycle on real VMs, and with a controller that dies at every stage. Needs
// libvirt and QEMU: where they are missing these tests fail.
#include <memory>
#include <stdexcept>

#include <gtest/gtest.h>

#include "harness/lifecycle/resting_states.hpp"
#include "vms/hosts/libvirt/libvirt_host.hpp"
#include "vms/hosts/libvirt/libvirt_laboratory.hpp"
#include "vms/hosts/libvirt/libvirt_world.hpp"
#include "vms/hosts/row_contract.hpp"

namespace switchback::libvirt {
namespace {

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message + "; " + result.error().remedy);
  return std::move(*result);
}
void must(const Nothing& result) {
  if (!result) throw std::runtime_error(result.error().message + "; " + result.error().remedy);
}

/// One pair of daemons for all tours, brought up by the first one.
class Worlds final : public testing::Environment {
 public:
  void TearDown() override { opened_.reset(); }

  static WorldFactory& all() {
    if (!opened_) {
      auto sites = must(TwoSites::open(default_run_base(), std::nullopt));
      sites_ = sites.get();
      opened_ =
          std::make_unique<LibvirtWorldFactory>(std::move(sites), recovery::reference_stages());
    }
    return *opened_;
  }
  static const Connection& primary() { return sites_->connection(Site::primary); }

 private:
  static inline TwoSites* sites_ = nullptr;  ///< those of `opened_`
  static inline std::unique_ptr<LibvirtWorldFactory> opened_;
};

const testing::Environment* const kWorlds = testing::AddGlobalTestEnvironment(new Worlds);

// Sizes that end within a grain.
const std::vector<DiskSpec> kDisks = {{.device = "vda", .size_bytes = 40 * 65536 + 512},
                                      {.device = "vdb", .size_bytes = 76 * 65536 + 1536}};

/// Where rounds would go on at its end they are paused, or else the half hour that follows broken
/// things would be one of a round every 30 seconds.
RowTour with_a_quiet_end(RowTour tour) {
  if (tour.visits.back().to == resting::kProtected)
    tour.sequence.steps.push_back({OperateStep{.operation = Operation::pause}, std::nullopt});
  return tour;
}

class LifecycleRowsOnRealVms : public testing::TestWithParam<RowTour> {};

TEST_P(LifecycleRowsOnRealVms, ComeToPass) {
  expect_tour(Worlds::all(), with_a_quiet_end(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Libvirt, LifecycleRowsOnRealVms, testing::ValuesIn(row_tours(kDisks)),
                         [](const auto& info) { return "Tour" + std::to_string(info.index + 1); });

class KillToursOnRealVms : public testing::TestWithParam<KillTour> {};

TEST_P(KillToursOnRealVms, ComeToPassThoughTheControllerDiesAtEveryStage) {
  expect_tour(Worlds::all(), with_a_quiet_end(GetParam().tour), GetParam().kills);
}

INSTANTIATE_TEST_SUITE_P(
    Libvirt, KillToursOnRealVms,
    testing::ValuesIn(kill_at_each_stage(row_tours(kDisks),
                                         recovery::stage_lists(recovery::reference_stages()))),
    [](const auto& info) { return "Tour" + std::to_string(info.index + 1); });

Outcome drive(DrSystem& system, const ItemName& item, Progress progress) {
  while (std::holds_alternative<JobPoint>(progress))
    progress = must(system.advance(item));
  return std::get<Outcome>(std::move(progress));
}

/// Row 6, which no step brings about: somebody removes the VM while it is protected.
TEST(RowSixOnRealVms, AVmThatIsGoneIsCriticalAndNotTriedAgain) {
  World world = must(Worlds::all().make(1));
  const ItemSpec item{.name = "gone", .disks = kDisks};
  must(world.laboratory->create_item(item));
  DrSystem& system = *world.system;
  drive(system, item.name, must(system.start(item, Request(Operation::enable))));
  LibvirtHost host(Worlds::primary(), dynamic_cast<LibvirtLaboratory&>(*world.laboratory).meter(),
                   false);
  must(host.force_off_vm(item.name));
  must(host.remove_vm(item.name));

  std::vector<std::string> rounds;
  for (Duration left = std::chrono::hours(3); left > Duration{};) {
    left -= must(system.pass_time(left));
    const ItemStatus now = must(system.status(item.name));
    if (!now.job) continue;
    const Outcome outcome = drive(system, item.name, Progress(*now.job));
    rounds.push_back(std::string(name_of(now.job->operation)) + " " +
                     std::string(name_of(outcome)));
  }
  EXPECT_EQ(rounds, std::vector<std::string>{"delta_replication failed"});
  const ItemStatus status = must(system.status(item.name));
  EXPECT_EQ(status.state, resting::kProtected);
  EXPECT_EQ(status.health, Health::critical);
  EXPECT_NE(status.health_reason.find(item.name), std::string::npos) << status.health_reason;
  must(world.laboratory->remove_item(item.name));
}

}  // namespace
}  // namespace switchback::libvirt
