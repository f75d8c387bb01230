// SPDX-License-Identifier: Apache-2.0
// The reference service in a fresh simulated world, driven as the harness drives any DR system, and
// the truth about its one item: what the guests wrote.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "harness/lifecycle/transition_table.hpp"
#include "vms/hosts/sim/sim_site.hpp"
#include "vms/hosts/sim/sim_world.hpp"

namespace switchback::sim {

/// The content of an item: for each disk, the write that each block shows.
using Content = std::vector<std::map<BlockNumber, WriteSeq>>;

/// One VM. Sizes that end within a grain and within a block.
inline ItemSpec usual_item() {
  return {.name = "vm", .disks = {{"vda", 5 * kTrackingGrain + 12345}, {"vdb", 1000001}}};
}
/// Three VMs that are cut and failed over together; their devices have the same names.
inline ItemSpec usual_group() {
  return {.name = "group",
          .disks = {{"vda", 5 * kTrackingGrain + 12345, 0},
                    {"vdb", 1000001, 0},
                    {"vda", 700000, 1},
                    {"vda", 300000, 2}},
          .vms = {Hardware{}, Hardware{}, Hardware{}}};
}

/// Once round from an unprotected VM to a protected one that has been away and back.
inline const std::vector<Operation> kThereAndBack = {
    Operation::planned_failover,  Operation::commit,          Operation::planned_failback,
    Operation::complete_failover, Operation::commit_failback, Operation::reverse_replicate};

/// What can be done to a protected item before it fails over, beside rounds.
inline const std::vector<Operation> kWhileProtected = {
    Operation::pause, Operation::resume, Operation::update_properties, Operation::resynchronize};

/// Twice round, with a delta round each time, and the end of protection.
inline std::vector<Operation> whole_life() {
  std::vector<Operation> life = {Operation::enable};
  for (int round = 0; round < 2; ++round) {
    life.push_back(Operation::delta_replication);
    life.push_back(Operation::process_log);
    if (round == 0) life.insert(life.end(), kWhileProtected.begin(), kWhileProtected.end());
    life.insert(life.end(), kThereAndBack.begin(), kThereAndBack.end());
    life.push_back(Operation::process_log);  // folds what the new point stands on
  }
  life.push_back(Operation::disable);
  return life;
}

class ServiceBench {
 public:
  /// Called before each advance(), with the number of calls that the job has made so far.
  using Hook = std::function<void(unsigned call, const JobPoint&)>;

  explicit ServiceBench(ItemSpec given = usual_item())
      : item(std::move(given)),
        world_(std::move(*SimWorldFactory(recovery::reference_stages()).make(1))),
        truth_(item.disks.size()) {
    must(laboratory().create_item(item));
    history_.push_back(truth_);
  }

  const ItemSpec item;

  Laboratory& laboratory() { return *world_.laboratory; }
  DrSystem& system() { return *world_.system; }
  /// Another controller takes over the same two sites.
  void replace_system(std::unique_ptr<DrSystem> system) { world_.system = std::move(system); }
  ItemStatus status() { return must(system().status(item.name)); }
  [[nodiscard]] const Content& truth() const { return truth_; }

  Site active() { return active_site(status().state).value(); }
  [[nodiscard]] BlockNumber block_count(std::size_t disk) const {
    return DiskGeometry{.size_bytes = item.disks[disk].size_bytes, .volatile_cache = false}
        .block_count();
  }

  /// True if one of the item's guests can't write now.
  bool held() {
    const std::vector<SeenVm> vms = must(laboratory().vms(item.name));
    return std::any_of(vms.begin(), vms.end(),
                       [](const SeenVm& vm) { return vm.hold != Hold::none; });
  }

  /// The guest writes one block, where it runs; false if it runs nowhere, or is held.
  bool write(std::size_t disk, BlockNumber block) {
    const LiveCopies live = must(laboratory().live_copies(item.name));
    EXPECT_FALSE(live.primary && live.recovery) << "two live copies";
    const std::optional<Site> site = can_write(item.disks[disk].vm);
    if (!site) return false;
    block %= block_count(disk);
    must(laboratory().write(item.name, *site, {{disk, block, ++last_}}));
    truth_[disk][block] = last_;
    history_.push_back(truth_);
    return true;
  }
  /// A handful of blocks, other ones each time.
  void write_some(std::uint64_t salt) {
    const std::size_t disks = item.disks.size();
    for (std::uint64_t i = 0; i < 3; ++i)
      for (std::size_t disk = 0; disk < disks; ++disk)
        EXPECT_TRUE(write(disk, salt * (29 + 54 * disk) + i * (37 + 74 * disk)));
    EXPECT_TRUE(write(salt % disks, block_count(salt % disks) - 1));
  }

