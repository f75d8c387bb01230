// SPDX-License-Identifier: Apache-2.0
// Faults between the service and a simulated site: what they stop, and that they stop nothing else.
#include "vms/recovery/faulty_host.hpp"

#include <functional>
#include <set>

#include <gtest/gtest.h>

#include "vms/hosts/sim/sim_laboratory.hpp"

namespace switchback::recovery {
namespace {

/// An item with two disks that runs at primary, an empty volume at recovery, and both sites'
/// hosts with faults in front of them.
class FaultyHostTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(laboratory_.create_item(item_));
    ASSERT_TRUE(laboratory_.write(item_.name, Site::primary, {{0, 0, 1}, {1, 3, 2}}));
    ASSERT_TRUE(recovery_.create_volume({.name = "vm-vda-replica",
                                         .size_bytes = item_.disks[0].size_bytes,
                                         .backing = std::nullopt}));
  }

  FaultyHost host(Site site) {
    return FaultyHost(std::make_unique<sim::SimHost>(laboratory_.site(site), laboratory_.link()),
                      site, faults_);
  }
  std::vector<CensusEntry> census() { return *laboratory_.census(item_.name); }
  Hold hold() { return laboratory_.vms(item_.name)->front().hold; }

  const ItemSpec item_{"vm", {{"vda", Bytes{1} << 20}, {"vdb", Bytes{1} << 20}}};
  sim::SimLaboratory laboratory_;
  Faults faults_{laboratory_.link()};
  FaultyHost primary_ = host(Site::primary);
  FaultyHost recovery_ = host(Site::recovery);
};

/// A call by its name, and whether it went well.
using Calls = std::vector<std::pair<std::string, std::function<Nothing()>>>;

template <class T>
Nothing ending(const Result<T>& result) {
  return result ? Nothing() : Nothing(tl::unexpected(result.error()));
}

/// Every call of a host, on the VM and the volumes of the test's item.
Calls all_calls(Host& host) {
  const VmName vm = "vm";
  return {
      {"ensure_vm", [&host, vm] { return host.ensure_vm({.name = vm, .disks = {}}); }},
      {"remove_vm", [&host, vm] { return host.remove_vm(vm); }},
      {"find_vm", [&host, vm] { return ending(host.find_vm(vm)); }},
      {"is_running", [&host, vm] { return ending(host.is_running(vm)); }},
      {"start_vm", [&host, vm] { return host.start_vm(vm, std::nullopt); }},
      {"shut_down_vm", [&host, vm] { return host.shut_down_vm(vm); }},
      {"force_off_vm", [&host, vm] { return host.force_off_vm(vm); }},
      {"freeze_vm", [&host, vm] { return host.freeze_vm(vm); }},
      {"thaw_vm", [&host, vm] { return host.thaw_vm(vm); }},
      {"suspend_vm", [&host, vm] { return host.suspend_vm(vm); }},
      {"resume_vm", [&host, vm] { return host.resume_vm(vm); }},
      {"set_key", [&host] { return host.set_key("vm", "key"); }},
      {"opens_with", [&host] { return ending(host.opens_with("vm-vda", "key")); }},
      {"forget_key", [&host] { return host.forget_key("vm"); }},
      {"create_volume",
       [&host] {
         return host.create_volume({.name = "vm-new", .size_bytes = 4096, .backing = {}});
       }},
      {"remove_volume", [&host] { return host.remove_volume("vm-vda"); }},
      {"volume_size", [&host] { return ending(host.volume_size("vm-vda")); }},
      {"find_user", [&host] { return ending(host.find_user("vm-vda")); }},
      {"change_mark", [&host] { return ending(host.change_mark("vm-vda")); }},
      {"fold_volumes", [&host] { return host.fold_volumes("vm-vda", "vm-vdb", {}, {}); }},
      {"open_view", [&host, vm] { return ending(host.open_view(vm, std::nullopt, "c1")); }},
      {"open_stopped_view",
       [&host, vm] { return ending(host.open_stopped_view(vm, std::nullopt)); }},
      {"close_view", [&host, vm] { return host.close_view(vm); }},
      {"remove_checkpoint", [&host, vm] { return host.remove_checkpoint(vm, "c0"); }},
      {"list_checkpoints", [&host, vm] { return ending(host.list_checkpoints(vm)); }},
      {"digests", [&host] { return ending(host.digests("vm-vda", 65536)); }},
      {"open_replica", [&host] { return ending(host.open_replica("vm-vda")); }},
  };
}

