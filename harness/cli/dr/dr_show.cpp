// SPDX-License-Identifier: Apache-2.0
// The commands of `switchback dr` that only look. They work while another command has a job in
// hand.
#include <fmt/format.h>

#include "harness/cli/dr/dr_commands.hpp"
#include "harness/cli/dr/dr_home.hpp"
#include "harness/cli/dr/dr_text.hpp"

namespace switchback {
namespace {

/// What else a user should know of the lab.
Result<std::string> notes_of(const DrHome& home) {
  std::string text;
  if (!lab_process_lives(home.run()))
    text +=
        "note: the process of this lab was killed: nothing falls due by itself any more; "
        "'switchback clean' removes the lab\n";
  else if (home.lab().manual)
    text += "note: this lab is manual: what falls due is run by 'switchback dr skip'\n";
  for (const Site site : {Site::primary, Site::recovery})
    if (const auto& trouble = home.sites().trouble(site))
      text += fmt::format("note: {} can't be reached: {}\n", name_of(site), trouble->message);
  SB_ASSIGN(faults, read_faults(home.run()));
  for (const FaultKind fault : faults)
    text += fmt::format("note: broken on purpose: {}; 'switchback dr heal' mends it\n",
                        dashed(name_of(fault)));
  return text;
}

Result<int> status(const DrArguments& arguments) {
  SB_ASSIGN(home, look_at_lab(arguments.base));
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const ItemSpec& item : home->lab().items) {
    if (!arguments.vm.empty() && item.name != arguments.vm) continue;
    SB_ASSIGN(found, home->system().status(item.name));
    json.push_back(status_json(item.name, found));
    if (!arguments.json) fmt::print("{}", status_text(item.name, found));
  }
  if (json.empty()) return tl::unexpected(home->item(arguments.vm).error());
  SB_ASSIGN(notes, notes_of(*home));
  if (arguments.json)
    fmt::print("{}\n", json.dump(2));
  else
    fmt::print("{}", notes);
  return kExitDone;
}

Result<int> jobs(const DrArguments& arguments) {
  SB_ASSIGN(home, look_at_lab(arguments.base));
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const JobNote& note : read_job_notes(home->run())) {
    json.push_back(job_note_json(note));
    if (!arguments.json) fmt::print("{}\n", job_note_text(note));
  }
  bool any = false;
  for (const ItemSpec& item : home->lab().items) {
    SB_ASSIGN(found, home->system().status(item.name));
    if (!found.job) continue;
    any = true;
    json.push_back({{"item", item.name},
                    {"operation", name_of(found.job->operation)},
                    {"outcome", nullptr},
                    {"stage", found.job->stage}});
    if (!arguments.json)
      fmt::print("in progress           {} of {}: in stage {}\n", name_of(found.job->operation),
                 item.name, found.job->stage);
  }
  if (arguments.json)
    fmt::print("{}\n", json.dump(2));
  else if (!any)
    fmt::print("no job is in progress\n");
  return kExitDone;
}

Result<int> points(const DrArguments& arguments) {
  SB_ASSIGN(home, look_at_lab(arguments.base));
  SB_ASSIGN(item, home->item(arguments.vm));
  SB_ASSIGN(found, home->system().status(item.name));
  if (arguments.json) {
    fmt::print("{}\n", status_json(item.name, found)["points"].dump(2));
    return kExitDone;
  }
  for (const RecoveryPoint& point : found.points)
    fmt::print("{:8}  {}  {}{}\n", point.id, clock_text(point.cut),
               point.app_consistent ? "app-consistent" : "crash-consistent",
               point.id == found.failover_point ? ", failed over from" : "");
  if (found.points.empty()) fmt::print("{} has no recovery point\n", item.name);
  return kExitDone;
}

}  // namespace

int dr_status(const DrArguments& arguments) {
  return dr_exit_code(status, arguments);
}
int dr_jobs(const DrArguments& arguments) {
  return dr_exit_code(jobs, arguments);
}
int dr_points(const DrArguments& arguments) {
  return dr_exit_code(points, arguments);
}

}  // namespace switchback
