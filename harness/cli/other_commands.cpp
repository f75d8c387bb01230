// SPDX-License-Identifier: Apache-2.0
// The commands that run no sequence: clean, lifecycle.
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "harness/cli/arguments.hpp"
#include "harness/cli/reporting.hpp"
#include "harness/lifecycle/render.hpp"
#include "vms/hosts/libvirt/clean.hpp"
#include "vms/hosts/libvirt/run_folder.hpp"

namespace switchback {
namespace {

void print_as_json(const libvirt::CleanReport& report) {
  nlohmann::ordered_json json{{"removed", nlohmann::ordered_json::array()},
                              {"skipped", report.skipped}};
  for (const libvirt::CleanedObject& object : report.removed)
    json["removed"].push_back(
        {{"run", object.run_id}, {"kind", object.kind}, {"name", object.name}});
  fmt::print("{}\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace

int clean_command(const CleanArguments& arguments) {
  const std::filesystem::path base = arguments.run_folder.value_or(libvirt::default_run_base());
  const Result<libvirt::CleanReport> report = libvirt::clean_runs(base);
  if (!report) return report_error(report.error());
  if (arguments.json) {
    print_as_json(*report);
  } else {
    for (const libvirt::CleanedObject& object : report->removed)
      fmt::print("removed {} {} of run {}\n", object.kind, object.name, object.run_id);
    for (const std::string& skipped : report->skipped)
      fmt::print("left alone: {}\n", skipped);
    if (report->removed.empty() && report->skipped.empty())
      fmt::print("nothing was left behind in {}\n", base.string());
  }
  return kExitHeld;
}

int lifecycle_command(const std::string& format) {
  if (format == "mermaid")
    fmt::print("{}", render_mermaid());
  else if (format == "markdown")
    fmt::print("{}", render_markdown());
  else
    fmt::print("{}", render_table());
  return kExitHeld;
}

}  // namespace switchback
