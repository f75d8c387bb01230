// SPDX-License-Identifier: Apache-2.0
// See row_tours.hpp. The rows are the edges of a graph whose nodes are the resting states; a tour
// goes on to the nearest row that was not taken yet, until no such row can be reached.
#include "harness/sequence/row_tours.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <optional>
#include <set>

#include "harness/base/assert.hpp"

namespace switchback {
namespace {

/// One row as an edge: what has to be done in `from` to take it.
struct Edge {
  RowVisit visit;
  ItemState from;
  std::vector<Step> steps;
  ItemState to;  ///< after all steps
};

Step between(Action action) {
  return {std::move(action), std::nullopt};
}
Step during(std::string_view stage, Action action, std::uint32_t call = 0) {
  return {std::move(action), Moment{std::string(stage), call}};
}
Step ask(Operation operation) {
  return between(OperateStep{.operation = operation});
}
Step let_pass(std::chrono::milliseconds duration) {
  return between(WaitStep{duration});
}
Step broken(FaultKind kind) {
  return between(FaultStep{kind});
}

/// The shortest there is: two rounds within the time that processing takes.
constexpr std::chrono::seconds kPeriod = kTourPeriod;
constexpr std::chrono::minutes kProcessed{2};  ///< more than any processing delay
/// A call of a copying stage by which its volumes are there, for up to two disks.
constexpr std::uint32_t kCopying = 6;
constexpr std::string_view kLost = "Losses.OfEverythingLeaveNothingButAFullCopy";
constexpr std::array kElsewhere = {
    RowTestedElsewhere{"6", "Clock.DoesNotRetryWhatNeedsSomebody"}, RowTestedElsewhere{"35", kLost},
    RowTestedElsewhere{"35.resync", kLost}, RowTestedElsewhere{"35.protected", kLost},
    RowTestedElsewhere{"35.stopped", kLost}};

/// An unplanned failover that leaves the source alone, so that its VM runs on until it is fenced.
Step leave_source(PointChoice point) {
  return between(OperateStep{.operation = Operation::unplanned_failover,
                             .point = point,
                             .custom_point = 1,
                             .shut_down_source = false});
}

std::vector<Step> steps_of(const Transition& row) {
  switch (row.operation) {
    case Operation::delta_replication:
      return {let_pass(kPeriod)};
    case Operation::process_log:
      return {let_pass(kPeriod), let_pass(kProcessed)};
    case Operation::fence_source:
      return {let_pass(2 * kPeriod)};
    case Operation::cancel:
      if (row.from == resting::kFailbackWaiting) return {ask(Operation::cancel)};
      if (row.to == resting::kFailoverCancelled)
        return {ask(Operation::planned_failover),
                during("prepare_for_failover", OperateStep{.operation = Operation::cancel})};
      return {ask(Operation::planned_failback),
              during("synchronize", OperateStep{.operation = Operation::cancel})};
    default:
      return {ask(row.operation)};
  }
}

/// Where an edge begins: of a cancel, where the cancelled operation does.
ItemState rest_before(const Transition& row) {
  if (row.operation != Operation::cancel || row.from == resting::kFailbackWaiting) return row.from;
  return row.to == resting::kFailoverCancelled ? resting::kProtected : resting::kFailoverCommitted;
}

/// What makes the operation of a failure row fail in the way that the row is about.
std::vector<Step> steps_of(const FailureRow& row) {
  const Step heal = between(HealStep{});
  const std::string_view number = row.row.substr(0, row.row.find('.'));
  if (number == "1e") return {broken(FaultKind::link_cut), ask(row.operation), heal};
  // The room runs out while the disks are copied; before that nothing has begun.
  if (number == "3e")
    return {ask(row.operation),
            during("initial_replication", FaultStep{FaultKind::recovery_full}, kCopying), heal};
  // It is tried again a minute later.
  if (number == "5")
    return {broken(FaultKind::link_cut), let_pass(kPeriod), heal, let_pass(kProcessed)};
  if (number == "9") return {broken(FaultKind::tracking_lost), let_pass(kPeriod)};
  if (number == "34")
    return {between(EditStep{Edit::add_disk}), let_pass(kPeriod), between(EditStep{Edit::undo})};
  if (number == "13e") return {broken(FaultKind::recovery_full), ask(row.operation), heal};
  if (number == "19e") return {broken(FaultKind::shutdown_refused), ask(row.operation), heal};
  if (number == "22e")
    return {ask(Operation::planned_failover),
            during("prepare_for_failover", OperateStep{.operation = Operation::cancel}),
            during("abandon", FaultStep{FaultKind::primary_lost}, 1), heal};
  if (number == "25e")
    return {ask(row.operation), during("download", FaultStep{FaultKind::link_cut}), heal};
  if (number == "26e")
    return {between(EditStep{Edit::delete_vm}),
            between(OperateStep{.operation = row.operation, .create_missing_vm = false})};
  if (number == "27e")
    return {ask(row.operation), during("synchronize", FaultStep{FaultKind::link_cut}), heal};
  if (number == "30e")
    return {ask(row.operation), during("end_tracking", FaultStep{FaultKind::primary_lost}, 1),
            heal};
  return {};
}

/// A failure after which the item is where it was: what a tour does to bring it about.
struct WayBack {
  RowVisit visit;
  std::vector<Step> steps;
};
std::vector<WayBack> ways_back() {
  const auto fails = [](std::string_view row, Operation operation, std::string_view stage,
                        FaultKind fault, const ItemState& at) {
    // Before the second call: the stage is recorded as entered by then.
    return WayBack{{row, operation, "failed", at},
                   {ask(operation), during(stage, FaultStep{fault}, 1), between(HealStep{})}};
  };
  using enum FaultKind;
  return {
      fails("10x", Operation::resynchronize, "compare_and_send", link_cut, resting::kProtected),
      fails("11x", Operation::test_failover, "create_test_vm", recovery_full, resting::kProtected),
      fails("20x", Operation::change_recovery_point, "create_target", recovery_full,
            resting::kFailedOver),
      fails("24x", Operation::complete_failover, "synchronize_final", link_cut,
            resting::kFailbackWaiting),
      fails("29x", Operation::reverse_replicate, "send_changes", link_cut,
            resting::kFailbackCommitted)};
}

bool tested_elsewhere(std::string_view row) {
  return std::any_of(kElsewhere.begin(), kElsewhere.end(),
                     [&](const RowTestedElsewhere& one) { return one.row == row; });
}

std::vector<Edge> edges() {
  std::vector<Edge> all;
  for (const Transition& row : transition_table()) {
    const bool needs_log = row.operation == Operation::process_log && !row.replicates_after;
    Edge edge{.visit = {row.row, row.operation, "done", row.to},
              .from = rest_before(row),
              .steps = steps_of(row),
              .to = row.to};
    // Where no round runs, there is a log to process only if one was sent just before.
    if (needs_log) {
      edge.from = resting::kProtected;
      if (row.from == resting::kPaused)
        edge.steps = {let_pass(kPeriod), ask(Operation::pause), let_pass(kProcessed)};
      else  // an operator's resynchronization that fails sends nothing, and does not stop rounds
        edge.steps = {let_pass(kPeriod), broken(FaultKind::tracking_lost), let_pass(kPeriod),
                      let_pass(kProcessed)};
    }
    all.push_back(std::move(edge));
  }
  for (const FailureRow& row : failure_table())
    if (!tested_elsewhere(row.row))
      all.push_back({.visit = {row.row, row.operation, "failed", row.to},
                     .from = row.from,
                     .steps = steps_of(row),
                     .to = row.to});
  for (const RefusalRow& row : refusal_table())
    all.push_back({.visit = {row.row, row.operation, "refused", row.from},
                   .from = row.from,
                   .steps = {ask(row.operation)},
                   .to = row.from});
  for (WayBack& way : ways_back())
    all.push_back({.visit = way.visit,
                   .from = way.visit.to,
                   .steps = std::move(way.steps),
                   .to = way.visit.to});
  // Every way to choose a point, with the source left alone; it is fenced before anything else.
  for (const PointChoice point :
       {PointChoice::latest, PointChoice::latest_processed, PointChoice::custom})
    all.push_back(
        {.visit = {"13-18", Operation::unplanned_failover, "done", resting::kFailedOverUnplanned},
         .from = resting::kProtected,
         .steps = {let_pass(kProcessed), leave_source(point), let_pass(2 * kPeriod)},
         .to = resting::kFailedOver});
  return all;
}

/// The edges of the shortest way from `from` to an edge that is wanted, that edge last; empty if
/// there is none.
template <class Wanted>
std::vector<std::size_t> shortest_way(const std::vector<Edge>& all, const ItemState& from,
                                      const Wanted& wanted) {
  std::deque<std::vector<std::size_t>> ways = {{}};
  std::vector<ItemState> seen = {from};
  while (!ways.empty()) {
    const std::vector<std::size_t> way = ways.front();
    ways.pop_front();
    const ItemState at = way.empty() ? from : all[way.back()].to;
    for (std::size_t n = 0; n < all.size(); ++n) {
      if (all[n].from != at) continue;
      std::vector<std::size_t> longer = way;
      longer.push_back(n);
      if (wanted(n)) return longer;
      if (std::find(seen.begin(), seen.end(), all[n].to) != seen.end()) continue;
      seen.push_back(all[n].to);
      ways.push_back(std::move(longer));
    }
  }
  return {};
}

void add_write(RowTour& tour, std::uint32_t& salt) {
  ++salt;
  tour.sequence.steps.push_back(between(WriteStep{.disk = salt, .block = salt * 37, .count = 3}));
}

}  // namespace

std::span<const RowTestedElsewhere> rows_tested_elsewhere() {
  return kElsewhere;
}

std::vector<Step> steps_to(const ItemState& state) {
  std::vector<Step> steps;
  if (state == initial_state()) return steps;
  const std::vector<Edge> all = edges();
  const auto leads_there = [&](std::size_t edge) { return all[edge].to == state; };
  for (const std::size_t n : shortest_way(all, initial_state(), leads_there))
    steps.insert(steps.end(), all[n].steps.begin(), all[n].steps.end());
  SB_ASSERT(!steps.empty() && "every state can be reached");
  return steps;
}

std::vector<RowTour> row_tours(const std::vector<DiskSpec>& disks) {
  const std::vector<Edge> all = edges();
  std::set<std::size_t> taken;
  std::vector<RowTour> tours;
  std::uint32_t salt = 0;
  while (taken.size() < all.size()) {
    RowTour tour;
    tour.sequence.seed = tours.size() + 1;
    tour.sequence.disks = disks;
    tour.sequence.policy.copy_frequency = kPeriod;
    ItemState at = initial_state();
    const auto is_new = [&](std::size_t edge) { return !taken.contains(edge); };
    for (std::vector<std::size_t> way = shortest_way(all, at, is_new); !way.empty();
         way = shortest_way(all, at, is_new)) {
      for (const std::size_t n : way) {
        add_write(tour, salt);
        tour.visits.push_back(all[n].visit);
        tour.visits.back().first_step = tour.sequence.steps.size();
        tour.sequence.steps.insert(tour.sequence.steps.end(), all[n].steps.begin(),
                                   all[n].steps.end());
        taken.insert(n);
        at = all[n].to;
      }
    }
    SB_ASSERT(!tour.visits.empty() && "every row can be reached");
    tours.push_back(std::move(tour));
  }
  return tours;
}

}  // namespace switchback
