// SPDX-License-Identifier: Apache-2.0
// The reference service with its controller killed and its link cut at every call of every
// operation of the loop.
#include <array>
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "vms/hosts/sim/service_bench.hpp"
#include "vms/hosts/sim/sim_laboratory.hpp"
#include "vms/recovery/reference_system.hpp"
#include "vms/recovery/sqlite_catalog.hpp"

namespace switchback::sim {
namespace {

/// A world in which the first `count` operations of the life are done, with writes before each and
/// before the next.
void live_until(ServiceBench& bench, std::size_t count) {
  const std::vector<Operation> life = whole_life();
  for (std::size_t i = 0; i < count; ++i) {
    bench.write_some(i);
    bench.run_to_done(life[i]);
  }
  bench.write_some(count);
}
void live_on_from(ServiceBench& bench, std::size_t count) {
  const std::vector<Operation> life = whole_life();
  for (std::size_t i = count; i < life.size(); ++i) {
    bench.write_some(i);
    bench.run_to_done(life[i]);
  }
}

/// What can be seen of a world that nothing was done to, after each operation of the life.
const std::vector<std::vector<std::string>>& undisturbed() {
  static const std::vector<std::vector<std::string>> seen = [] {
    std::vector<std::vector<std::string>> after;
    for (std::size_t i = 0; i < whole_life().size(); ++i) {
      ServiceBench bench;
      live_until(bench, i);
      bench.run_to_done(whole_life()[i]);
      after.push_back(bench.everything());
    }
    return after;
  }();
  return seen;
}

unsigned count_calls(std::size_t operation) {
  ServiceBench bench;
  live_until(bench, operation);
  unsigned calls = 0;
  bench.run(whole_life()[operation], [&](unsigned, const JobPoint&) { ++calls; });
  return calls;
}

/// Runs `trial` for every operation of the life and every call of it.
void at_every_call(const std::function<void(std::size_t, Operation, unsigned)>& trial) {
  const std::vector<Operation> life = whole_life();
  for (std::size_t i = 0; i < life.size(); ++i) {
    const unsigned calls = count_calls(i);
    ASSERT_GT(calls, 1U);
    for (unsigned call = 0; call < calls; ++call) {
      SCOPED_TRACE(fmt::format("{} (number {}), before call {}", name_of(life[i]), i, call));
      trial(i, life[i], call);
      if (testing::Test::HasFailure()) return;  // the first one is the shortest
    }
  }
}

TEST(ReferenceSystemKilled, BeforeAnyCallEndsAsIfNothingHadHappened) {
  at_every_call([](std::size_t number, Operation operation, unsigned at) {
    ServiceBench bench;
    live_until(bench, number);
    const Outcome outcome = bench.run(operation, [&](unsigned call, const JobPoint& point) {
      if (call != at) return;
      bench.must(bench.system().inject(FaultKind::controller_killed));
      // Only a job of which nothing was recorded may be forgotten, and then it did nothing.
      const ItemStatus status = bench.status();
      EXPECT_EQ(status.job.has_value(), call > 0);
      if (status.job && point.call > 0) {  // before call 0 the stage is not recorded yet
        EXPECT_EQ(status.job->stage, point.stage);
      }
    });
    EXPECT_TRUE(std::holds_alternative<Done>(outcome)) << reason_of(outcome);
    bench.expect_nothing_lost();
    EXPECT_EQ(bench.everything(), undisturbed()[number]);
    live_on_from(bench, number + 1);
    EXPECT_EQ(bench.census(), ServiceBench().census());
  });
}

TEST(ReferenceSystemKilled, InAnyCallEndsAsIfNothingHadHappened) {
  unsigned died = 0;
  at_every_call([&](std::size_t number, Operation operation, unsigned at) {
    ServiceBench bench;
    live_until(bench, number);
    const Outcome outcome = bench.run(operation, [&](unsigned call, const JobPoint&) {
      if (call == at) bench.must(bench.system().inject(FaultKind::controller_killed_in_call));
    });
    died += bench.system().take_fault_effects().empty() ? 0 : 1;
    bench.must(bench.system().heal());
    EXPECT_TRUE(std::holds_alternative<Done>(outcome)) << reason_of(outcome);
    bench.expect_nothing_lost();
    EXPECT_EQ(bench.everything(), undisturbed()[number]);
    live_on_from(bench, number + 1);
    EXPECT_EQ(bench.census(), ServiceBench().census());
  });
  EXPECT_GT(died, 100U) << "hardly a call changed anything";
}

TEST(ReferenceSystemKilled, TwiceInTheSameOperationEndsAsIfNothingHadHappened) {
  at_every_call([](std::size_t number, Operation operation, unsigned at) {
    const unsigned again = at + std::array{1U, 2U, 5U}[at % 3];
    ServiceBench bench;
    live_until(bench, number);
    const Outcome outcome = bench.run(operation, [&](unsigned call, const JobPoint&) {
      if (call == at || call == again)
        bench.must(bench.system().inject(FaultKind::controller_killed));
    });
    EXPECT_TRUE(std::holds_alternative<Done>(outcome)) << reason_of(outcome);
    EXPECT_EQ(bench.everything(), undisturbed()[number]);
  });
}

/// After an operation over a cut link: it ended well, or it never was, or it is where the table
/// says that such a failure leads, and works once it is asked again.
void expect_done_or_undone(ServiceBench& bench, std::size_t number, const Outcome& outcome,
                           const ItemStatus& from, const std::vector<std::string>& census) {
  bench.expect_nothing_lost();
  if (std::holds_alternative<Failed>(outcome)) {
    EXPECT_NE(reason_of(outcome).find("link"), std::string::npos) << reason_of(outcome);
    const ItemState now = bench.status().state;
    EXPECT_TRUE(may_fail_to(from.state, whole_life()[number], now)) << switchback::describe(now);
    EXPECT_FALSE(bench.status().job);
    if (now == from.state) {
      EXPECT_EQ(bench.status().allowed, from.allowed);
      EXPECT_EQ(bench.census(), census) << "left over from the attempt";
    }
    bench.must(bench.system().heal());
    bench.run_to_done(whole_life()[number]);
  } else {
    EXPECT_TRUE(std::holds_alternative<Done>(outcome)) << reason_of(outcome);
    bench.must(bench.system().heal());
  }
  bench.expect_nothing_lost();
}

TEST(ReferenceSystemCutOff, BeforeAnyCallGoesBackToWhereItWasAndWorksOnceMended) {
  unsigned failed = 0;
  at_every_call([&](std::size_t number, Operation operation, unsigned at) {
    ServiceBench bench;
    live_until(bench, number);
    const ItemStatus from = bench.status();
    const std::vector<std::string> census = bench.census();
    const Outcome outcome = bench.run(operation, [&](unsigned call, const JobPoint&) {
      if (call == at) bench.must(bench.system().inject(FaultKind::link_cut));
    });
    failed += std::holds_alternative<Failed>(outcome) ? 1 : 0;
    expect_done_or_undone(bench, number, outcome, from, census);
    if (operation != Operation::delta_replication) {  // whose second attempt came a while later
      EXPECT_EQ(bench.everything(), undisturbed()[number]);
    }
    live_on_from(bench, number + 1);
    EXPECT_EQ(bench.census(), ServiceBench().census());
  });
  EXPECT_GT(failed, 50U) << "the link was hardly used";
}

TEST(ReferenceSystemUnheard, OfAnyCallTheAnswerIsLostAndItWorksOnceAskedAgain) {
  unsigned failed = 0;
  at_every_call([&](std::size_t number, Operation operation, unsigned at) {
    ServiceBench bench;
    live_until(bench, number);
    const ItemState from = bench.status().state;
    const Outcome outcome = bench.run(operation, [&](unsigned call, const JobPoint&) {
      if (call == at) bench.must(bench.system().inject(FaultKind::answer_lost));
    });
    bench.must(bench.system().heal());
    if (std::holds_alternative<Failed>(outcome)) {
      ++failed;
      EXPECT_TRUE(may_fail_to(from, operation, bench.status().state));
      bench.run_to_done(operation);
    }
    bench.expect_nothing_lost();
    live_on_from(bench, number + 1);
    EXPECT_EQ(bench.census(), ServiceBench().census());
  });
  EXPECT_GT(failed, 50U) << "hardly an answer was lost";
}

TEST(ReferenceSystemCutOff, AndThenKilledOnTheWayBackStillGoesBack) {
  at_every_call([](std::size_t number, Operation operation, unsigned at) {
    const unsigned killed_at = at + std::array{1U, 3U, 6U}[at % 3];
    ServiceBench bench;
    live_until(bench, number);
    const ItemStatus from = bench.status();
    const std::vector<std::string> census = bench.census();
    const Outcome outcome = bench.run(operation, [&](unsigned call, const JobPoint&) {
      if (call == at) bench.must(bench.system().inject(FaultKind::link_cut));
      if (call == killed_at) bench.must(bench.system().inject(FaultKind::controller_killed));
    });
    expect_done_or_undone(bench, number, outcome, from, census);
  });
}

TEST(ReferenceSystemCutOff, FailsEveryOperationThatNeedsTheLink) {
  const std::set<Operation> local = {
      Operation::commit,           Operation::commit_failback, Operation::disable,
      Operation::process_log,      Operation::pause,           Operation::resume,
      Operation::update_properties};
  for (std::size_t number = 0; number < whole_life().size(); ++number) {
    ServiceBench bench;
    live_until(bench, number);
    bench.must(bench.system().inject(FaultKind::link_cut));
    const Operation operation = whole_life()[number];
    const Outcome outcome = bench.run(operation);
    EXPECT_EQ(std::holds_alternative<Done>(outcome), local.count(operation) == 1)
        << name_of(operation) << ": " << name_of(outcome);
  }
}

/// A controller of its own on the world of a bench, with its catalog in a file.
std::unique_ptr<recovery::ReferenceSystem> controller_on(SimLaboratory& laboratory,
                                                         const std::string& catalog, Instant now) {
  const Capabilities as_usual = ServiceBench().system().capabilities();
  auto system = std::make_unique<recovery::ReferenceSystem>(recovery::ServiceParts{
      .primary = std::make_unique<SimHost>(laboratory.site(Site::primary), laboratory.link()),
      .recovery = std::make_unique<SimHost>(laboratory.site(Site::recovery), laboratory.link()),
      .catalog = ServiceBench::must(recovery::SqliteCatalog::open(catalog)),
      .link = laboratory.link(),
      .stages = recovery::reference_stages(),
      .system_name = as_usual.system,
      .tracking_grain = as_usual.tracking_grain,
      .sync_overhead_per_disk = as_usual.sync_overhead_per_disk,
      .sync_overhead_per_grain = as_usual.sync_overhead_per_grain,
      .copy_frequency = as_usual.copy_frequency});
  system->set_clock(now);
  ServiceBench::must(system->restore());
  return system;
}

TEST(ReferenceSystemKilled, IsTakenUpByAnotherControllerFromTheCatalogFile) {
  std::string folder = (std::filesystem::temp_directory_path() / "switchback-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string catalog = folder + "/catalog.db";
  ServiceBench bench;
  auto& laboratory = dynamic_cast<SimLaboratory&>(bench.laboratory());
  recovery::ReferenceSystem* controller = nullptr;
  const auto take_over = [&] {
    const Instant now = controller == nullptr ? Instant{} : controller->now();
    auto next = controller_on(laboratory, catalog, now);
    controller = next.get();
    bench.replace_system(std::move(next));
  };
  take_over();
  const std::vector<Operation> life = whole_life();
  for (std::size_t number = 0; number < life.size(); ++number) {
    SCOPED_TRACE(fmt::format("{} (number {})", name_of(life[number]), number));
    bench.write_some(number);
    const Outcome outcome = bench.run(life[number], [&](unsigned call, const JobPoint&) {
      if (call == 3) take_over();
    });
    EXPECT_TRUE(std::holds_alternative<Done>(outcome)) << reason_of(outcome);
    bench.expect_nothing_lost();
  }
  EXPECT_EQ(bench.census(), ServiceBench().census());
  EXPECT_EQ(bench.status().state, initial_state());
  std::filesystem::remove_all(folder);
}

TEST(ReferenceSystemKilled, ItsClockGoesOnFromTheNewestCutThatTheCatalogKnows) {
  std::string folder = (std::filesystem::temp_directory_path() / "switchback-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string catalog = folder + "/catalog.db";
  ServiceBench bench;
  auto& laboratory = dynamic_cast<SimLaboratory&>(bench.laboratory());
  bench.replace_system(controller_on(laboratory, catalog, std::chrono::hours(5)));
  bench.run_to_done(Operation::enable);
  bench.run_to_done(Operation::delta_replication);
  const Instant newest = bench.status().last_synchronized;
  auto next = controller_on(laboratory, catalog, Instant{});
  EXPECT_EQ(next->now(), newest) << "a clock that was set back meanwhile";
  next = controller_on(laboratory, catalog, newest + std::chrono::hours(1));
  EXPECT_EQ(next->now(), newest + std::chrono::hours(1));
  std::filesystem::remove_all(folder);
}

/// Everything at once, at random: writes, deaths and cuts before any call of any operation.
RC_GTEST_PROP(ReferenceSystemUnderFire, LosesNothingAndLeavesNothing, ()) {
  ServiceBench bench;
  const auto disturb = [&](unsigned, const JobPoint&) {
    switch (*rc::gen::weightedElement<int>({{12, 0}, {6, 1}, {2, 2}, {1, 3}, {3, 4}})) {
      case 1:
        bench.write(*rc::gen::inRange<std::size_t>(0, 2), *rc::gen::inRange<BlockNumber>(0, 400));
        break;
      case 2:
        bench.must(bench.system().inject(FaultKind::controller_killed));
        break;
      case 3:
        bench.must(bench.system().inject(FaultKind::link_cut));
        break;
      case 4:
        bench.must(bench.system().heal());
        break;
      default:
        break;
    }
  };
  for (const Operation operation : whole_life()) {
    ItemState from = bench.status().state;
    const Transition* const row = find_transition(from, operation);
    Outcome outcome = bench.run(operation, disturb);
    for (int attempts = 0; std::holds_alternative<Failed>(outcome); ++attempts) {
      RC_ASSERT(attempts < 50);
      RC_ASSERT(may_fail_to(from, operation, bench.status().state));
      from = bench.status().state;
      bench.expect_nothing_lost();
      bench.must(bench.system().heal());
      outcome = bench.run(operation, disturb);
    }
    RC_ASSERT(std::holds_alternative<Done>(outcome));
    RC_ASSERT(bench.status().state == row->to);
    RC_ASSERT(bench.disks(bench.active()) == bench.truth());
    for (const RecoveryPoint& point : bench.status().points)
      RC_ASSERT(bench.was_ever(bench.point(point.id)));
  }
  RC_ASSERT(bench.census() == ServiceBench().census());
}

}  // namespace
}  // namespace switchback::sim
