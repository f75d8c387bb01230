// SPDX-License-Identifier: Apache-2.0
// The reference service in a fresh simulated world, for drills: failovers, tests, failbacks and
// ends of protection of any item, told by what can be seen of the two sites.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "harness/journal/geometry.hpp"
#include "harness/lifecycle/transition_table.hpp"
#include "vms/hosts/sim/sim_world.hpp"
#include "vms/recovery/stages.hpp"

namespace switchback::sim {

/// For each disk of an item, the write that each block shows.
using DiskContents = std::vector<std::map<BlockNumber, WriteSeq>>;

/// One VM with two disks whose sizes end within a grain and within a block, and hardware that can
/// be told from any other.
inline ItemSpec one_vm() {
  ItemSpec item{.name = "vm", .disks = {{"vda", 9 * 65536 + 12345}, {"vdb", 1000001}}};
  item.vms[0].cpus = 3;
  item.vms[0].memory_bytes = Bytes{96} << 20;
  item.vms[0].firmware = Firmware::uefi;
  item.vms[0].boot_disk = 1;
  item.vms[0].nics = {{"52:54:00:00:00:01", "office", "10.0.0.7"},
                      {"52:54:00:00:00:02", "backup", ""}};
  return item;
}
/// Two VMs whose devices have the same names.
inline ItemSpec group_of_two() {
  ItemSpec item{.name = "shop",
                .disks = {{"vda", 9 * 65536}, {"vdb", 9 * 65536}, {"vda", 9 * 65536, 1}}};
  item.vms.resize(2);
  item.vms[0].cpus = 2;
  item.vms[1].cpus = 5;
  return item;
}
inline ItemSpec encrypted_vm() {
  ItemSpec item = one_vm();
  item.policy.encrypted = true;
  return item;
}
inline const std::string kKey = "correct horse";

class Drill {
 public:
  /// Called before each advance(), with the number of calls that the job has made so far.
  using Hook = std::function<void(unsigned call, const JobPoint&)>;

  explicit Drill(ItemSpec spec = one_vm())
      : item(std::move(spec)), world_(must(SimWorldFactory(recovery::reference_stages()).make(1))) {
    must(laboratory().create_item(item));
  }

  const ItemSpec item;

  Laboratory& laboratory() { return *world_.laboratory; }
  DrSystem& system() { return *world_.system; }
  ItemStatus status() { return must(system().status(item.name)); }
  ItemState state() { return status().state; }
  LiveCopies live() { return must(laboratory().live_copies(item.name)); }
  std::vector<SeenVm> vms(Site site) {
    std::vector<SeenVm> seen = must(laboratory().vms(item.name));
    std::erase_if(seen, [&](const SeenVm& vm) { return vm.site != site; });
    return seen;
  }
  void inject(FaultKind kind) { must(system().inject(kind)); }
  void heal() { must(system().heal()); }

  // ---- guests
  void write(Site site, std::size_t disk, BlockNumber block) {
    const BlockNumber count =
        DiskGeometry{.size_bytes = item.disks[disk].size_bytes, .volatile_cache = false}
            .block_count();
    must(laboratory().write(item.name, site, {{disk, block % count, ++last_}}));
  }
  /// A block or two of each disk, others for each salt.
  void write_some(Site site, std::uint64_t salt) {
    for (std::size_t disk = 0; disk < item.disks.size(); ++disk) {
      write(site, disk, salt * 29 + 7 * disk);
      write(site, disk, salt * 5);
    }
  }
  DiskContents disks(Site site) {
    DiskContents contents;
    for (std::size_t disk = 0; disk < item.disks.size(); ++disk)
      contents.push_back(blocks(must(laboratory().open_disk(item.name, site, disk))));
    return contents;
  }
  DiskContents test_disks() {
    DiskContents contents;
    for (std::size_t disk = 0; disk < item.disks.size(); ++disk)
      contents.push_back(blocks(must(laboratory().open_test_disk(item.name, disk))));
    return contents;
  }
  DiskContents point(const std::string& id) {
    DiskContents contents;
    const std::vector<DiskLocator> locators = must(system().locate_point(item.name, id));
    for (std::size_t disk = 0; disk < locators.size(); ++disk)
      contents.push_back(blocks(must(laboratory().open_located(item.name, disk, locators[disk]))));
    return contents;
  }

  // ---- operations
  /// A request with the item's key.
  static Request ask(Operation operation) {
    Request request(operation);
    request.key = kKey;
    return request;
  }
  static Request ask(Operation operation, PointChoice point, std::string id = {}) {
    Request request = ask(operation);
    request.point = point;
    request.point_id = std::move(id);
    return request;
  }
  /// Unplanned, and the primary site is left alone.
  static Request lost_site(PointChoice point = PointChoice::latest, std::string id = {}) {
    Request request = ask(Operation::unplanned_failover, point, std::move(id));
    request.shut_down_source = false;
    return request;
  }