constexpr const char* kLost = "the primary site can't be reached";

TEST_F(FaultyHostTest, ALostPrimaryAnswersNoCallAndGoesOn) {
  const std::vector<CensusEntry> before = census();
  faults_.inject(FaultKind::primary_lost);
  for (const auto& [name, call] : all_calls(primary_)) {
    const Nothing answer = call();
    ASSERT_FALSE(answer) << name;
    EXPECT_EQ(answer.error().message, kLost) << name;
    EXPECT_EQ(answer.error().kind, ErrorKind::environment) << name;
  }
  EXPECT_EQ(census(), before) << "nothing was changed there";
  EXPECT_TRUE(laboratory_.write("vm", Site::primary, {{0, 1, 3}})) << "its guest runs on";
  EXPECT_TRUE(*primary_.raw().is_running("vm"));
  EXPECT_TRUE(recovery_.volume_size("vm-vda-replica"));
  faults_.heal();
  EXPECT_TRUE(*primary_.is_running("vm"));
}

TEST_F(FaultyHostTest, ALostPrimaryTakesItsViewsAndReplicasWithIt) {
  auto view = primary_.open_view("vm", std::nullopt, "c1");
  auto replica = primary_.open_replica("vm-vdb");
  ASSERT_TRUE(view && replica);
  std::vector<std::byte> bytes;
  const Extent extent = (*view)->extents("vda")->front();
  ASSERT_TRUE((*view)->read("vda", extent, bytes));
  faults_.inject(FaultKind::primary_lost);
  for (const Nothing& answer :
       {ending((*view)->extents("vda")), (*view)->read("vda", extent, bytes),
        ending((*view)->digests("vda", 65536)), (*replica)->write(extent, bytes),
        (*replica)->flush()}) {
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().message, kLost);
  }
  faults_.heal();
  EXPECT_TRUE((*view)->digests("vda", 65536));
  EXPECT_TRUE((*replica)->write(extent, bytes));
}

TEST_F(FaultyHostTest, AGuestThatRefusesToShutDownCanBeForcedOff) {
  faults_.inject(FaultKind::shutdown_refused);
  EXPECT_FALSE(primary_.shut_down_vm("vm"));
  EXPECT_TRUE(*primary_.is_running("vm"));
  EXPECT_TRUE(primary_.shut_down_vm("nobody"));
  EXPECT_TRUE(primary_.force_off_vm("vm"));
  EXPECT_TRUE(primary_.shut_down_vm("vm")) << "it is off already";
  ASSERT_TRUE(primary_.start_vm("vm", std::nullopt));
  faults_.heal();
  EXPECT_TRUE(primary_.shut_down_vm("vm"));
}

TEST_F(FaultyHostTest, AGuestThatRefusesToFreezeIsNotFrozen) {
  faults_.inject(FaultKind::freeze_refused);
  EXPECT_FALSE(primary_.freeze_vm("vm"));
  EXPECT_EQ(hold(), Hold::none);
  faults_.heal();
  EXPECT_TRUE(primary_.freeze_vm("vm"));
  EXPECT_EQ(hold(), Hold::frozen);
}

TEST_F(FaultyHostTest, AFrozenGuestRefusesTheNextThawAndNoOther) {
  faults_.inject(FaultKind::thaw_refused);
  EXPECT_TRUE(primary_.thaw_vm("vm")) << "there is nothing to thaw";
  ASSERT_TRUE(primary_.freeze_vm("vm"));
  EXPECT_FALSE(primary_.thaw_vm("vm"));
  EXPECT_EQ(hold(), Hold::frozen);
  EXPECT_TRUE(primary_.thaw_vm("vm"));
  EXPECT_EQ(hold(), Hold::none);
  ASSERT_TRUE(primary_.freeze_vm("vm"));
  EXPECT_TRUE(primary_.thaw_vm("vm")) << "once";
}

