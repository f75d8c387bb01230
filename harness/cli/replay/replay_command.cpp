// SPDX-License-Identifier: Apache-2.0
// The command `replay`: of a trace, of a folder of them, or for `git bisect run`.
#include "harness/cli/interruption.hpp"
#include "harness/cli/replay/bisect.hpp"
#include "harness/cli/replay/in_its_world.hpp"
#include "harness/cli/replay/replay_folder.hpp"
#include "harness/cli/stopwatch.hpp"

namespace switchback {
namespace {

int replay_one(const ReplayArguments& arguments) {
  const Stopwatch watch;
  const auto seconds = [&watch] { return watch.seconds(); };
  const Result<Trace> trace = load_trace(arguments.trace);
  if (!trace) return report_error(trace.error());
  const Result<Properties> properties = chosen_properties(arguments.properties);
  if (!properties) return report_error(properties.error());
  Result<std::unique_ptr<Reporting>> reporting =
      Reporting::open(arguments.output, seconds, /*live=*/true);
  if (!reporting) return report_error(reporting.error());
  const InItsWorld how{.arguments = arguments,
                       .properties = *properties,
                       .reporting = reporting->get(),
                       .seconds = seconds};
  if (const Nothing ran = replay_in_its_world(how, arguments.trace, *trace, (*reporting)->events());
      !ran)
    return report_error(ran.error());
  return exit_code_after((*reporting)->finish());
}

}  // namespace

int replay_command(const ReplayArguments& arguments) {
  watch_signals();
  if (arguments.bisect) return bisect(arguments);
  std::error_code ignored;
  return std::filesystem::is_directory(arguments.trace, ignored) ? replay_folder(arguments)
                                                                 : replay_one(arguments);
}

}  // namespace switchback