  /// Asks, and drives the job to its end. A job that a dead controller forgot, because nothing was
  /// recorded of it yet, is asked for again.
  Outcome run(const Request& request, const Hook& before_advance = {}) {
    rest_ = state();
    return drive(request, must(system().start(item, request)), before_advance);
  }
  void done(const Request& request) {
    const Outcome outcome = run(request);
    ASSERT_TRUE(std::holds_alternative<Done>(outcome))
        << name_of(request.operation) << " in " << name_of(state()) << ": " << reason_of(outcome);
  }
  /// Lets time pass; the jobs that the clock begins run to their ends.
  void pass(Duration duration) {
    for (int jobs = 0; duration > Duration{}; ++jobs) {
      ASSERT_LT(jobs, 1000) << "the clock asks for more and more";
      duration -= must(system().pass_time(duration));
      while (const std::optional<JobPoint> job = status().job)
        drive(Request(job->operation), *job, {});
    }
  }
  /// One round, and the processing of what it sent: a new point.
  void make_point() {
    pass(system().capabilities().copy_frequency);
    pass(system().capabilities().processing_delay);
  }

  // ---- well-known situations
  /// Three points of different content, and data sent that is not processed yet.
  void protect() {
    write_some(Site::primary, 1);
    done(ask(Operation::enable));
    for (const std::uint64_t salt : {2U, 3U}) {
      write_some(Site::primary, salt);
      make_point();
    }
    write_some(Site::primary, 4);
    while (status().points.back().cut == status().last_synchronized)
      pass(std::chrono::seconds(30));
    sent_ = disks(Site::primary);
    write_some(Site::primary, 5);  // never sent by a round
  }
  /// What the newest data sent by protect() shows.
  [[nodiscard]] const DiskContents& sent() const { return sent_; }
  void fail_over() {
    protect();
    done(ask(Operation::planned_failover));
    write_some(Site::recovery, 6);
  }
  void fail_over_unplanned() {
    protect();
    done(lost_site());
    write_some(Site::recovery, 6);
    write_some(Site::primary, 7);  // the old VM, which nobody stopped
  }
  void commit() {
    done(Operation::commit);
    write_some(Site::recovery, 8);
  }
  void fail_over_and_commit() {
    fail_over();
    commit();
  }
  void synchronize_back() {
    fail_over_and_commit();
    done(Operation::planned_failback);
    write_some(Site::recovery, 9);
  }
  void fail_back() {
    synchronize_back();
    done(Operation::complete_failover);
    write_some(Site::primary, 10);
  }
  void fail_back_and_commit() {
    fail_back();
    done(Operation::commit_failback);
    write_some(Site::primary, 11);
  }

  // ---- what can be seen
  std::vector<std::string> census(std::string_view kind = {}) {
    std::vector<std::string> found;
    for (const CensusEntry& entry : must(laboratory().census(item.name)))
      if (kind.empty() || entry.kind == kind)
        found.push_back(fmt::format("{} {} {}", name_of(entry.site), entry.kind, entry.name));
    return found;
  }
  /// Everything, in words; not how often VMs were started, nor what was sent.
  std::vector<std::string> everything() {
    const ItemStatus now = status();
    std::vector<std::string> seen = census();
    seen.push_back(describe(now.state));
    seen.push_back(now.job ? "job in stage " + now.job->stage : "no job");
    seen.push_back("failover point " + now.failover_point.value_or("none"));
    for (const RecoveryPoint& listed : now.points)
      seen.push_back(
          fmt::format("point {} {}: {}", listed.id, listed.cut.count(), words(point(listed.id))));
    for (const Site site : {Site::primary, Site::recovery}) {
      for (const SeenVm& vm : vms(site))
        seen.push_back(fmt::format("{} {}: {}, {} CPUs, isolated {}", name_of(site), vm.name,
                                   vm.running ? "runs" : "off", vm.hardware.cpus, vm.isolated));
      const LiveCopies copies = live();
      if (site == Site::primary ? copies.primary : copies.recovery)
        seen.push_back(fmt::format("disks at {}: {}", name_of(site), words(disks(site))));
    }
    return seen;
  }
  static std::string words(const DiskContents& contents) {
    std::string text;
    for (const auto& disk : contents) {
      text += "[";
      for (const auto& [block, seq] : disk)
        text += fmt::format(" {}={}", block, seq);
      text += " ]";
    }
    return text;
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
  Outcome drive(const Request& request, Progress progress, const Hook& before_advance) {
    const ItemState from = rest_;
    for (unsigned call = 0; std::holds_alternative<JobPoint>(progress); ++call) {
      EXPECT_LT(call, 10000U) << "the job does not end";
      const JobPoint point = std::get<JobPoint>(progress);
      if (before_advance) before_advance(call, point);
      const std::optional<JobPoint> job = status().job;
      if (!job && state() != from) return Outcome(Indeterminate{"cancelled"});
      if (!job) return run(request);
      if (job->operation != point.operation) return Outcome(Indeterminate{"cancelled"});
      progress = must(system().advance(item.name));
    }
    return std::get<Outcome>(progress);
  }
  static std::map<BlockNumber, WriteSeq> blocks(std::unique_ptr<ImageReader> image) {
    std::map<BlockNumber, WriteSeq> content;
    must(image->visit_blocks([&](BlockNumber block, Shown shown) { content[block] = shown.seq; }));
    return content;
  }

  World world_;
  WriteSeq last_ = 0;
  ItemState rest_;  ///< when the last operation was asked for
  DiskContents sent_;
};

}  // namespace switchback::sim
