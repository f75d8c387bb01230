// SPDX-License-Identifier: Apache-2.0
// See coverage_text.hpp.
#include "reports/coverage_text.hpp"

#include <fmt/format.h>

namespace switchback {
namespace {

std::string name_of_cell(const CoverageCell& cell) {
  if (cell.cancelled.empty()) return cell.state + "/" + cell.operation;
  return fmt::format("{}/{} of {}", cell.state, cell.operation, cell.cancelled);
}

std::string name_of_goal(const TransitionGoal& goal) {
  return name_of_cell(goal.cell);
}
std::string name_of_goal(const CoverageCell& cell) {
  return name_of_cell(cell);
}
std::string name_of_goal(const FailureGoal& goal) {
  return fmt::format("{} ({} to {})", fmt::join(goal.rows, "/"), name_of_cell(goal.cell), goal.to);
}
std::string name_of_goal(const OperationPair& pair) {
  return fmt::format("{} > {}", pair.first, pair.then);
}

std::string name_of_goal(const TransitionPair& pair) {
  return fmt::format("{} > {}", name_of_cell(pair.first), name_of_cell(pair.then));
}
std::string name_of_goal(const FaultPlace& place) {
  return fmt::format("{} in {}/{}", place.kind, place.operation, place.stage);
}
std::string name_of_goal(const std::string& kind) {
  return kind;
}

template <class What>
void add_cold(std::vector<ColdList>& lists, std::string_view goal, std::string label,
              const Goals<What>& goals) {
  ColdList list{goal, std::move(label), {}};
  for (const What& goal : goals.cold())
    list.names.push_back(name_of_goal(goal));
  if (!list.names.empty()) lists.push_back(std::move(list));
}

template <class What>
std::string ratio(const Goals<What>& goals, std::string_view what) {
  return fmt::format("{} of {} {}", goals.seen(), goals.possible(), what);
}

template <class What>
std::string ratio_with_percent(const Goals<What>& goals, std::string_view what) {
  return fmt::format("{} ({} %)", ratio(goals, what), percent(goals.seen(), goals.possible()));
}

}  // namespace

std::string coverage_line(const CoverageTable& table) {
  if (table.transitions.possible() == 0) return "";
  return fmt::format("{}, {}, {}, {}, {}", ratio(table.transitions, "transitions done"),
                     ratio(table.refusals, "refusals"),
                     ratio(table.failures, "documented failures"),
                     ratio_with_percent(table.operation_pairs, "pairs of operations"),
                     ratio_with_percent(table.transition_pairs, "pairs of transitions"));
}

std::vector<ColdList> cold_lists(const CoverageTable& table, const FaultTable& faults) {
  std::vector<ColdList> lists;
  add_cold(lists, "transitions", "never done", table.transitions);
  add_cold(lists, "refusals", "never refused", table.refusals);
  add_cold(lists, "failures", "never failed so", table.failures);
  add_cold(lists, "operation_pairs", "never one after the other", table.operation_pairs);
  add_cold(lists, "transition_pairs", "never one after the other, states told apart",
           table.transition_pairs);
  add_cold(lists, "faults", "never broken there", faults.injected);
  add_cold(lists, "fault_effects", "never with an effect", faults.effects);
  return lists;
}

std::string fault_line(const FaultTable& faults) {
  if (faults.injected.possible() == 0) return "";
  return fmt::format("{}, {}", ratio(faults.injected, "stages by kind of fault"),
                     ratio(faults.effects, "kinds with an effect"));
}

}  // namespace switchback