TEST_F(FaultyHostTest, AThawIsNotRefusedOfAGuestThatLostItsPower) {
  ASSERT_TRUE(primary_.freeze_vm("vm"));
  ASSERT_TRUE(primary_.force_off_vm("vm"));
  faults_.inject(FaultKind::thaw_refused);
  EXPECT_TRUE(primary_.thaw_vm("vm"));
  EXPECT_TRUE(faults_.in_force(FaultKind::thaw_refused));
}

TEST_F(FaultyHostTest, AFullRecoverySiteTakesNoNewDataAndGivesWhatItHas) {
  auto view = primary_.open_view("vm", std::nullopt, "c1");
  auto replica = recovery_.open_replica("vm-vda-replica");
  ASSERT_TRUE(view && replica);
  std::vector<std::byte> bytes;
  const Extent extent = (*view)->extents("vda")->front();
  ASSERT_TRUE((*view)->read("vda", extent, bytes));
  faults_.inject(FaultKind::recovery_full);
  for (const Nothing& answer :
       {recovery_.create_volume({.name = "vm-new", .size_bytes = 4096, .backing = {}}),
        (*replica)->write(extent, bytes)}) {
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, ErrorKind::no_space);
  }
  EXPECT_TRUE(recovery_.digests("vm-vda-replica", 65536)->empty());
  EXPECT_TRUE(recovery_.remove_volume("vm-new"));
  EXPECT_TRUE(
      primary_.create_volume({.name = "vm-new", .size_bytes = 4096, .backing = std::nullopt}));
  faults_.heal();
  EXPECT_TRUE((*replica)->write(extent, bytes));
}

TEST_F(FaultyHostTest, AFullPrimaryTakesNoNewData) {
  auto replica = primary_.open_replica("vm-vdb");
  ASSERT_TRUE(replica);
  faults_.inject(FaultKind::primary_full);
  for (const Nothing& answer :
       {primary_.create_volume({.name = "vm-new", .size_bytes = 4096, .backing = {}}),
        (*replica)->write({0, 512}, std::vector<std::byte>(8))}) {
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, ErrorKind::no_space);
  }
  EXPECT_TRUE(recovery_.create_volume({.name = "vm-new", .size_bytes = 4096, .backing = {}}));
  faults_.heal();
  EXPECT_TRUE((*replica)->write({0, 512}, std::vector<std::byte>(8)));
}

TEST_F(FaultyHostTest, DisksThatCannotBeReadOrWrittenFailOnlyInThat) {
  auto view = primary_.open_view("vm", std::nullopt, "c1");
  auto replica = recovery_.open_replica("vm-vda-replica");
  ASSERT_TRUE(view && replica);
  std::vector<std::byte> bytes;
  const Extent extent = (*view)->extents("vda")->front();
  ASSERT_TRUE((*view)->read("vda", extent, bytes));

  faults_.inject(FaultKind::read_error);
  EXPECT_FALSE((*view)->read("vda", extent, bytes));
  EXPECT_FALSE((*view)->digests("vda", 65536));
  EXPECT_TRUE((*view)->extents("vda"));
  EXPECT_TRUE((*replica)->write(extent, bytes));
  faults_.heal();

  faults_.inject(FaultKind::write_error);
  const Nothing answer = (*replica)->write(extent, bytes);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::environment) << "not for want of room";
  EXPECT_TRUE((*view)->read("vda", extent, bytes));
  faults_.heal();
  EXPECT_TRUE((*replica)->write(extent, bytes));
  EXPECT_EQ(faults_.take_effects(),
            (std::vector<FaultKind>{FaultKind::read_error, FaultKind::read_error,
                                    FaultKind::write_error}));
}

