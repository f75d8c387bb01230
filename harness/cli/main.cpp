// SPDX-License-Identifier: Apache-2.0
// The program `switchback`: reads the command line and hands over to the command.
#include <algorithm>
#include <map>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "harness/cli/arguments.hpp"
#include "harness/cli/dr/dr_arguments.hpp"
#include "harness/cli/guest_options.hpp"
#include "reports/required_coverage.hpp"

namespace switchback {
namespace {

const std::map<std::string, double> kTimeUnits = {{"s", 1}, {"m", 60}, {"min", 60}, {"h", 3600}};

constexpr const char* kBisect = "--bisect";

void add_world_options(CLI::App& command, WorldArguments& world, bool from_trace) {
  auto* const system = command.add_option(
      "--system", world.system,
      from_trace ? "world to run in: sim or libvirt (default: the trace's own)"
                 : "world to run in: sim (simulated) or libvirt (real QEMU VMs)");
  system->check(CLI::IsMember({"sim", "libvirt"}));
  if (!from_trace) system->capture_default_str();
  command.add_option("--defect", world.defect,
                     from_trace ? "plant this defect; 'none': the sound service (default: the "
                                  "trace's own)"
                                : "plant this defect in the reference service (see: defects)");
  command.add_option("--variant", world.variant,
                     from_trace ? "run this variant of the sound service; 'none': the service as "
                                  "it is (default: the trace's own)"
                                : "run this variant of the sound service (see: variants)");
  command.add_option("--primary", world.primary_uri, "libvirt URI of the primary site");
  command.add_option("--recovery", world.recovery_uri, "libvirt URI of the recovery site");
  command.add_option("--primary-storage", world.primary_storage,
                     "folder for the primary site's volumes");
  command.add_option("--recovery-storage", world.recovery_storage,
                     "folder for the recovery site's volumes");
  command.add_option("--run-folder", world.run_folder,
                     "where runs keep their daemons and manifest (default: $TMPDIR or /var/tmp)");
  add_guest_options(command, world);
}

void add_output_options(CLI::App& command, OutputArguments& output) {
  command.add_option("--log", output.log, "write the event log (NDJSON) to this file");
  command.add_option("--report-junit", output.junit, "write JUnit XML to this file");
  command.add_flag("--json", output.json, "print one JSON summary document on stdout");
  command.add_flag("-q,--quiet", output.quiet, "no progress line, no summary text");
}

void add_properties(CLI::App& command, std::vector<std::string>& properties) {
  command.add_option("--property", properties, "judge these promises only (default: all)")
      ->allow_extra_args(false);
}

void add_sequence_timeout(CLI::App& command, std::optional<double>& seconds) {
  command
      .add_option("--sequence-timeout", seconds,
                  "a sequence that takes longer hangs: its trace is kept, and the run ends with "
                  "exit code 4 (default: 5m; libvirt: 30m)")
      ->transform(CLI::AsNumberWithUnit(kTimeUnits, CLI::AsNumberWithUnit::CASE_SENSITIVE))
      ->check(CLI::PositiveNumber);
}

void add_run(CLI::App& app, RunArguments& run) {
  CLI::App& command = *app.add_subcommand("run", "draw and run random sequences");
  add_world_options(command, run.world, false);
  add_output_options(command, run.output);
  command.add_option("--seed", run.seed, "seed of the campaign (default: a new one each run)");
  command.add_option("--max-time", run.max_seconds, "stop after this time: 60s, 5m, 1h")
      ->transform(CLI::AsNumberWithUnit(kTimeUnits, CLI::AsNumberWithUnit::CASE_SENSITIVE))
      ->check(CLI::PositiveNumber);
  command.add_option("--max-sequences", run.max_sequences, "stop after so many sequences")
      ->check(CLI::PositiveNumber);
  command
      .add_option("--max-failures", run.max_failures,
                  "stop after so many failing sequences; 0: never")
      ->capture_default_str();
  command.add_option("--jobs", run.jobs, "sequences at a time (default: 1; libvirt: 2)")
      ->check(CLI::Range(1U, 256U));
  auto* const profiles =
      command.add_option("--profile", run.profiles, "draw from these mixtures only");
  command
      .add_option("--exhaustive", run.exhaustive,
                  "instead of drawing: every list of so many requests from every state, and each "
                  "walk again with the controller killed at every point where a job is recorded")
      ->check(CLI::Range(1U, 4U))
      ->excludes(profiles);
  command
      .add_option("--require-coverage", run.required_coverage,
                  "exit code 3 if any of this was never seen: " +
                      fmt::format("{}", fmt::join(kCoverageGoals, ", ")))
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(
          CLI::IsMember(std::vector<std::string>(kCoverageGoals.begin(), kCoverageGoals.end())));
  add_properties(command, run.properties);
  add_sequence_timeout(command, run.sequence_timeout);
  command.add_option("--max-steps", run.max_steps, "longest sequence")->check(CLI::PositiveNumber);
  command.add_option("--trace-dir", run.trace_folder, "where traces of violations are kept")
      ->capture_default_str();
  command.add_option("--baseline", run.baseline,
                     "findings that are known and, until a day, do not fail the run; see "
                     "docs/regressions.md");
  command.add_flag("!--no-shrink", run.shrink, "keep failing sequences as they are");
  command.add_flag(
      "!--no-known", run.replay_known,
      "do not replay the findings in --trace-dir first, and do not remove those fixed");
}

void add_replay(CLI::App& app, ReplayArguments& replay) {
  CLI::App& command = *app.add_subcommand("replay", "run the sequence of a trace file again");
  replay.world.system.clear();
  add_world_options(command, replay.world, true);
  add_output_options(command, replay.output);
  command.add_option("trace", replay.trace, "trace file, or a folder of them")->required();
  add_properties(command, replay.properties);
  add_sequence_timeout(command, replay.sequence_timeout);
  command
      .add_flag(
          kBisect, replay.bisect,
          "for `git bisect run`: exit code 1 if the trace's own violation is there, 0 if not, "
          "125 if that can't be told")
      ->excludes("--property")
      ->excludes("--log")
      ->excludes("--report-junit")
      ->excludes("--json");
  command.add_option("--repeat", replay.repeat, "run it so many times")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
}

void add_shrink(CLI::App& app, ShrinkArguments& shrink) {
  CLI::App& command = *app.add_subcommand("shrink", "make the sequence of a trace file shorter");
  shrink.world.system.clear();
  add_world_options(command, shrink.world, true);
  command.add_option("trace", shrink.trace, "trace file")->required();
  command.add_option("-o,--out", shrink.out, "file for the result (default: in place)");
  add_sequence_timeout(command, shrink.sequence_timeout);
  command.add_option("--max-candidates", shrink.max_candidates, "sequences to run at most")
      ->capture_default_str();
}

void add_explain(CLI::App& app, ExplainArguments& explain) {
  CLI::App& command =
      *app.add_subcommand("explain", "run the sequence of a trace file and tell its story");
  command.add_option("trace", explain.trace, "trace file, or a folder of them")->required();
  command.add_option("--defect", explain.defect,
                     "plant this defect; 'none': the sound service (default: the trace's own)");
  command.add_option("--variant", explain.variant,
                     "run this variant of the sound service; 'none': the service as it is "
                     "(default: the trace's own)");
  add_properties(command, explain.properties);
  add_sequence_timeout(command, explain.sequence_timeout);
  command.add_flag("--json", explain.json, "print one JSON document a trace on stdout");
}

void add_export(CLI::App& app, ExportArguments& exported) {
  CLI::App& command =
      *app.add_subcommand("export", "print a trace file in the form of something else");
  command.add_option("trace", exported.trace, "trace file")->required();
  command.add_flag("--gtest", exported.gtest, "as a C++ source file with GoogleTest cases")
      ->required();
}

void add_bench(CLI::App& app, BenchArguments& bench) {
  CLI::App& command = *app.add_subcommand("bench", "measure what Switchback costs on this machine");
  command.add_flag("--quick", bench.quick,
                   "small sizes, a few seconds: that it works, not how fast");
  command
      .add_option("--only", bench.only,
                  "measure this only: steps, profiles, cut-check, sparse, journal or growth")
      ->allow_extra_args(false);
  command.add_option("--seconds", bench.seconds, "for each figure (default: 2; quick: 0.05)")
      ->check(CLI::PositiveNumber);
  command.add_flag("--json", bench.json, "print one JSON document on stdout");
}

void add_defects(CLI::App& app, DefectsArguments& defects) {
  CLI::App& command = *app.add_subcommand(
      "defects", "prove that this build would notice: find every planted defect");
  command.add_option("defect", defects.names, "try these only (default: all)");
  command.add_flag("--list", defects.list, "list what can be planted, and try nothing");
  command.add_option("--seed", defects.seed, "seed of the searches")->capture_default_str();
  command
      .add_option("--max-sequences", defects.max_sequences,
                  "a defect that so many sequences do not find has survived")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command.add_option("--jobs", defects.jobs, "defects at a time")
      ->capture_default_str()
      ->check(CLI::Range(1U, 256U));
  command.add_option("--trace-dir", defects.trace_folder, "where their traces are kept")
      ->capture_default_str();
  command.add_flag("--json", defects.json, "print one JSON document on stdout");
}

int dispatch(int argc, char** argv) {
  CLI::App app{"Switchback: property-based verification of disaster recovery for VMs"};
  app.set_version_flag("--version", kTool);
  app.require_subcommand(1);

  RunArguments run;
  add_run(app, run);
  ReplayArguments replay;
  add_replay(app, replay);
  ShrinkArguments shrink;
  add_shrink(app, shrink);
  ExplainArguments explain;
  add_explain(app, explain);
  ExportArguments exported;
  add_export(app, exported);
  CleanArguments clean;
  CLI::App& clean_app = *app.add_subcommand("clean", "remove what killed runs left behind");
  clean_app.add_option("--run-folder", clean.run_folder,
                       "where runs keep their manifest (default: $TMPDIR or /var/tmp)");
  clean_app.add_flag("--json", clean.json, "print what was removed as JSON");
  std::string format = "table";
  app.add_subcommand("lifecycle", "print the lifecycle that is verified")
      ->add_option("--format", format, "table, markdown or mermaid")
      ->check(CLI::IsMember({"table", "markdown", "mermaid"}))
      ->capture_default_str();
  DrArguments dr;
  add_dr(app, dr);
  BenchArguments bench;
  add_bench(app, bench);
  DefectsArguments defects;
  add_defects(app, defects);
  app.add_subcommand("variants", "list the sound variants of the reference service");

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    app.exit(error);
    // To `git bisect run` any other code would say that the revision is bad.
    const bool bisects = std::any_of(
        argv, argv + argc, [](const char* word) { return std::string_view(word) == kBisect; });
    return bisects ? kExitSkip : kExitCouldNot;
  }
  const CLI::App* const chosen = app.get_subcommands().front();
  if (chosen->get_name() == "run") return run_command(run);
  if (chosen->get_name() == "replay") return replay_command(replay);
  if (chosen->get_name() == "shrink") return shrink_command(shrink);
  if (chosen->get_name() == "explain") return explain_command(explain);
  if (chosen->get_name() == "export") return export_command(exported);
  if (chosen->get_name() == "clean") return clean_command(clean);
  if (chosen->get_name() == "dr") return dr_command(app, dr);
  if (chosen->get_name() == "bench") return bench_command(bench);
  if (chosen->get_name() == "defects") return defects_command(defects);
  if (chosen->get_name() == "variants") return variants_command();
  return lifecycle_command(format);
}

}  // namespace
}  // namespace switchback

int main(int argc, char** argv) {
  return switchback::dispatch(argc, argv);
}
