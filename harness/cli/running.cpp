// SPDX-License-Identifier: Apache-2.0
// See running.hpp.
#include "harness/cli/running.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>

#include <fmt/format.h>

#include "harness/cli/interruption.hpp"

namespace switchback {

Result<Properties> chosen_properties(const std::vector<std::string>& names) {
  Properties all = make_all_properties();
  const auto is_asked_for = [&](const std::unique_ptr<const Property>& property) {
    return std::find(names.begin(), names.end(), property->name()) != names.end();
  };
  for (const std::string& name : names) {
    const auto named = [&](const auto& property) { return property->name() == name; };
    if (std::any_of(all.begin(), all.end(), named)) continue;
    std::string known;
    for (const auto& property : all)
      known += fmt::format(" {}", property->name());
    return bad_input(fmt::format("'{}' is no property", name), "choose from:" + known);
  }
  if (!names.empty()) std::erase_if(all, std::not_fn(is_asked_for));
  return all;
}

int exit_code_after(int code) {
  const int signal = signal_received();
  return signal == 0 ? code : 128 + signal;
}

int worse_of(int one, int other) {
  constexpr std::array kFromWorst = {kExitViolated, kExitSkip, kExitCouldNot, kExitInconclusive};
  for (const int code : kFromWorst)
    if (one == code || other == code) return code;
  return std::max(one, other);
}

WorldArguments world_of(WorldArguments given, const Trace& trace) {
  if (given.system.empty()) given.system = trace.system;
  if (!given.defect) given.defect = trace.defect;
  if (given.defect == "none") given.defect.reset();
  if (!given.variant) given.variant = trace.variant;
  if (given.variant == "none") given.variant.reset();
  return given;
}

Nothing know_stages(WorldFactory& worlds, const Trace& trace, const std::filesystem::path& file) {
  SB_ASSIGN(world, worlds.make(trace.sequence.seed));
  return check_stages(trace, world.system->capabilities(), file.string());
}

WatchdogOptions watched(const ChosenWorld& world, const CampaignOptions& options,
                        std::optional<double> timeout, Reporting* reporting) {
  using Seconds = std::chrono::duration<double>;
  WatchdogOptions watching{.sequence_timeout = timeout ? Seconds(*timeout) : world.sequence_timeout,
                           .trace = {.made_by = options.tool,
                                     .system = world.worlds->name(),
                                     .defect = options.defect,
                                     .variant = options.variant,
                                     .sequence = {},
                                     .violation = {}},
                           .folder = options.trace_folder,
                           .seed = options.seed};
  if (reporting != nullptr)
    watching.end_reports = [reporting](const RunEnded& end) {
      return reporting->finish_early(end);
    };
  return watching;
}

}  // namespace switchback
