// SPDX-License-Identifier: Apache-2.0
// See in_its_world.hpp.
#include "harness/cli/replay/in_its_world.hpp"

#include "harness/cli/interruption.hpp"
#include "harness/cli/stopwatch.hpp"

namespace switchback {

Nothing replay_in_its_world(const InItsWorld& how, const std::filesystem::path& file,
                            const Trace& trace, EventSink& events) {
  const ReplayArguments& arguments = how.arguments;
  const WorldArguments where = world_of(arguments.world, trace);
  SB_ASSIGN(world, choose_world(where));
  CampaignOptions options;
  options.tool = kTool;
  options.seed = trace.sequence.seed;
  options.defect = where.defect;
  options.variant = where.variant;
  options.notes = world.notes;
  options.elapsed_seconds = how.seconds;
  options.interrupted = [] { return signal_received() != 0; };
  SB_TRY(know_stages(*world.worlds, trace, file));
  WatchdogOptions watching = watched(world, options, arguments.sequence_timeout, how.reporting);
  watching.existing = file;
  if (arguments.bisect) watching.exit_code = kExitSkip;
  Watchdog watchdog(std::move(watching));
  options.watch = &watchdog;
  replay(*world.worlds, how.properties, options, trace.sequence, arguments.repeat, events);
  world.worlds.reset();  // daemons and folders go before the verdict is told
  return {};
}

Result<SummaryData> summary_of_replay(const ReplayArguments& arguments,
                                      const Properties& properties, Reporting* reporting,
                                      const std::filesystem::path& file, const Trace& trace) {
  const Stopwatch watch;
  Summary summary;
  const InItsWorld how{.arguments = arguments,
                       .properties = properties,
                       .reporting = reporting,
                       .seconds = [&watch] { return watch.seconds(); }};
  SB_TRY(replay_in_its_world(how, file, trace, summary));
  return summary.data();
}

}  // namespace switchback
