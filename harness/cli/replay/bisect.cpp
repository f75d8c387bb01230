// SPDX-License-Identifier: Apache-2.0
// See bisect.hpp.
#include "harness/cli/replay/bisect.hpp"

#include <fmt/core.h>

#include "harness/cli/interruption.hpp"
#include "harness/cli/replay/in_its_world.hpp"
#include "harness/cli/replay/trace_verdict.hpp"
#include "harness/cli/trace_folder.hpp"
#include "reports/text.hpp"

namespace switchback {
namespace {

Result<TraceVerdict> judged(const ReplayArguments& arguments, const std::filesystem::path& file) {
  SB_ASSIGN(trace, load_trace(file));
  if (!trace.violation) return skipped("it names no violation to look for");
  SB_ASSIGN(own, chosen_properties({trace.violation->property}));
  SB_ASSIGN(data, summary_of_replay(arguments, own, nullptr, file, trace));
  return bisect_verdict_of(*trace.violation, data);
}

}  // namespace

int bisect(const ReplayArguments& arguments) {
  const Result<std::vector<std::filesystem::path>> files = traces_in(arguments.trace);
  if (!files) {
    report_error(files.error());
    return kExitSkip;
  }
  int worst = kExitHeld;
  for (const std::filesystem::path& file : *files) {
    if (signal_received() != 0) break;
    Result<TraceVerdict> verdict = judged(arguments, file);
    if (!verdict) verdict = skipped(verdict.error().message);
    if (!arguments.output.quiet)
      fmt::print("{}: {}: {}\n", verdict->word, printable_line(file.string()),
                 printable_line(verdict->why));
    worst = worse_of(worst, verdict->code);
  }
  return exit_code_after(worst);
}

}  // namespace switchback
