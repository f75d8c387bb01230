// SPDX-License-Identifier: Apache-2.0
// The commands of `switchback dr` that only look.
#include <fmt/format.h>

#include "harness/cli/dr/dr_commands.hpp"
#include "harness/cli/dr/dr_home.hpp"
#include "harness/cli/dr/dr_text.hpp"
#include "harness/cli/reporting.hpp"

namespace switchback {
namespace {

Result<int> status(const DrArguments& arguments) {
  SB_ASSIGN(home, DrHome::open(arguments.base));
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const ItemSpec& item : home->lab().items) {
    if (!arguments.vm.empty() && item.name != arguments.vm) continue;
    SB_ASSIGN(found, home->system().status(item.name));
    json.push_back(status_json(item.name, found));
    if (!arguments.json) fmt::print("{}", status_text(item.name, found));
  }
  if (json.empty()) return tl::unexpected(home->item(arguments.vm).error());
  if (arguments.json) fmt::print("{}\n", json.dump(2));
  return kExitHeld;
}

Result<int> jobs(const DrArguments& arguments) {
  SB_ASSIGN(home, DrHome::open(arguments.base));
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const ItemSpec& item : home->lab().items) {
    SB_ASSIGN(found, home->system().status(item.name));
    if (!found.job) continue;
    json.push_back({{"item", item.name},
                    {"operation", name_of(found.job->operation)},
                    {"stage", found.job->stage}});
    if (!arguments.json)
      fmt::print("{}  {}  in stage {}\n", item.name, name_of(found.job->operation),
                 found.job->stage);
  }
  if (arguments.json)
    fmt::print("{}\n", json.dump(2));
  else if (json.empty())
    fmt::print("no job is in progress\n");
  return kExitHeld;
}

Result<int> points(const DrArguments& arguments) {
  SB_ASSIGN(home, DrHome::open(arguments.base));
  SB_ASSIGN(item, home->item(arguments.vm));
  SB_ASSIGN(found, home->system().status(item.name));
  if (arguments.json) {
    fmt::print("{}\n", status_json(item.name, found)["points"].dump(2));
    return kExitHeld;
  }
  for (const RecoveryPoint& point : found.points)
    fmt::print("{:8}  {}  {}\n", point.id, clock_text(point.cut),
               point.app_consistent ? "app-consistent" : "crash-consistent");
  if (found.points.empty()) fmt::print("{} has no recovery point\n", item.name);
  return kExitHeld;
}

int exit_code(const Result<int>& result) {
  return result ? *result : report_error(result.error());
}

}  // namespace

int dr_status(const DrArguments& arguments) {
  return exit_code(status(arguments));
}
int dr_jobs(const DrArguments& arguments) {
  return exit_code(jobs(arguments));
}
int dr_points(const DrArguments& arguments) {
  return exit_code(points(arguments));
}

}  // namespace switchback