TEST_F(FaultyHostTest, ACallWhoseAnswerIsLostWasMade) {
  faults_.inject(FaultKind::answer_lost);
  EXPECT_TRUE(*primary_.is_running("vm")) << "what changes nothing is answered";
  EXPECT_FALSE(primary_.shut_down_vm("vm"));
  EXPECT_FALSE(*primary_.is_running("vm"));
  EXPECT_TRUE(primary_.shut_down_vm("vm")) << "once";
  EXPECT_FALSE(faults_.take_death());
}

// A disk that can be read to the end is not there, nor a checkpoint: not every call succeeds.
TEST_F(FaultyHostTest, AnswersAreLostOfCallsThatChangeSomething) {
  const std::set<std::string> only_look = {"find_vm",     "is_running",       "opens_with",
                                           "volume_size", "list_checkpoints", "digests",
                                           "find_user",   "open_replica"};
  std::set<std::string> lost;
  for (const auto& [name, call] : all_calls(primary_)) {
    faults_.inject(FaultKind::answer_lost);
    static_cast<void>(call());
    if (!faults_.take_effects().empty()) lost.insert(name);
    faults_.heal();
    EXPECT_FALSE(lost.contains(name) && only_look.contains(name)) << name;
  }
  EXPECT_GE(lost.size(), 10U);
}

TEST_F(FaultyHostTest, AControllerThatDiesInAWriteHasWrittenHalf) {
  ASSERT_TRUE(laboratory_.write(item_.name, Site::primary, {{0, 1, 3}, {0, 2, 4}, {0, 3, 5}}));
  auto view = primary_.open_view("vm", std::nullopt, "c1");
  auto replica = recovery_.open_replica("vm-vda-replica");
  ASSERT_TRUE(view && replica);
  std::vector<std::byte> bytes;
  const Extent four{0, 4 * kBlockBytes};
  ASSERT_TRUE((*view)->read("vda", four, bytes));
  faults_.inject(FaultKind::controller_killed_in_call);
  EXPECT_FALSE((*replica)->write(four, bytes));
  EXPECT_TRUE(faults_.take_death());
  EXPECT_FALSE(faults_.take_death()) << "once";
  const auto* const volume = *laboratory_.site(Site::recovery).find_volume("vm-vda-replica");
  EXPECT_EQ(volume->show(0), 1U);
  EXPECT_EQ(volume->show(1), 3U);
  EXPECT_EQ(volume->show(2), 0U);
  EXPECT_TRUE((*replica)->write(four, bytes));
  EXPECT_EQ(volume->show(3), 5U);
}

TEST_F(FaultyHostTest, AGuestThatHangsInItsShutdownIsOffSomeCallsLater) {
  faults_.inject(FaultKind::shutdown_hangs);
  EXPECT_FALSE(primary_.shut_down_vm("vm"));
  EXPECT_EQ(faults_.take_time(), kShutdownTimeLimit);
  EXPECT_TRUE(primary_.start_vm("vm", std::nullopt)) << "it still runs";
  for (unsigned call = 2; call < kLateShutdownCalls; ++call)
    EXPECT_TRUE(*primary_.is_running("vm")) << call;
  EXPECT_FALSE(*primary_.is_running("vm"));
  EXPECT_TRUE(primary_.start_vm("vm", std::nullopt));
  EXPECT_TRUE(primary_.shut_down_vm("vm")) << "once";
  EXPECT_EQ(faults_.take_effects(), std::vector<FaultKind>{FaultKind::shutdown_hangs});
}

TEST_F(FaultyHostTest, AGuestWhoseFreezeHangsIsFrozen) {
  faults_.inject(FaultKind::freeze_hangs);
  EXPECT_FALSE(primary_.freeze_vm("vm"));
  EXPECT_EQ(hold(), Hold::frozen);
  EXPECT_TRUE(primary_.thaw_vm("vm"));
  EXPECT_EQ(hold(), Hold::none);
  EXPECT_EQ(faults_.take_effects(), std::vector<FaultKind>{FaultKind::freeze_hangs});
}

// ---- the link

