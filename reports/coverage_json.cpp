// SPDX-License-Identifier: Apache-2.0
// Ratios and what is cold first, then everything by state.
#include "reports/coverage_json.hpp"

#include <algorithm>
#include <optional>

#include "harness/lifecycle/resting_states.hpp"
#include "reports/required_coverage.hpp"

namespace switchback {
namespace {

using Json = nlohmann::ordered_json;

Json as_json(const CoverageCell& cell) {
  return {{"state", cell.state},
          {"operation", cell.operation},
          {"cancelled", text_or_null(cell.cancelled)}};
}

Json as_json(const TransitionGoal& goal) {
  Json json = {{"row", goal.row}};
  json.update(as_json(goal.cell));
  json["to"] = goal.to;
  return json;
}

Json as_json(const FailureGoal& goal) {
  return {{"rows", goal.rows},
          {"state", goal.cell.state},
          {"operation", goal.cell.operation},
          {"to", goal.to}};
}

Json as_json(const OperationPair& pair) {
  return {{"first", pair.first}, {"then", pair.then}};
}

Json as_json(const FaultPlace& place) {
  return {{"kind", place.kind}, {"operation", place.operation}, {"stage", place.stage}};
}

Json as_json(const std::string& kind) {
  return {{"kind", kind}};
}

Json as_json(const TransitionPair& pair) {
  return {{"first", as_json(pair.first)}, {"then", as_json(pair.then)}};
}

template <class What>
Json as_json(const Goals<What>& goals) {
  Json cold = Json::array();
  for (const What& goal : goals.cold())
    cold.push_back(as_json(goal));
  return {{"possible", goals.possible()}, {"seen", goals.seen()}, {"cold", std::move(cold)}};
}

/// What may happen to an operation in a state, and what did.
struct CellReport {
  CoverageCell cell;
  std::string row;  ///< empty: to be refused, or not of the table
  std::string expected;
  OutcomeCounts outcomes;
};

/// Cells of the table in its order, then those that were seen and are not of it.
std::vector<CellReport> cell_reports(const CoverageTable& table) {
  auto left = table.cells;
  const auto take = [&left](const CoverageCell& cell) {
    const auto found = left.find(cell);
    OutcomeCounts outcomes;
    if (found == left.end()) return outcomes;
    outcomes = std::move(found->second);
    left.erase(found);
    return outcomes;
  };
  std::vector<CellReport> reports;
  for (const auto& [goal, times] : table.transitions.all)
    reports.push_back({goal.cell, goal.row, "done", take(goal.cell)});
  for (const auto& [cell, times] : table.refusals.all)
    reports.push_back({cell, "", "refused", take(cell)});
  for (const auto& [cell, outcomes] : left)
    reports.push_back({cell, "", "", outcomes});
  return reports;
}

/// States of the table in its order, then others in the order of the cells.
std::vector<std::string> states_of(const std::vector<CellReport>& reports) {
  std::vector<std::string> states;
  for (const NamedState& named : named_states())
    states.emplace_back(named.name);
  for (const CellReport& report : reports)
    if (std::find(states.begin(), states.end(), report.cell.state) == states.end())
      states.push_back(report.cell.state);
  return states;
}

/// By name of the goal, the names of the cells.
Json missing_json(const SummaryData& data) {
  Json missing = Json::object();
  for (const ColdList& cold : missing_coverage(data))
    missing[std::string(cold.goal)] = cold.names;
  return missing;
}

Json states_json(const CoverageTable& table) {
  const std::vector<CellReport> reports = cell_reports(table);
  Json states = Json::array();
  for (const std::string& state : states_of(reports)) {
    Json operations = Json::array();
    for (const CellReport& report : reports)
      if (report.cell.state == state)
        operations.push_back({{"operation", report.cell.operation},
                              {"cancelled", text_or_null(report.cell.cancelled)},
                              {"row", text_or_null(report.row)},
                              {"expected", text_or_null(report.expected)},
                              {"outcomes", Json(report.outcomes)}});
    if (!operations.empty())
      states.push_back({{"state", state}, {"operations", std::move(operations)}});
  }
  return states;
}

}  // namespace

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json coverage_json(const SummaryData& data) {
  const CoverageTable& table = data.coverage;
  Json stages = Json::array();
  for (const auto& [place, tally] : data.stages)
    stages.push_back({{"operation", place.first},
                      {"stage", place.second},
                      {"in_time", tally.in_time},
                      {"too_late", tally.too_late}});
  return {{"transitions", as_json(table.transitions)},
          {"refusals", as_json(table.refusals)},
          {"failures", as_json(table.failures)},
          {"operation_pairs", as_json(table.operation_pairs)},
          {"transition_pairs", as_json(table.transition_pairs)},
          {"faults", as_json(data.faults.injected)},
          {"fault_effects", as_json(data.faults.effects)},
          {"required", data.run.required_coverage},
          {"missing", missing_json(data)},
          {"states", states_json(table)},
          {"stages", std::move(stages)}};
}

}  // namespace switchback
