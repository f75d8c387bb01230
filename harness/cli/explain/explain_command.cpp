// SPDX-License-Identifier: Apache-2.0
// The command `explain`: the story of a trace, or of each of a folder.
#include <algorithm>

#include <fmt/core.h>

#include "harness/cli/arguments.hpp"
#include "harness/cli/explain/explain.hpp"
#include "harness/cli/interruption.hpp"
#include "harness/cli/reporting.hpp"
#include "harness/cli/running.hpp"
#include "harness/cli/trace_folder.hpp"

namespace switchback {
namespace {

/// In the simulated world, wherever it was found: there a run can be repeated and looked into.
Result<Story> story_of(const ExplainArguments& arguments, const std::filesystem::path& file) {
  SB_ASSIGN(properties, chosen_properties(arguments.properties));
  SB_ASSIGN(trace, load_trace(file));
  WorldArguments where;
  where.defect = arguments.defect;
  where.variant = arguments.variant;
  where = world_of(where, trace);
  SB_ASSIGN(world, choose_world(where));
  SB_TRY(know_stages(*world.worlds, trace, file));
  CampaignOptions options;
  options.tool = kTool;
  options.seed = trace.sequence.seed;
  options.defect = where.defect;
  options.variant = where.variant;
  options.elapsed_seconds = [] { return 0.0; };
  options.interrupted = [] { return signal_received() != 0; };
  WatchdogOptions watching = watched(world, options, arguments.sequence_timeout, nullptr);
  watching.existing = file;
  Watchdog watchdog(std::move(watching));
  options.watch = &watchdog;
  return explain(*world.worlds, std::move(properties), options, file.string(), trace);
}

}  // namespace

int explain_command(const ExplainArguments& arguments) {
  watch_signals();
  if (const auto known = chosen_properties(arguments.properties); !known)
    return report_error(known.error());
  const Result<std::vector<std::filesystem::path>> files = traces_in(arguments.trace);
  if (!files) return report_error(files.error());
  int worst = kExitHeld;
  for (const std::filesystem::path& file : *files) {
    if (signal_received() != 0) break;
    const Result<Story> story = story_of(arguments, file);
    if (!story) {
      worst = worse_of(worst, report_error(story.error()));
      continue;
    }
    if (file != files->front() && !arguments.json) fmt::print("\n");
    fmt::print("{}", arguments.json ? story_json(*story) : story_text(*story));
    worst = worse_of(worst, exit_code(story->verdict));
  }
  return exit_code_after(worst);
}

}  // namespace switchback
