// SPDX-License-Identifier: Apache-2.0
// See explain.hpp.
#include "harness/cli/explain/explain.hpp"

#include <algorithm>
#include <variant>

#include "harness/cli/explain/chronicler.hpp"
#include "harness/events/tee.hpp"

namespace switchback {
namespace {

bool is_expected(const Trace& trace, const ToldViolation& violation) {
  return trace.violation && trace.violation->property == violation.property &&
         trace.violation->kind == violation.kind;
}

std::vector<BrokenPromise> broken_promises(const Chronicle& chronicle, const Trace& trace,
                                           const Properties& properties) {
  std::vector<BrokenPromise> broken;
  for (const Happening& happening : chronicle.happenings) {
    const auto* const violation = std::get_if<ToldViolation>(&happening.what);
    if (violation == nullptr) continue;
    BrokenPromise one{.violation = *violation, .promise = {}, .source = {}, .step = happening.step};
    for (const auto& property : properties) {
      if (property->name() != violation->property) continue;
      one.promise = property->promise();
      one.source = property->source();
    }
    broken.push_back(std::move(one));
  }
  std::stable_partition(broken.begin(), broken.end(), [&](const BrokenPromise& one) {
    return is_expected(trace, one.violation);
  });
  return broken;
}

std::vector<bool> steps_run(const Chronicle& chronicle, std::size_t steps) {
  std::vector<bool> run(steps, false);
  for (const Happening& happening : chronicle.happenings)
    if (std::holds_alternative<ToldStep>(happening.what)) run[happening.step] = true;
  return run;
}

std::vector<Need> needs_of(WorldFactory& worlds, const Properties& properties,
                           const CampaignOptions& options, const Story& story) {
  const Sequence& sequence = story.trace.sequence;
  std::vector<Need> needs(sequence.steps.size(), Need::untried);
  if (story.broken.empty()) return needs;
  const ToldViolation& told = story.broken.front().violation;
  const Violation violation{told.property, told.kind, told.message};
  const std::vector<bool> run = steps_run(story.chronicle, needs.size());
  for (std::size_t step = 0; step < needs.size(); ++step) {
    if (!run[step]) needs[step] = Need::never_ran;
    if (!run[step] || needs.size() > kMostStepsLeftOut || options.interrupted()) continue;
    Sequence without = sequence;
    without.steps.erase(without.steps.begin() + static_cast<std::ptrdiff_t>(step));
    const bool still = !without.steps.empty() &&
                       reproduces(worlds, properties, options, without, violation).has_value();
    if (!options.interrupted()) needs[step] = still ? Need::spared : Need::needed;
  }
  return needs;
}

}  // namespace

std::string_view name_of(Need need) {
  switch (need) {
    case Need::needed:
      return "needed";
    case Need::spared:
      return "not needed";
    case Need::never_ran:
      return "never ran";
    case Need::untried:
      return "not tried";
  }
  return "";
}

Story explain(WorldFactory& worlds, Properties properties, const CampaignOptions& options,
              const std::string& file, const Trace& trace) {
  Story story{.file = file,
              .trace = trace,
              .chronicle = {},
              .verdict = {},
              .promises_judged = 0,
              .broken = {},
              .needs = {}};
  story.trace.defect = options.defect;
  story.trace.variant = options.variant;
  Chronicler chronicler(story.trace.sequence);
  properties.push_back(chronicler.onlooker());
  Summary summary;
  Tee events;
  events.add(chronicler);
  events.add(summary);
  const std::unique_ptr<WorldFactory> told = chronicler.told_worlds(worlds);
  replay(*told, properties, options, story.trace.sequence, 1, events);
  properties.pop_back();

  const SummaryData data = summary.data();
  story.chronicle = chronicler.chronicle();
  story.verdict = data.verdict();
  story.promises_judged = static_cast<std::uint64_t>(
      std::count_if(data.properties.begin(), data.properties.end(),
                    [](const JudgedProperty& property) { return property.judged > 0; }));
  story.broken = broken_promises(story.chronicle, trace, properties);
  story.needs = needs_of(worlds, properties, options, story);
  return story;
}

}  // namespace switchback