/// Calls over the link, in the order of a copy.
Calls calls_over_the_link(Host& host, std::unique_ptr<Replica>& replica) {
  const Extent one{0, kBlockBytes};
  return {{"digests", [&host] { return ending(host.digests("vm-vda-replica", 65536)); }},
          {"open_replica", [&host] { return ending(host.open_replica("vm-vda-replica")); }},
          {"write", [&replica, one] { return replica->write(one, std::vector<std::byte>(8)); }},
          {"flush", [&replica] { return replica->flush(); }}};
}

TEST_F(FaultyHostTest, ALossyLinkLosesEveryFifthCallAndNothingOfItIsDone) {
  auto replica = std::move(*recovery_.open_replica("vm-vda-replica"));
  const Calls calls = calls_over_the_link(recovery_, replica);
  faults_.inject(FaultKind::link_lossy);
  for (unsigned n = 1; n <= 4 * kLossyLinkLoses; ++n) {
    const Bytes before = laboratory_.link().carried();
    const auto& [name, call] = calls[n % calls.size()];
    const bool lost = n % kLossyLinkLoses == 0;
    EXPECT_EQ(!call(), lost) << name << " is call " << n;
    EXPECT_EQ(laboratory_.link().carried() == before, lost) << name << " is call " << n;
  }
  EXPECT_EQ(faults_.take_effects(), std::vector<FaultKind>(4, FaultKind::link_lossy));
  EXPECT_TRUE(primary_.freeze_vm("vm")) << "does not go over the link";
}

TEST_F(FaultyHostTest, OverAOneWayLinkCallsAreMadeAndNotAnswered) {
  auto replica = std::move(*recovery_.open_replica("vm-vda-replica"));
  faults_.inject(FaultKind::link_one_way);
  for (const auto& [name, call] : calls_over_the_link(recovery_, replica)) {
    EXPECT_FALSE(call()) << name;
    EXPECT_EQ(faults_.take_effects(), std::vector<FaultKind>{FaultKind::link_one_way}) << name;
  }
  std::vector<std::byte> shows(8);
  shows[0] = std::byte{1};
  EXPECT_FALSE(replica->write({0, kBlockBytes}, shows));
  EXPECT_EQ((*laboratory_.site(Site::recovery).find_volume("vm-vda-replica"))->show(0), 1U);
  faults_.heal();
  for (const auto& [name, call] : calls_over_the_link(recovery_, replica))
    EXPECT_TRUE(call()) << name;
}

TEST_F(FaultyHostTest, OverASlowLinkCallsTakeTheTimeOfTheirBytes) {
  auto replica = std::move(*recovery_.open_replica("vm-vda-replica"));
  EXPECT_EQ(faults_.take_time(), Duration::zero());
  faults_.inject(FaultKind::link_slow);
  for (const auto& [name, call] : calls_over_the_link(recovery_, replica)) {
    const Bytes before = laboratory_.link().carried();
    EXPECT_TRUE(call()) << name;
    const Bytes carried = laboratory_.link().carried() - before;
    EXPECT_GT(carried, 0U) << name;
    EXPECT_EQ(faults_.take_time().count(),
              static_cast<std::int64_t>(carried * 1'000'000'000 / kSlowLinkBytes))
        << name;
  }
  EXPECT_EQ(faults_.take_effects(), std::vector<FaultKind>(4, FaultKind::link_slow));
}

TEST_F(FaultyHostTest, FaultsOfThePrimaryDoNotReachTheRecoverySite) {
  ASSERT_TRUE(recovery_.ensure_vm({.name = "vm", .disks = {{"vda", "vm-vda-replica"}}}));
  ASSERT_TRUE(recovery_.start_vm("vm", std::nullopt));
  for (const FaultKind kind :
       {FaultKind::primary_lost, FaultKind::shutdown_refused, FaultKind::shutdown_hangs,
        FaultKind::freeze_refused, FaultKind::freeze_hangs, FaultKind::thaw_refused})
    faults_.inject(kind);
  EXPECT_TRUE(recovery_.freeze_vm("vm"));
  EXPECT_TRUE(recovery_.thaw_vm("vm"));
  EXPECT_TRUE(recovery_.shut_down_vm("vm"));
  EXPECT_FALSE(*recovery_.is_running("vm"));
}

}  // namespace
}  // namespace switchback::recovery
