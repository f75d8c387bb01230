// SPDX-License-Identifier: Apache-2.0
// Failovers, tests, failbacks and ends of protection with the controller killed, the link cut, the
// primary site lost or recovery full before every call.
#include <array>

#include <gtest/gtest.h>

#include "harness/lifecycle/resting_states.hpp"
#include "vms/hosts/sim/drill_bench.hpp"

namespace switchback::sim {
namespace {

struct Scene {
  std::string_view name;
  std::function<void(Drill&)> reach;
  std::function<Request(Drill&)> request;
};

std::function<Request(Drill&)> always(Request request) {
  return [request = std::move(request)](Drill&) { return request; };
}
std::function<Request(Drill&)> from_point(Request request, std::size_t which) {
  return [request = std::move(request), which](Drill& drill) {
    Request chosen = request;
    chosen.point = PointChoice::custom;
    chosen.point_id = drill.status().points.at(which).id;
    return chosen;
  };
}

std::vector<Scene> ways_out() {
  const auto protect = [](Drill& drill) { drill.protect(); };
  return {
      {"planned", protect, always(Drill::ask(Operation::planned_failover))},
      {"unplanned", protect, always(Drill::ask(Operation::unplanned_failover))},
      {"unplanned, lost site", protect, always(Drill::lost_site())},
      {"unplanned, old point", protect, from_point(Drill::lost_site(), 1)},
      {"test", protect, always(Drill::ask(Operation::test_failover))},
      {"cleanup",
       [](Drill& drill) {
         drill.protect();
         drill.done(Drill::ask(Operation::test_failover));
       },
       always(Operation::cleanup_test_failover)},
      {"change of point", [](Drill& drill) { drill.fail_over(); },
       from_point(Drill::ask(Operation::change_recovery_point), 1)},
      {"commit", [](Drill& drill) { drill.fail_over(); }, always(Operation::commit)},
      {"commit of an old point",
       [](Drill& drill) {
         drill.protect();
         drill.done(Drill::lost_site(PointChoice::custom, drill.status().points.at(1).id));
         drill.write_some(Site::recovery, 6);
       },
       always(Operation::commit)},
  };
}

std::vector<Scene> ways_back() {
  const auto committed = [](Drill& drill) { drill.fail_over_and_commit(); };
  const auto committed_and_deleted = [](Drill& drill) {
    drill.fail_over_and_commit();
    drill.must(drill.laboratory().edit(drill.item.name, Edit::delete_vm));
  };
  return {
      {"planned failback", committed, always(Operation::planned_failback)},
      {"planned failback to nothing", committed_and_deleted, always(Operation::planned_failback)},
      {"full failback", committed, always(Operation::full_failback)},
      {"full failback to nothing", committed_and_deleted, always(Operation::full_failback)},
      {"completion", [](Drill& drill) { drill.synchronize_back(); },
       always(Operation::complete_failover)},
      {"cancel of the wait", [](Drill& drill) { drill.synchronize_back(); },
       always(Operation::cancel)},
      {"commit of the failback", [](Drill& drill) { drill.fail_back(); },
       always(Operation::commit_failback)},
      {"reverse replication", [](Drill& drill) { drill.fail_back_and_commit(); },
       always(Operation::reverse_replicate)},
  };
}

std::vector<Scene> endings() {
  return {
      {"disable", [](Drill& drill) { drill.protect(); }, always(Operation::disable)},
      {"purge", [](Drill& drill) { drill.protect(); }, always(Operation::purge)},
      {"disable after a failover", [](Drill& drill) { drill.fail_over(); },
       always(Operation::disable)},
      {"purge after a failover", [](Drill& drill) { drill.fail_over_unplanned(); },
       always(Operation::purge)},
      {"migration", [](Drill& drill) { drill.fail_over_unplanned(); },
       always(Operation::complete_migration)},
      {"migration after the commit", [](Drill& drill) { drill.fail_over_and_commit(); },
       always(Operation::complete_migration)},
  };
}

std::vector<Scene> all_scenes() {
  std::vector<Scene> scenes = ways_out();
  for (const auto& more : {ways_back(), endings()})
    scenes.insert(scenes.end(), more.begin(), more.end());
  return scenes;
}

/// The stage of the checks is where a key is needed: a controller that died there has lost it.
bool may_lack_its_key(const Outcome& outcome, const ItemSpec& item) {
  return item.policy.encrypted && std::holds_alternative<Failed>(outcome) &&
         reason_of(outcome).find("key") != std::string::npos;
}

void expect_one_home(Drill& drill) {
  const LiveCopies live = drill.live();
  const ItemState state = drill.state();
  if (state.primary != Role::superseded) {
    EXPECT_EQ(live.primary, state.primary == Role::active);
  }
  EXPECT_EQ(live.recovery, state.recovery == Role::active);
  for (const Site site : {Site::primary, Site::recovery})
    for (const SeenVm& vm : drill.vms(site)) {
      EXPECT_EQ(vm.hold, Hold::none) << vm.name;
      if (site == *active_site(state)) {
        EXPECT_TRUE(vm.running || vm.test) << vm.name;
      }
    }
  EXPECT_EQ(drill.census("export"), std::vector<std::string>());
}

/// For every call of every scene: `trial(scene, call)`.
void at_every_call(const ItemSpec& item, const std::vector<Scene>& scenes,
                   const std::function<void(const Scene&, unsigned)>& trial) {
  for (const Scene& scene : scenes) {
    unsigned calls = 0;
    Drill drill(item);
    scene.reach(drill);
    drill.run(scene.request(drill), [&](unsigned, const JobPoint&) { ++calls; });
    ASSERT_GT(calls, 1U) << scene.name;
    for (unsigned call = 0; call < calls; ++call) {
      SCOPED_TRACE(fmt::format("{} of {}, before call {}", scene.name, item.name, call));
      trial(scene, call);
      if (testing::Test::HasFailure()) return;  // the first one is the shortest
    }
  }
}

class DrillKilled : public testing::TestWithParam<ItemSpec> {};
INSTANTIATE_TEST_SUITE_P(Items, DrillKilled,
                         testing::Values(one_vm(), group_of_two(), encrypted_vm()),
                         [](const auto& info) {
                           return info.param.policy.encrypted ? std::string("encrypted")
                                                              : info.param.name;
                         });

TEST_P(DrillKilled, BeforeAnyCallEndsAsIfNothingHadHappened) {
  std::map<std::string_view, std::vector<std::string>> undisturbed;
  at_every_call(GetParam(), all_scenes(), [&](const Scene& scene, unsigned at) {
    std::vector<std::string>& expected = undisturbed[scene.name];
    if (expected.empty()) {
      Drill drill(GetParam());
      scene.reach(drill);
      drill.done(scene.request(drill));
      expected = drill.everything();
    }
    Drill drill(GetParam());
    scene.reach(drill);
    const std::vector<std::string> before = drill.everything();
    const Request request = scene.request(drill);
    const Outcome outcome = drill.run(request, [&](unsigned call, const JobPoint& point) {
      if (call != at) return;
      drill.inject(FaultKind::controller_killed);
      const ItemStatus status = drill.status();
      EXPECT_EQ(status.job.has_value(), call > 0);
      if (status.job && point.call > 0) {
        EXPECT_EQ(status.job->stage, point.stage);
      }
    });
    if (may_lack_its_key(outcome, GetParam())) {
      EXPECT_EQ(drill.everything(), before);
      drill.done(request);
    } else {
      EXPECT_TRUE(std::holds_alternative<Done>(outcome)) << reason_of(outcome);
    }
    EXPECT_EQ(drill.everything(), expected);
  });
}

/// What breaks, and then the controller dies a few calls later.
class DrillDisturbed : public testing::TestWithParam<FaultKind> {};
INSTANTIATE_TEST_SUITE_P(Faults, DrillDisturbed,
                         testing::Values(FaultKind::link_cut, FaultKind::primary_lost,
                                         FaultKind::recovery_full, FaultKind::shutdown_refused,
                                         FaultKind::recovery_power_lost,
                                         FaultKind::primary_power_lost),
                         [](const auto& info) { return std::string(name_of(info.param)); });

/// Where tracking has gone with the power of the site: a round notices, and both sides are
/// compared.
void replace_lost_tracking(Drill& drill) {
  if (drill.state() != resting::kProtected) return;
  drill.pass(drill.system().capabilities().copy_frequency);
  if (drill.state() == resting::kResyncRequired) drill.done(Operation::resynchronize);
}

void expect_works_when_healed(Drill& drill, const Request& request, const Outcome& outcome,
                              const ItemState& from) {
  if (std::holds_alternative<Done>(outcome)) {
    drill.heal();
    if (drill.state().primary == Role::superseded) drill.pass(std::chrono::minutes(11));  // fenced
    expect_one_home(drill);
    return;
  }
  ASSERT_TRUE(std::holds_alternative<Failed>(outcome)) << name_of(outcome);
  EXPECT_TRUE(may_fail_to(from, request.operation, drill.state()))
      << name_of(request.operation) << " in " << name_of(from) << " failed to "
      << name_of(drill.state());
  EXPECT_FALSE(drill.live().primary && drill.live().recovery &&
               drill.state().primary != Role::superseded);
  drill.heal();
  // Critical: not all could be taken back yet. It is before the next operation begins.
  if (drill.status().health != Health::critical) expect_one_home(drill);
  replace_lost_tracking(drill);
  const Transition* const row = find_transition(drill.state(), request.operation);
  ASSERT_NE(row, nullptr);
  drill.done(request);
  EXPECT_EQ(drill.state(), row->to);
  expect_one_home(drill);
}

TEST_P(DrillDisturbed, BeforeAnyCallEndsWhereTheTableSaysAndWorksOnceMended) {
  for (const ItemSpec& item : {one_vm(), group_of_two()})
    at_every_call(item, all_scenes(), [&](const Scene& scene, unsigned at) {
      Drill drill(item);
      scene.reach(drill);
      const ItemState from = drill.state();
      const Request request = scene.request(drill);
      const Outcome outcome = drill.run(request, [&](unsigned call, const JobPoint&) {
        if (call == at) drill.inject(GetParam());
      });
      expect_works_when_healed(drill, request, outcome, from);
    });
}

TEST_P(DrillDisturbed, AndThenKilledEndsWhereTheTableSaysAndWorksOnceMended) {
  at_every_call(group_of_two(), all_scenes(), [&](const Scene& scene, unsigned at) {
    const unsigned killed_at = at + std::array{1U, 3U, 6U}[at % 3];
    Drill drill(group_of_two());
    scene.reach(drill);
    const ItemState from = drill.state();
    const Request request = scene.request(drill);
    const Outcome outcome = drill.run(request, [&](unsigned call, const JobPoint&) {
      if (call == at) drill.inject(GetParam());
      if (call == killed_at) drill.inject(FaultKind::controller_killed);
    });
    expect_works_when_healed(drill, request, outcome, from);
  });
}

}  // namespace
}  // namespace switchback::sim