  /// Lets time pass until the service starts this operation by itself; what it starts before that
  /// is driven to its end.
  JobPoint wait_for(Operation operation) {
    for (int jobs = 0; jobs < 100; ++jobs) {
      must(system().pass_time(std::chrono::hours(24)));
      const std::optional<JobPoint> job = status().job;
      if (!job) break;
      if (job->operation == operation) return *job;
      drive(*job);
    }
    ADD_FAILURE() << "the service does not start " << name_of(operation) << " by itself";
    std::abort();
  }
  /// Asks for the operation, or waits until the service starts it, and drives its job to the end.
  Outcome run(const Request& request, const Hook& before_advance = {}) {
    request_ = request;
    if (!asked_by_operator(request.operation))
      return drive(wait_for(request.operation), before_advance);
    return drive(must(system().start(item, request)), before_advance);
  }
  /// Drives a job that stands at `progress` to its end. If the controller dies on the way and has
  /// forgotten the job, because nothing was recorded of it yet, the operation is asked for again.
  Outcome drive(Progress progress, const Hook& before_advance = {}) {
    for (unsigned call = 0; std::holds_alternative<JobPoint>(progress); ++call) {
      EXPECT_LT(call, 10000U) << "the job does not end";
      const JobPoint point = std::get<JobPoint>(progress);
      if (before_advance) before_advance(call, point);
      if (!status().job)
        return run(point.operation == request_.operation ? request_ : Request(point.operation));
      progress = must(system().advance(item.name));
      if (const auto* const died = std::get_if<Outcome>(&progress);
          died != nullptr && std::holds_alternative<Indeterminate>(*died) && status().job)
        progress = *status().job;  // the controller died in the call
    }
    return std::get<Outcome>(progress);
  }
  void run_to_done(const Request& request, const Hook& before_advance = {}) {
    const Outcome outcome = run(request, before_advance);
    ASSERT_TRUE(std::holds_alternative<Done>(outcome))
        << name_of(request.operation) << ": " << reason_of(outcome);
  }
  /// The same, and the job must fail. Returns why.
  std::string run_to_failure(const Request& request, const Hook& before_advance = {}) {
    const Outcome outcome = run(request, before_advance);
    EXPECT_TRUE(std::holds_alternative<Failed>(outcome))
        << name_of(request.operation) << " is " << name_of(outcome);
    return reason_of(outcome);
  }

  Content disks(Site site) {
    Content content;
    for (std::size_t disk = 0; disk < item.disks.size(); ++disk)
      content.push_back(blocks(must(laboratory().open_disk(item.name, site, disk))));
    return content;
  }
  /// What the guests of the test copy find.
  Content test_disks() {
    Content content;
    for (std::size_t disk = 0; disk < item.disks.size(); ++disk)
      content.push_back(blocks(must(laboratory().open_test_disk(item.name, disk))));
    return content;
  }
  Content point(const std::string& id) {
    const auto locators = must(system().locate_point(item.name, id));
    Content content;
    for (std::size_t disk = 0; disk < locators.size(); ++disk)
      content.push_back(blocks(must(laboratory().open_located(item.name, disk, locators[disk]))));
    return content;
  }
  /// True if the content is what the guest had written at some instant.
  [[nodiscard]] bool was_ever(const Content& content) const {
    return std::find(history_.begin(), history_.end(), content) != history_.end();
  }

  std::vector<std::string> census() {
    std::vector<std::string> found;
    for (const CensusEntry& entry : must(laboratory().census(item.name)))
      found.push_back(fmt::format("{} {} {}", name_of(entry.site), entry.kind, entry.name));
    return found;
  }
  /// All that can be seen of the item from outside, in words.
  std::vector<std::string> everything() {
    const ItemStatus now = status();
    std::vector<std::string> seen = census();
    seen.push_back(switchback::describe(now.state));
    seen.push_back(now.job ? "job in stage " + now.job->stage : "no job");
    seen.push_back(fmt::format("synchronized {}", now.last_synchronized.count()));
    for (const RecoveryPoint& listed : now.points)
      seen.push_back(fmt::format("point {} {} {}: {}", listed.id, listed.cut.count(),
                                 listed.app_consistent, words(point(listed.id))));
    const LiveCopies live = must(laboratory().live_copies(item.name));
    if (live.primary) seen.push_back("runs at primary: " + words(disks(Site::primary)));
    if (live.recovery) seen.push_back("runs at recovery: " + words(disks(Site::recovery)));
    return seen;
  }

  /// The VM runs on one site only, and its guest finds every block as it wrote it.
  void expect_nothing_lost() {
    const LiveCopies live = must(laboratory().live_copies(item.name));
    ASSERT_NE(live.primary, live.recovery);
    EXPECT_EQ(live.primary ? Site::primary : Site::recovery, active());
    EXPECT_EQ(words(disks(active())), words(truth_));
  }

  template <class T>
  static T must(Result<T> result) {
    if (!result) {
      ADD_FAILURE() << result.error().message;
      std::abort();  // nothing after it would make sense
    }
    return std::move(*result);
  }
  static void must(const Nothing& result) { EXPECT_TRUE(result) << result.error().message; }

 private:
  /// Where VM number `vm` of the item runs and is not held.
  std::optional<Site> can_write(std::size_t vm) {
    for (const SeenVm& seen : must(laboratory().vms(item.name)))
      if (seen.vm == vm && !seen.test && seen.running && seen.hold == Hold::none) return seen.site;
    return std::nullopt;
  }
  static std::map<BlockNumber, WriteSeq> blocks(std::unique_ptr<ImageReader> image) {
    std::map<BlockNumber, WriteSeq> content;
    must(image->visit_blocks([&](BlockNumber block, Shown shown) { content[block] = shown.seq; }));
    return content;
  }
  static std::string words(const Content& content) {
    std::string text;
    for (const auto& disk : content) {
      text += "[";
      for (const auto& [block, seq] : disk)
        text += fmt::format(" {}={}", block, seq);
      text += " ]";
    }
    return text;
  }

  World world_;
  Request request_;
  WriteSeq last_ = 0;
  Content truth_;
  std::vector<Content> history_;
};

}  // namespace switchback::sim
