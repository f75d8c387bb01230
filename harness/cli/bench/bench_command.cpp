// SPDX-License-Identifier: Apache-2.0
// The command `bench`: section by section, each told as soon as it is measured.
#include <algorithm>
#include <cstdio>
#include <thread>

#include <fmt/core.h>

#include "harness/cli/arguments.hpp"
#include "harness/cli/bench/sections.hpp"
#include "harness/cli/interruption.hpp"
#include "harness/cli/reporting.hpp"
#include "harness/cli/stopwatch.hpp"

namespace switchback {
namespace {

/// Those that were asked for, in the order of the list; all if none was.
Result<std::vector<BenchChoice>> chosen_sections(const std::vector<std::string>& names) {
  std::string known;
  for (const BenchChoice& choice : kBenchChoices)
    known += fmt::format(" {}", choice.name);
  for (const std::string& name : names)
    if (std::none_of(kBenchChoices.begin(), kBenchChoices.end(),
                     [&](const BenchChoice& choice) { return choice.name == name; }))
      return bad_input(fmt::format("'{}' is nothing that is measured", name),
                       "choose from:" + known);
  std::vector<BenchChoice> chosen;
  for (const BenchChoice& choice : kBenchChoices)
    if (names.empty() || std::find(names.begin(), names.end(), choice.name) != names.end())
      chosen.push_back(choice);
  return chosen;
}

}  // namespace

int bench_command(const BenchArguments& arguments) {
  const Stopwatch watch;
  watch_signals();
  const Result<std::vector<BenchChoice>> chosen = chosen_sections(arguments.only);
  if (!chosen) return report_error(chosen.error());
  const BenchEffort effort{.seconds = arguments.seconds.value_or(arguments.quick ? 0.05 : 2),
                           .quick = arguments.quick,
                           .interrupted = [] { return signal_received() != 0; }};
  BenchReport report{.tool = kTool,
                     .processors = std::thread::hardware_concurrency(),
                     .seconds = 0,
                     .sections = {}};
  for (const BenchChoice& choice : *chosen) {
    const Result<BenchSection> section = choice.measure(effort);
    if (const int signal = signal_received(); signal != 0) return 128 + signal;
    if (!section) return report_error(section.error());
    if (!arguments.json) fmt::print("{}", bench_text(*section));
    std::fflush(stdout);
    report.sections.push_back(*section);
  }
  report.seconds = watch.seconds();
  if (arguments.json)
    fmt::print("{}", bench_json(report));
  else
    fmt::print("{} processors, one used; {:.0f} s\n", report.processors, report.seconds);
  return kExitHeld;
}

}  // namespace switchback
