// SPDX-License-Identifier: Apache-2.0
// The reference service with a catalog that can't be written to for a while.
#include <gtest/gtest.h>

#include "vms/hosts/sim/service_bench.hpp"
#include "vms/hosts/sim/sim_laboratory.hpp"
#include "vms/recovery/reference_system.hpp"

namespace switchback::sim {
namespace {

/// Fails saves from number `first` on, `count` of them.
class FailingCatalog final : public recovery::Catalog {
 public:
  Result<std::map<ItemName, recovery::ItemRecord>> load() override { return kept_.load(); }
  Nothing save(const Shared<recovery::ItemRecord>& record) override {
    if (fails()) return environment_error("the catalog is full", "free some space");
    return kept_.save(record);
  }
  Nothing erase(const ItemName& item) override {
    if (fails()) return environment_error("the catalog is full", "free some space");
    return kept_.erase(item);
  }

  void fail(unsigned first, unsigned count) {
    first_ = saves_ + first;
    end_ = first_ + count;
  }

 private:
  bool fails() {
    const unsigned now = saves_++;
    return now >= first_ && now < end_;
  }

  recovery::MemoryCatalog kept_;
  unsigned saves_ = 0;
  unsigned first_ = 0;
  unsigned end_ = 0;
};

/// Gives the bench a service with such a catalog, and returns the catalog.
FailingCatalog& with_failing_catalog(ServiceBench& bench) {
  auto& laboratory = dynamic_cast<SimLaboratory&>(bench.laboratory());
  auto catalog = std::make_unique<FailingCatalog>();
  FailingCatalog& given = *catalog;
  bench.replace_system(std::make_unique<recovery::ReferenceSystem>(recovery::ServiceParts{
      .primary = std::make_unique<SimHost>(laboratory.site(Site::primary), laboratory.link()),
      .recovery = std::make_unique<SimHost>(laboratory.site(Site::recovery), laboratory.link()),
      .catalog = std::move(catalog),
      .link = laboratory.link(),
      .stages = recovery::reference_stages(),
      .system_name = "reference service with a catalog that fails"}));
  return given;
}

TEST(CatalogTrouble, NeverLosesTheUndoOfAPlannedFailover) {
  unsigned failed = 0;
  for (const unsigned count : {1U, 2U, 5U}) {
    for (unsigned first = 0; first < 12; ++first) {
      SCOPED_TRACE(fmt::format("saves {} to {} fail", first, first + count));
      ServiceBench bench;
      FailingCatalog& catalog = with_failing_catalog(bench);
      bench.write_some(1);
      bench.run_to_done(Operation::enable);
      bench.write_some(2);
      catalog.fail(first, count);
      const Outcome outcome = bench.run(Operation::planned_failover);
      catalog.fail(0, 0);
      bench.expect_nothing_lost();
      const ItemState state = bench.status().state;
      if (std::holds_alternative<Failed>(outcome)) {
        ++failed;
        EXPECT_EQ(state, resting::kProtected);
        EXPECT_NE(reason_of(outcome).find("catalog"), std::string::npos) << reason_of(outcome);
      } else {
        EXPECT_TRUE(state == resting::kProtected || state == resting::kFailedOver);
      }
      if (state == resting::kProtected) bench.run_to_done(Operation::planned_failover);
      bench.expect_nothing_lost();
      bench.run_to_done(Operation::commit);
      // What the catalog holds by now is the truth.
      bench.must(bench.system().inject(FaultKind::controller_killed));
      EXPECT_EQ(bench.status().state, resting::kFailoverCommitted);
      if (testing::Test::HasFailure()) return;
    }
  }
  EXPECT_GT(failed, 10U);
}

TEST(CatalogTrouble, AnEndThatCouldNotBeWrittenIsIndeterminateAndAnotherControllerComesToIt) {
  ServiceBench bench;
  FailingCatalog& catalog = with_failing_catalog(bench);
  bench.run_to_done(Operation::enable);
  bench.write_some(1);
  catalog.fail(3, 100);  // the three stages are recorded, the end is not
  const Outcome outcome = bench.run(Operation::delta_replication);
  EXPECT_TRUE(std::holds_alternative<Indeterminate>(outcome)) << name_of(outcome);
  EXPECT_EQ(bench.status().state, resting::kProtected);
  catalog.fail(0, 0);
  bench.must(bench.system().inject(FaultKind::controller_killed));
  ASSERT_TRUE(bench.status().job) << "it was recorded as running";
  EXPECT_TRUE(std::holds_alternative<Done>(bench.drive(*bench.status().job)));
  bench.run_to_done(Operation::process_log);
  EXPECT_EQ(bench.point(bench.status().points.back().id), bench.truth());
}

}  // namespace
}  // namespace switchback::sim
