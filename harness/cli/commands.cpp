// SPDX-License-Identifier: Apache-2.0
// The commands run and shrink.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "harness/campaign/baseline_file.hpp"
#include "harness/campaign/campaign.hpp"
#include "harness/campaign/crash_points.hpp"
#include "harness/cli/arguments.hpp"
#include "harness/cli/findings/known_findings.hpp"
#include "harness/cli/interruption.hpp"
#include "harness/cli/reporting.hpp"
#include "harness/cli/running.hpp"
#include "harness/cli/stopwatch.hpp"
#include "harness/cli/trace_folder.hpp"
#include "harness/cli/watchdog.hpp"
#include "harness/cli/worlds.hpp"
#include "harness/events/baseline.hpp"
#include "reports/event_line.hpp"
#include "reports/text.hpp"

namespace switchback {
namespace {

/// Enough to tell what fails now and then; each takes as long as the one that failed.
constexpr std::uint64_t kFurtherRunsOnRealHosts = 3;

/// A new seed that people can type.
std::uint64_t new_seed() {
  return std::random_device{}() & 0x7fffffffU;
}

Result<std::vector<Profile>> chosen_profiles(const std::vector<std::string>& names) {
  if (names.empty()) return std::vector<Profile>(profiles().begin(), profiles().end());
  std::vector<Profile> chosen;
  for (const std::string& name : names) {
    const std::optional<Profile> profile = profile_named(name);
    if (!profile) {
      std::string known;
      for (const Profile& one : profiles())
        known += fmt::format(" {}", one.name);
      return bad_input(fmt::format("'{}' is no profile", name), "choose from:" + known);
    }
    chosen.push_back(*profile);
  }
  return chosen;
}

/// What `--exhaustive` runs.
struct Exhaustive {
  std::unique_ptr<const Enumeration> enumeration;
  std::unique_ptr<const CrashPoints> all;
};

Result<Exhaustive> every_sequence(WorldFactory& worlds, unsigned depth, SequenceWatch& watch) {
  SB_ASSIGN(world, worlds.make(0));
  Exhaustive every;
  every.enumeration = std::make_unique<Enumeration>(world.system->capabilities(), depth);
  SB_ASSIGN(all, CrashPoints::find(worlds, *every.enumeration, &watch));
  every.all = std::make_unique<CrashPoints>(std::move(all));
  return every;
}

/// As many as --max-sequences says, and until the time is up if that is limited.
void take_all_of(const Exhaustive& every, bool timed, CampaignOptions& options) {
  const CrashPoints& all = *every.all;
  options.sequence_at = [&all](std::uint64_t index) { return all.at(index); };
  options.max_sequences = std::min(options.max_sequences.value_or(all.count()), all.count());
  if (!timed) options.max_seconds.reset();
  options.notes.push_back(
      fmt::format("exhaustive: {} lists of requests, {} walks with a killed controller",
                  every.enumeration->count(), all.crash_count()));
}

/// Without these words the same seed would draw or judge something else.
std::vector<std::string> words_of(const RunArguments& arguments) {
  std::vector<std::string> words;
  const auto add = [&](const char* option, const std::string& value) {
    words.insert(words.end(), {option, value});
  };
  if (arguments.world.guest != "none") add("--guest", arguments.world.guest);
  for (const std::string& profile : arguments.profiles)
    add("--profile", profile);
  for (const std::string& property : arguments.properties)
    add("--property", property);
  for (const std::string& goal : arguments.required_coverage)
    add("--require-coverage", goal);
  if (arguments.exhaustive) add("--exhaustive", fmt::format("{}", *arguments.exhaustive));
  if (arguments.max_steps) add("--max-steps", fmt::format("{}", *arguments.max_steps));
  return words;
}

/// Standard output is the JSON document's alone.
std::FILE* told_on(const OutputArguments& output) {
  if (output.quiet) return nullptr;
  return output.json ? stderr : stdout;
}

Result<std::vector<BaselineEntry>> baseline_of(const RunArguments& arguments) {
  if (!arguments.baseline) return std::vector<BaselineEntry>();
  const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  return load_baseline(*arguments.baseline, today);
}

/// The exit code of a run that came to `code`, beside findings that are still there.
int with_known(int code, std::vector<KnownFinding> known,
               const std::vector<BaselineEntry>& baseline, std::FILE* out) {
  std::erase_if(known, [&](const KnownFinding& one) {
    return is_accepted(baseline, one.property, one.kind);
  });
  if (known.empty()) return code;
  if (out != nullptr)
    fmt::print(out, "known: {} still there, so the exit code is {}\n",
               counted(known.size(), "finding"), kExitViolated);
  return worse_of(code, kExitViolated);
}

}  // namespace

int run_command(const RunArguments& arguments) {
  const Stopwatch watch;
  watch_signals();
  const Result<std::vector<Profile>> profiles = chosen_profiles(arguments.profiles);
  if (!profiles) return report_error(profiles.error());
  const Result<Properties> properties = chosen_properties(arguments.properties);
  if (!properties) return report_error(properties.error());
  const Result<std::vector<BaselineEntry>> baseline = baseline_of(arguments);
  if (!baseline) return report_error(baseline.error());
  if (const Nothing ready = prepare_trace_folder(arguments.trace_folder); !ready)
    return report_error(ready.error());
  Result<std::unique_ptr<Reporting>> reporting = Reporting::open(
      arguments.output, [&watch] { return watch.seconds(); }, arguments.world.system != "sim");
  if (!reporting) return report_error(reporting.error());
  // Before there is a world of the run's own: two at a time may be more than real hosts can carry.
  std::vector<KnownFinding> known;
  if (arguments.replay_known)
    known = replay_known_findings(arguments, **reporting, told_on(arguments.output));
  Result<ChosenWorld> world = choose_world(arguments.world);
  if (!world) return report_error(world.error());

  CampaignOptions options;
  options.known = known;
  options.tool = kTool;
  options.seed = arguments.seed.value_or(new_seed());
  options.max_sequences = arguments.max_sequences;
  options.max_seconds = arguments.max_seconds;
  if (!options.max_sequences && !options.max_seconds) options.max_seconds = 60;
  options.max_failures = arguments.max_failures;
  options.jobs = arguments.jobs.value_or(world->default_jobs);
  options.profiles = *profiles;
  if (!world->worlds->deterministic())
    for (Profile& profile : options.profiles)
      profile.weight = profile.slow_weight;
  options.limits = world->limits;
  if (arguments.max_steps) options.limits.steps_max = *arguments.max_steps;
  options.defect = arguments.world.defect;
  options.variant = arguments.world.variant;
  options.notes = world->notes;
  options.baseline = *baseline;
  if (!world->worlds->deterministic()) options.further_runs = kFurtherRunsOnRealHosts;
  options.required_coverage = arguments.required_coverage;
  options.arguments = words_of(arguments);
  options.line_of = event_line;
  options.shrink = arguments.shrink;
  options.shrink_world = world->shrink_world.get();
  options.trace_folder = arguments.trace_folder;
  options.elapsed_seconds = [&watch] { return watch.seconds(); };
  options.interrupted = [] { return signal_received() != 0; };
  Watchdog watchdog(watched(*world, options, arguments.sequence_timeout, reporting->get()));
  options.watch = &watchdog;
  std::optional<Exhaustive> exhaustive;
  if (arguments.exhaustive) {
    Result<Exhaustive> found = every_sequence(*world->worlds, *arguments.exhaustive, watchdog);
    if (!found) return report_error(found.error());
    exhaustive = std::move(*found);
    take_all_of(*exhaustive, arguments.max_seconds.has_value(), options);
  }
  run_campaign(*world->worlds, *properties, options, (*reporting)->events());
  world->worlds.reset();  // daemons and folders go before the verdict is told
  std::error_code not_empty;
  std::filesystem::remove(arguments.trace_folder, not_empty);
  const int code = (*reporting)->finish();
  return exit_code_after(with_known(code, known, *baseline, told_on(arguments.output)));
}

int shrink_command(const ShrinkArguments& arguments) {
  watch_signals();
  const Result<Trace> trace = load_trace(arguments.trace);
  if (!trace) return report_error(trace.error());
  if (!trace->violation)
    return report_error({ErrorKind::bad_input,
                         fmt::format("{} names no violation to keep", arguments.trace.string()),
                         "replay it first, or take a trace that a run has kept"});
  // No other promise may end the sequence before the one that is to stay broken.
  const Result<Properties> properties = chosen_properties({trace->violation->property});
  if (!properties) return report_error(properties.error());
  const WorldArguments where = world_of(arguments.world, *trace);
  Result<ChosenWorld> world = choose_world(where);
  if (!world) return report_error(world.error());

  CampaignOptions options;
  options.tool = kTool;
  options.seed = trace->sequence.seed;
  options.defect = where.defect;
  options.variant = where.variant;
  options.shrink_budget.max_candidates = arguments.max_candidates;
  options.shrink_world = world->shrink_world.get();
  options.elapsed_seconds = [] { return 0.0; };
  options.interrupted = [] { return signal_received() != 0; };
  if (const Nothing known = know_stages(*world->worlds, *trace, arguments.trace); !known)
    return report_error(known.error());
  const std::filesystem::path out = arguments.out.empty() ? arguments.trace : arguments.out;
  options.trace_folder = out.parent_path();
  Watchdog watchdog(watched(*world, options, arguments.sequence_timeout, nullptr));
  options.watch = &watchdog;
  const ExpectedViolation& expected = *trace->violation;
  const Violation violation{expected.property, expected.kind, expected.summary};
  const std::optional<FoundViolation> breaks =
      reproduces(*world->worlds, *properties, options, trace->sequence, violation);
  if (!breaks) {
    fmt::print(stderr, "switchback: {} does not break {} here ({}); nothing was written\n",
               arguments.trace.string(), expected.property, expected.kind);
    return kExitInconclusive;
  }
  const Result<std::optional<KeptFinding>> kept = shrink_and_keep(
      *world->worlds, *properties, options, trace->sequence, breaks->violation, breaks->step, out);
  if (!kept) return report_error(kept.error());
  const std::size_t before = trace->sequence.steps.size();
  const std::size_t after = *kept ? (*kept)->shrunk.smallest.steps.size() : before;
  fmt::print("{} steps became {}, after {} sequences: {}\n", before, after,
             *kept ? (*kept)->shrunk.candidates : 0, out.string());
  if (*kept)
    for (const Step& step : (*kept)->shrunk.smallest.steps)
      fmt::print("  {}\n", describe(step));
  return exit_code_after(kExitHeld);
}

}  // namespace switchback
