// SPDX-License-Identifier: Apache-2.0
// The commands `defects`, which plants them all, one after the other, and tells what found each,
// and `variants`, which lists the sound ones.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "fixtures/variants/changed_system.hpp"
#include "harness/campaign/ordered_workers.hpp"
#include "harness/cli/arguments.hpp"
#include "harness/cli/defects/matrix.hpp"
#include "harness/cli/defects/power_record.hpp"
#include "harness/cli/interruption.hpp"
#include "harness/cli/reporting.hpp"
#include "harness/cli/stopwatch.hpp"
#include "harness/cli/trace_folder.hpp"

namespace switchback {
namespace {

constexpr std::uint64_t kSoundSequences = 1000;
constexpr std::uint64_t kSequencesOfAVariant = 300;

int list_defects() {
  for (const Defect& defect : all_defects())
    fmt::print("{}\n  fault:   {}\n  shows:   {}\n  breaks:  {}\n  real:    {}\n", defect.name,
               defect.fault, defect.trigger, defect.breaks, defect.inspired_by);
  // Told in lines that begin with a space: no property finds them.
  fmt::print("\n  for the watchdog, see docs/watchdogs.md: these break no promise, but the run\n");
  for (const Defect& defect : fatal_defects())
    fmt::print("  {}: {}, when {}\n", defect.name, defect.fault, defect.trigger);
  return kExitHeld;
}

/// Those that were asked for, all if none was.
Result<std::vector<Defect>> chosen_defects(const std::vector<std::string>& names) {
  if (names.empty()) return std::vector<Defect>(all_defects().begin(), all_defects().end());
  std::vector<Defect> chosen;
  for (const std::string& name : names) {
    const auto found = std::find_if(all_defects().begin(), all_defects().end(),
                                    [&](const Defect& defect) { return defect.name == name; });
    if (found == all_defects().end())
      return bad_input(fmt::format("'{}' is no defect that a property finds", name),
                       "choose one of `switchback defects --list`");
    chosen.push_back(*found);
  }
  return chosen;
}

/// As its worlds tell.
std::string declared_words(const Variant& variant) {
  const Result<World> world = simulated_worlds({.variant = &variant})->make(0);
  std::vector<std::string_view> words;
  if (world)
    for (const Declared declared : world->system->capabilities().declared)
      words.push_back(name_of(declared));
  return words.empty() ? "nothing beside its figures" : fmt::format("{}", fmt::join(words, ", "));
}

/// Adds what is said of each sound variant, and prints it.
void try_variants(const DefectsArguments& arguments, TrialOptions options, DefectMatrix& matrix) {
  options.max_sequences = kSequencesOfAVariant;
  if (!arguments.json) fmt::print("{}", variant_heading());
  const std::span<const Variant> all = all_variants();
  in_order<VariantTrial>(
      arguments.jobs, [&](std::uint64_t n) { return n < all.size() && !signal_received(); },
      [&](std::uint64_t n) {
        TrialOptions own = options;
        own.variant = &all[n];
        return VariantTrial{std::string(all[n].name), own.max_sequences, try_sound_service(own)};
      },
      [&](std::uint64_t, const VariantTrial& trial) {
        if (signal_received() != 0) return false;
        if (!arguments.json) fmt::print("{}", variant_line(trial));
        std::fflush(stdout);
        matrix.variants.push_back(trial);
        return true;
      });
}

}  // namespace

int variants_command() {
  for (const Variant& variant : all_variants())
    fmt::print("{}\n  does:       {}\n  documented: {}\n  concerns:   {}\n  declares:   {}\n",
               variant.name, variant.behaviour, variant.documented_by, variant.judged_by,
               declared_words(variant));
  return kExitHeld;
}

int defects_command(const DefectsArguments& arguments) {
  if (arguments.list) return list_defects();
  const Stopwatch watch;
  watch_signals();
  const Result<std::vector<Defect>> defects = chosen_defects(arguments.names);
  if (!defects) return report_error(defects.error());
  if (const Nothing ready = prepare_trace_folder(arguments.trace_folder); !ready)
    return report_error(ready.error());
  TrialOptions options{.tool = kTool,
                       .seed = arguments.seed,
                       .max_sequences = arguments.max_sequences,
                       .trace_folder = arguments.trace_folder,
                       .elapsed_seconds = [&watch] { return watch.seconds(); },
                       .interrupted = [] { return signal_received() != 0; }};
  DefectMatrix matrix{.tool = kTool,
                      .seed = arguments.seed,
                      .max_sequences = arguments.max_sequences,
                      .trials = {},
                      .sound_sequences = kSoundSequences,
                      .accusations = {},
                      .variants = {},
                      .seconds = 0};
  if (!arguments.json) fmt::print("{}", matrix_heading());
  in_order<DefectTrial>(
      arguments.jobs, [&](std::uint64_t n) { return n < defects->size() && !signal_received(); },
      [&](std::uint64_t n) { return try_defect((*defects)[n], options); },
      [&](std::uint64_t, const DefectTrial& trial) {
        if (signal_received() != 0) return false;
        if (!arguments.json) fmt::print("{}", matrix_line(trial));
        std::fflush(stdout);
        matrix.trials.push_back(trial);
        return true;
      });
  options.max_sequences = kSoundSequences;
  if (signal_received() == 0) matrix.accusations = try_sound_service(options);
  try_variants(arguments, options, matrix);
  if (const int signal = signal_received(); signal != 0) return 128 + signal;
  matrix.seconds = watch.seconds();
  if (arguments.names.empty())
    if (const Nothing kept = keep_power({matrix.found(), matrix.trials.size()}); !kept)
      fmt::print(stderr, "switchback: reports will not tell how many were found: {}\n",
                 kept.error().message);
  fmt::print("{}", arguments.json ? matrix_json(matrix) : matrix_ending(matrix));
  return matrix.passed() ? kExitHeld : kExitViolated;
}

}  // namespace switchback
