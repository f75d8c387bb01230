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

/// "  label:   text", text that is too long below itself.
std::string labelled(std::string_view label, const std::string& text) {
  constexpr std::size_t kIndent = 11;
  std::string lines = wrapped(text, kIndent, 100);
  const std::string head = fmt::format("  {}:", label);
  return lines.replace(0, head.size(), head);
}

std::string next_commands(const ItemStatus& status) {
  std::string line = status.job ? "wait" : "";
  for (const Operation operation : kAllOperations)
    if (status.allowed.contains(operation) && (asked_by_operator(operation)))
      line += (line.empty() ? "" : ", ") + dr_command_for(operation);
  return labelled("next", line.empty() ? std::string("nothing") : line);
}

std::string state_text(const ItemStatus& status) {
  if (status.job)
    return fmt::format("{} in stage {}", name_of(status.job->operation), status.job->stage);
  for (const NamedState& named : named_states())
    if (named.state == status.state) return fmt::format("{}: {}", named.name, named.meaning);
  return std::string(name_of(status.state));
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
  return dashed(name_of(operation));
}

std::string dashed(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '_', '-');
  return text;
}

std::string clock_text(Instant at) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(at).count();
  return fmt::format("{:%Y-%m-%d %H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

std::string status_text(const ItemName& item, const ItemStatus& status) {
  std::string text = fmt::format("{}\n", item);
  text += labelled("state", state_text(status));
  std::string health(name_of(status.health));
  if (!status.health_reason.empty()) health += ": " + printable_line(status.health_reason);
  text += labelled("health", health);
  if (status.last_synchronized != Instant::zero())
    text += fmt::format("  sent:    {} in all, the last at {}\n", human_bytes(status.bytes_sent),
                        clock_text(status.last_synchronized));
  if (!status.points.empty())
    text += fmt::format("  points:  {}, the newest {} of {}\n", status.points.size(),
                        status.points.back().id, clock_text(status.points.back().cut));
  return text + next_commands(status);
}

std::string wire_text(const JobNote& note) {
  if (note.to_recovery + note.to_primary == 0) return {};
  return fmt::format("  wire:    {} to recovery, {} to primary\n", human_bytes(note.to_recovery),
                     human_bytes(note.to_primary));
}

std::string job_note_text(const JobNote& note) {
  std::string text =
      fmt::format("{}  {} of {}: {}", clock_text(note.at), note.operation, note.item, note.outcome);
  if (note.to_recovery + note.to_primary != 0)
    text += fmt::format(", {} to recovery, {} to primary", human_bytes(note.to_recovery),
                        human_bytes(note.to_primary));
  return note.reason.empty() ? text : text + ": " + note.reason;
}

nlohmann::ordered_json job_note_json(const JobNote& note) {
  return {{"at_ns", note.at.count()},
          {"item", note.item},
          {"operation", note.operation},
          {"outcome", note.outcome},
          {"reason", note.reason},
          {"wire_bytes", {{"to_recovery", note.to_recovery}, {"to_primary", note.to_primary}}}};
}

nlohmann::ordered_json status_json(const ItemName& item, const ItemStatus& status) {
  nlohmann::ordered_json json{{"item", item},
                              {"state", nullptr},
                              {"health", name_of(status.health)},
                              {"health_reason", printable_line(status.health_reason)},
                              {"last_synchronized_ns", status.last_synchronized.count()},
                              {"bytes_sent", status.bytes_sent},
                              {"failover_point", nullptr}};
  if (!status.job) json["state"] = name_of(status.state);
  if (status.failover_point) json["failover_point"] = *status.failover_point;
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
    if (status.allowed.contains(operation) && asked_by_operator(operation))
      json["next"].push_back(dr_command_for(operation));
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
