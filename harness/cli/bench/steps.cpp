// SPDX-License-Identifier: Apache-2.0
// Steps a second on one core, beside what other libraries need for a model that does nothing.
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "fixtures/bench/campaign_steps.hpp"
#include "fixtures/bench/empty_model.hpp"
#include "harness/cli/bench/processor_time.hpp"
#include "harness/cli/bench/sections.hpp"
#include "harness/cli/stopwatch.hpp"
#include "harness/sequence/profile.hpp"
#include "vms/hosts/libvirt/process.hpp"

namespace switchback {
namespace {

constexpr const char* kEmptyLoop = "RapidCheck, an empty rc::state loop";

BenchRow campaign_row(std::string name, std::string_view profile, const BenchEffort& effort) {
  const Stopwatch watch;
  const ProcessorTime spent;
  const CampaignCount count =
      run_sound_campaign({.profile = profile,
                          .seed = 1,
                          .sequences = {},
                          .seconds = effort.seconds,
                          .elapsed_seconds = [&watch] { return watch.seconds(); }});
  return {.name = std::move(name),
          .value = static_cast<double>(count.steps) / spent.seconds(),
          .unit = "steps/s",
          .ratio = {},
          .note = fmt::format("{} sequences", count.sequences)};
}

BenchRow rapidcheck_row(const BenchEffort& effort) {
  const Stopwatch watch;
  const ProcessorTime spent;
  std::uint64_t commands = 0;
  for (std::uint64_t seed = 1; commands == 0 || watch.seconds() < effort.seconds; ++seed)
    commands += run_empty_model(100, seed);
  return {.name = kEmptyLoop,
          .value = static_cast<double>(commands) / spent.seconds(),
          .unit = "steps/s",
          .ratio = {},
          .note = "commands that do nothing"};
}

/// Runs a script by the first of these interpreters that has what the script needs.
BenchRow library_row(const std::string& name, const std::vector<std::vector<std::string>>& commands,
                     const BenchEffort& effort) {
  BenchRow row{.name = name, .value = {}, .unit = "steps/s", .ratio = {}, .note = "not installed"};
  for (std::vector<std::string> command : commands) {
    command.push_back(fmt::format("{}", effort.seconds));
    const auto deadline = std::chrono::seconds(60 + std::llround(effort.seconds));
    const auto said = libvirt::run_program("bench", command, deadline);
    if (!said) continue;
    const auto json = nlohmann::json::parse(*said, nullptr, false);
    if (!json.is_object() || json.value("seconds", 0.0) <= 0) continue;
    row.value = json.value("commands", 0.0) / json.value("seconds", 0.0);
    row.note = "version " + json.value("version", std::string("unknown"));
    break;
  }
  return row;
}

}  // namespace

Result<BenchSection> measure_steps(const BenchEffort& effort) {
  BenchSection section{
      .name = "steps", .title = "Steps a second on one core", .yardstick = kEmptyLoop, .rows = {}};
  section.rows.push_back(campaign_row("Switchback, all properties on", "", effort));
  section.rows.push_back(rapidcheck_row(effort));
  const std::string hypothesis(kHypothesisScript);
  section.rows.push_back(
      library_row("Hypothesis, the same",
                  {{"python3", "-c", hypothesis}, {"/usr/bin/python3", "-c", hypothesis}}, effort));
  section.rows.push_back(
      library_row("fast-check, the same", {{"node", "-e", std::string(kFastCheckScript)}}, effort));
  section.compare();
  return section;
}

Result<BenchSection> measure_profiles(const BenchEffort& effort) {
  BenchSection section{.name = "profiles",
                       .title = "Steps a second on one core, by profile, all properties on",
                       .yardstick = {},
                       .rows = {}};
  for (const Profile& profile : profiles())
    section.rows.push_back(campaign_row(std::string(profile.name), profile.name, effort));
  return section;
}

}  // namespace switchback
