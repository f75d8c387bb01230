// SPDX-License-Identifier: Apache-2.0
// See dr_text.hpp.
#include "harness/cli/dr/dr_text.hpp"

#include <algorithm>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "harness/lifecycle/resting_states.hpp"
#include "reports/text.hpp"

namespace switchback {
namespace {

std::string age_text(Instant at) {
  return at == Instant::zero() ? std::string("never") : clock_text(at);
}

std::string next_commands(const ItemStatus& status) {
  if (status.job) return "  job:     switchback dr wait, or cancel\n";
  std::string line;
  for (const Operation operation : kAllOperations)
    if (status.allowed.contains(operation))
      line += (line.empty() ? "" : ", ") + dr_command_for(operation);
  return line.empty() ? "  next:    nothing\n" : wrapped("next:    " + line, 2, 100);
}

}  // namespace

std::string dr_command_for(Operation operation) {
  switch (operation) {
    case Operation::resynchronize:
      return "resync";
    case Operation::update_properties:
      return "update";
    case Operation::cleanup_test_failover:
      return "cleanup-test";
    case Operation::unplanned_failover:
      return "failover";
    case Operation::change_recovery_point:
      return "change-point";
    case Operation::commit_failback:
      return "commit";
    case Operation::planned_failback:
      return "failback";
    case Operation::full_failback:
      return "failback --full";
    case Operation::complete_migration:
      return "migrate";
    default:
      break;
  }
  std::string name(name_of(operation));
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

std::string clock_text(Instant at) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(at).count();
  return fmt::format("{:%Y-%m-%d %H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

std::string status_text(const ItemName& item, const ItemStatus& status) {
  std::string text = fmt::format("{}\n  state:   {}", item, name_of(status.state));
  if (status.job)
    text += fmt::format(", {} in stage {}", name_of(status.job->operation), status.job->stage);
  text += fmt::format("\n  health:  {}", name_of(status.health));
  if (!status.health_reason.empty())
    text += fmt::format(": {}", printable_line(status.health_reason));
  text +=
      fmt::format("\n  sent:    {}, {} in all\n  points:  {}", age_text(status.last_synchronized),
                  human_bytes(status.bytes_sent), status.points.size());
  if (!status.points.empty())
    text += fmt::format(", the newest {} of {}", status.points.back().id,
                        clock_text(status.points.back().cut));
  return text + "\n" + next_commands(status);
}

nlohmann::ordered_json status_json(const ItemName& item, const ItemStatus& status) {
  nlohmann::ordered_json json{{"item", item},
                              {"state", name_of(status.state)},
                              {"health", name_of(status.health)},
                              {"health_reason", printable_line(status.health_reason)},
                              {"last_synchronized_ns", status.last_synchronized.count()},
                              {"bytes_sent", status.bytes_sent}};
  json["job"] = nullptr;
  if (status.job)
    json["job"] = {{"operation", name_of(status.job->operation)}, {"stage", status.job->stage}};
  json["points"] = nlohmann::ordered_json::array();
  for (const RecoveryPoint& point : status.points)
    json["points"].push_back({{"id", point.id},
                              {"cut_ns", point.cut.count()},
                              {"app_consistent", point.app_consistent}});
  json["next"] = nlohmann::ordered_json::array();
  for (const Operation operation : kAllOperations)
    if (status.allowed.contains(operation)) json["next"].push_back(dr_command_for(operation));
  return json;
}

std::string job_line(const JobPoint& point, const Capabilities& capabilities, Bytes crossed) {
  constexpr std::size_t kWidth = 20;
  const StageList* const list = capabilities.find(point.operation);
  std::size_t of = 1;
  std::size_t at = 0;
  if (list != nullptr && !list->stages.empty()) {
    of = list->stages.size();
    const auto found = std::find(list->stages.begin(), list->stages.end(), point.stage);
    at = static_cast<std::size_t>(found - list->stages.begin());
  }
  const std::size_t filled = std::min(kWidth, kWidth * at / of);
  return fmt::format("{} [{}{}] {}/{} {}, {} on the wire", name_of(point.operation),
                     std::string(filled, '#'), std::string(kWidth - filled, '-'),
                     std::min(at + 1, of), of, point.stage, human_bytes(crossed));
}

}  // namespace switchback
