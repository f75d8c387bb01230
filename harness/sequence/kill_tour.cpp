// SPDX-License-Identifier: Apache-2.0
// See kill_tour.hpp.
#include "harness/sequence/kill_tour.hpp"

#include <algorithm>
#include <set>

namespace switchback {
namespace {

/// The operations whose jobs a step may start.
std::vector<Operation> jobs_of(const Step& step) {
  if (step.at) {
    // Of the steps inside a job only a cancel starts one.
    const auto* const ask = std::get_if<OperateStep>(&step.action);
    if (ask != nullptr && ask->operation == Operation::cancel) return {Operation::cancel};
    return {};
  }
  if (const auto* const ask = std::get_if<OperateStep>(&step.action)) return {ask->operation};
  if (std::holds_alternative<WaitStep>(step.action))
    return {Operation::delta_replication, Operation::process_log, Operation::fence_source};
  return {};
}

void add_kills(std::vector<Step>& steps, const std::string& stage, bool recorded) {
  for (std::uint32_t call = recorded ? 0 : 1; call < kKillsAtAStage; ++call)
    steps.push_back({FaultStep{FaultKind::controller_killed}, Moment{stage, call}});
}

/// Behind the steps, among `begin` to `end`, of the job that ends as the visit says: the first that
/// can be of its operation if it fails, or else the last.
std::size_t behind_the_job(const std::vector<Step>& steps, std::size_t begin, std::size_t end,
                           const RowVisit& visit) {
  std::size_t behind = begin;
  for (std::size_t n = begin; n < end; ++n) {
    const std::vector<Operation> jobs = jobs_of(steps[n]);
    if (std::find(jobs.begin(), jobs.end(), visit.operation) == jobs.end()) continue;
    behind = n + 1;
    if (visit.outcome == "failed") break;
  }
  while (behind < end && steps[behind].at)
    ++behind;
  return behind;
}

/// Whether such a visit passes that moment: of one that fails, only the way back is sure.
bool passes(const RowVisit& visit, const StageKill& kill, const StageList& list) {
  return visit.operation == kill.operation &&
         visit.outcome == (kill.at.stage == list.undo ? "failed" : "done");
}

/// Takes from `open` what can be killed in this tour, and ends it after the last of them.
KillTour kill_in(const RowTour& tour, const std::vector<StageList>& operations,
                 std::set<StageKill>& open) {
  KillTour killed;
  killed.tour.sequence = tour.sequence;
  std::vector<Step> done;
  std::vector<RowVisit> visits;
  for (std::size_t v = 0; v < tour.visits.size(); ++v) {
    RowVisit visit = tour.visits[v];
    const std::vector<Step>& steps = tour.sequence.steps;
    const std::size_t begin = v == 0 ? 0 : visit.first_step;
    const std::size_t end =
        v + 1 == tour.visits.size() ? steps.size() : tour.visits[v + 1].first_step;
    const std::size_t behind = behind_the_job(steps, begin, end, visit);
    const auto at = [&](std::size_t n) { return steps.begin() + static_cast<std::ptrdiff_t>(n); };
    visit.first_step = done.size();
    visits.push_back(visit);
    done.insert(done.end(), at(begin), at(behind));
    const std::size_t kills = killed.kills.size();
    for (const StageList& list : operations) {
      for (const StageKill& kill : kills_at_each_stage(list)) {
        if (!passes(visit, kill, list) || open.erase(kill) == 0) continue;
        done.push_back({FaultStep{FaultKind::controller_killed}, kill.at});
        killed.kills.push_back(kill);
      }
    }
    done.insert(done.end(), at(behind), at(end));
    if (killed.kills.size() == kills) continue;
    killed.tour.sequence.steps = done;
    killed.tour.visits = visits;
  }
  return killed;
}

}  // namespace

std::vector<StageKill> kills_at_each_stage(const StageList& operation) {
  std::vector<StageKill> kills;
  for (std::size_t next = 1; next < operation.stages.size(); ++next)
    kills.push_back({operation.operation, {operation.stages[next], 0}});
  kills.push_back({operation.operation, {operation.stages.back(), 1}});
  if (!operation.undo.empty()) kills.push_back({operation.operation, {operation.undo, 0}});
  return kills;
}

std::vector<KillTour> kill_at_each_stage(const std::vector<RowTour>& tours,
                                         const std::vector<StageList>& operations) {
  std::set<StageKill> open;
  for (const StageList& list : operations)
    for (const StageKill& kill : kills_at_each_stage(list))
      open.insert(kill);
  std::vector<KillTour> killed;
  for (const RowTour& tour : tours) {
    KillTour some = kill_in(tour, operations, open);
    if (!some.kills.empty()) killed.push_back(std::move(some));
  }
  return killed;
}

RowTour with_kills(const RowTour& tour, const Capabilities& capabilities) {
  RowTour killed = tour;
  killed.sequence.steps.clear();
  const std::vector<Step>& steps = tour.sequence.steps;
  for (std::size_t n = 0; n < steps.size(); ++n) {
    killed.sequence.steps.push_back(steps[n]);
    const bool last_inside = n + 1 == steps.size() || !steps[n + 1].at;
    if (!last_inside) continue;
    std::size_t outer = n;
    while (outer > 0 && steps[outer].at)
      --outer;
    std::vector<Step> kills;
    for (std::size_t part = outer; part <= n; ++part) {
      for (const Operation operation : jobs_of(steps[part])) {
        const StageList* const list = capabilities.find(operation);
        if (list == nullptr) continue;
        for (std::size_t stage = 0; stage < list->stages.size(); ++stage)
          add_kills(kills, list->stages[stage], stage > 0);
        if (!list->undo.empty()) add_kills(kills, list->undo, true);
      }
    }
    // A kill at a moment at which something else is to happen comes after it.
    killed.sequence.steps.insert(killed.sequence.steps.end(), kills.begin(), kills.end());
  }
  return killed;
}

}  // namespace switchback
