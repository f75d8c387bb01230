// SPDX-License-Identifier: Apache-2.0
// See campaign.hpp.
#include "harness/campaign/campaign.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "harness/campaign/campaign_run.hpp"
#include "harness/campaign/epochs.hpp"
#include "harness/campaign/ordered_workers.hpp"
#include "harness/campaign/repeated_runs.hpp"
#include "harness/campaign/rerun.hpp"
#include "harness/events/baseline.hpp"
#include "harness/events/tee.hpp"

namespace switchback {
namespace {

/// Of every so many sequences one notes the calls of its jobs: most make the same.
constexpr std::uint64_t kNotesCalls = 8;

using Properties = std::vector<std::unique_ptr<const Property>>;

Trace trace_of(const WorldFactory& worlds, const CampaignOptions& options, const Sequence& sequence,
               const Violation& violation, std::size_t step) {
  return {
      .made_by = options.tool,
      .system = worlds.name(),
      .defect = options.defect,
      .variant = options.variant,
      .sequence = sequence,
      .violation = ExpectedViolation{violation.property, violation.kind, step, violation.message}};
}

void announce_run(WorldFactory& worlds, const Properties& properties,
                  const CampaignOptions& options, const Capabilities& capabilities,
                  EventSink& events) {
  RunStarted started{.tool = options.tool,
                     .world = worlds.name(),
                     .system = capabilities.system,
                     .defect = options.defect,
                     .variant = options.variant,
                     .declared = {},
                     .seed = options.seed,
                     .properties = {},
                     .operations = {},
                     .missing_operations = {},
                     .notes = options.notes,
                     .stages = {},
                     .faults = {},
                     .required_coverage = options.required_coverage,
                     .arguments = options.arguments,
                     .baseline = options.baseline};
  for (const auto& property : properties)
    started.properties.push_back({std::string(property->name()), std::string(property->promise()),
                                  std::string(property->source())});
  for (const Operation operation : kAllOperations) {
    const bool offered = capabilities.find(operation) != nullptr;
    (offered ? started.operations : started.missing_operations).emplace_back(name_of(operation));
  }
  for (const StageList& list : capabilities.operations) {
    const std::string operation(name_of(list.operation));
    for (const std::string& stage : list.stages)
      started.stages.push_back({operation, stage});
    if (!list.undo.empty()) started.stages.push_back({operation, list.undo});
  }
  for (const Declared declared : capabilities.declared)
    started.declared.emplace_back(name_of(declared));
  for (const FaultKind kind : capabilities.faults)
    started.faults.emplace_back(name_of(kind));
  events.on(started);
}

/// A campaign in progress, on the thread that collects results.
class Collector {
 public:
  Collector(WorldFactory& worlds, const Properties& properties, const CampaignOptions& options,
            EventSink& events)
      : worlds_(worlds), properties_(properties), options_(options), events_(events) {}

  /// Passes on what a sequence did; false ends the campaign.
  bool take(std::uint64_t index, const CampaignRun& run) {
    run.tell(index, events_);
    if (run.repeated) events_.on(*run.repeated);
    if (run.result.error && ++errors_ >= kMostErrors) {
      stopped_by_ = "error";
      error_ = run.result.error->message;
      return false;
    }
    const FoundViolation* const violated = unaccepted(run.result.violations);
    if (violated != nullptr) keep(index, run, *violated);
    if (violated != nullptr || (run.repeated && !run.repeated->same)) {
      ++failures_;
      if (options_.max_failures != 0 && failures_ >= options_.max_failures) {
        stopped_by_ = "failures";
        return false;
      }
    }
    return true;
  }

  [[nodiscard]] RunEnded ending() const {
    if (!stopped_by_.empty()) return {stopped_by_, error_};
    if (options_.interrupted && options_.interrupted()) return {"signal", {}};
    if (options_.max_seconds && options_.elapsed_seconds() >= *options_.max_seconds)
      return {"time", {}};
    return {"sequences", {}};
  }

 private:
  /// An environment that fails this often in one run is not worth going on with.
  static constexpr unsigned kMostErrors = 5;

  /// The first that the baseline does not accept, if any.
  [[nodiscard]] const FoundViolation* unaccepted(const std::vector<FoundViolation>& all) const {
    const auto found = std::find_if(all.begin(), all.end(), [&](const FoundViolation& one) {
      return !is_accepted(options_.baseline, one.violation.property, one.violation.kind);
    });
    return found == all.end() ? nullptr : &*found;
  }

  /// How often the same sequence breaks the promise, this time included.
  void run_again(std::uint64_t index, const CampaignRun& run, const Violation& violation) {
    RepeatedRuns runs(violation.property, violation.kind);
    WayOfRun first;
    run.tell(index, first);
    runs.add(std::move(first));
    const double until = options_.elapsed_seconds() + options_.shrink_seconds;
    for (std::uint64_t n = 0; n < options_.further_runs; ++n) {
      if (options_.elapsed_seconds() >= until) break;
      WayOfRun again;
      run_drawn(worlds_, properties_, options_, run.drawn, index, {}).tell(index, again);
      if (options_.interrupted && options_.interrupted()) break;  // it may not be whole
      runs.add(std::move(again));
    }
    if (const auto repeated = runs.result()) events_.on(*repeated);
  }

  /// Each finding is shrunk and kept once, by its identity.
  void keep(std::uint64_t index, const CampaignRun& run, const FoundViolation& found) {
    const Violation& violation = found.violation;
    if (!kept_.insert({violation.property, violation.kind}).second) return;
    if (options_.further_runs > 0) run_again(index, run, violation);
    const std::filesystem::path draft =
        options_.trace_folder /
        fmt::format("{}-{}-{}-{}.json", violation.property, violation.kind, options_.seed, index);
    ViolationKept event{.sequence = index,
                        .property = violation.property,
                        .kind = violation.kind,
                        .message = violation.message,
                        .trace_file = draft.string(),
                        .steps_before = run.drawn.sequence.steps.size(),
                        .steps = run.drawn.sequence.steps.size(),
                        .candidates = 0,
                        .story = {}};
    Sequence smallest = run.drawn.sequence;
    const Result<std::optional<KeptFinding>> kept = shrink_and_keep(
        worlds_, properties_, options_, run.drawn.sequence, violation, found.step, draft);
    if (!kept) {
      event.trace_file.clear();
      event.message += "; the trace could not be kept: " + kept.error().message;
    } else if (*kept) {
      smallest = (*kept)->shrunk.smallest;
      event.candidates = (*kept)->shrunk.candidates;
      event.message = (*kept)->violation.message;
    }
    event.steps = smallest.steps.size();
    if (kept)
      event.trace_file =
          keep_once(draft, event.steps, violation,
                    {worlds_.name(), options_.defect, options_.variant}, options_.known)
              .string();
    for (const Step& step : smallest.steps)
      event.story.push_back(describe(step));
    events_.on(event);
  }

  WorldFactory& worlds_;
  const Properties& properties_;
  const CampaignOptions& options_;
  EventSink& events_;
  std::set<std::pair<std::string, std::string>> kept_;
  std::uint64_t failures_ = 0;
  unsigned errors_ = 0;
  std::string stopped_by_;
  std::string error_;
};

/// What a world has to offer.
struct Offer {
  Capabilities capabilities;
  std::vector<Edit> edits;
  bool trims = false;
};

/// By one that is gone again when this returns: a world may occupy two sites.
Result<Offer> offer_of(WorldFactory& worlds, std::uint64_t seed) {
  SB_ASSIGN(world, worlds.make(seed));
  return Offer{.capabilities = world.system->capabilities(),
               .edits = world.laboratory->edits(),
               .trims = world.laboratory->trims()};
}

}  // namespace

void run_campaign(WorldFactory& worlds, const Properties& properties,
                  const CampaignOptions& options, EventSink& events) {
  const Result<Offer> offer = offer_of(worlds, options.seed);
  if (!offer) {
    announce_run(worlds, properties, options, {}, events);
    events.on(RunEnded{"error", offer.error().message + " (" + offer.error().remedy + ")"});
    return;
  }
  announce_run(worlds, properties, options, offer->capabilities, events);
  Epochs epochs({.capabilities = offer->capabilities,
                 .limits = options.limits,
                 .profiles = options.profiles,
                 .edits = offer->edits,
                 .trims = offer->trims},
                options.seed);

  const auto sequence_at = [&](std::uint64_t index) -> DrawnSequence {
    if (options.sequence_at) return {options.sequence_at(index), "exhaustive"};
    return epochs.draw(index);
  };
  const auto may_start = [&](std::uint64_t index) {
    if (options.max_sequences && index >= *options.max_sequences) return false;
    if (options.max_seconds && options.elapsed_seconds() >= *options.max_seconds) return false;
    return !(options.interrupted && options.interrupted());
  };
  const auto work = [&](std::uint64_t index) {
    const bool twice =
        options.line_of && worlds.deterministic() && is_run_twice(options.seed, index);
    const auto run_it = [&] {
      return run_drawn(worlds, properties, options, sequence_at(index), index,
                       {.steps = twice || events.reads_steps(),
                        .digest_state = twice,
                        .calls = index % kNotesCalls == 0});
    };
    CampaignRun run = run_it();
    if (!twice) return run;
    const CampaignRun again = run_it();
    if (!(options.interrupted && options.interrupted()))  // else neither may be whole
      run.repeated = compare(index, run, again, options.line_of);
    return run;
  };
  Collector collector(worlds, properties, options, events);
  in_order<CampaignRun>(options.jobs, may_start, work,
                        [&](std::uint64_t index, const CampaignRun& run) {
                          if (!options.sequence_at) epochs.take(index, run);
                          return collector.take(index, run);
                        });
  events.on(collector.ending());
}

void replay(WorldFactory& worlds, const Properties& properties, const CampaignOptions& options,
            const Sequence& sequence, std::uint64_t repeat, EventSink& events) {
  const Result<Offer> offer = offer_of(worlds, sequence.seed);
  announce_run(worlds, properties, options, offer ? offer->capabilities : Capabilities{}, events);
  if (!offer) {
    events.on(RunEnded{"error", offer.error().message + " (" + offer.error().remedy + ")"});
    return;
  }
  const DrawnSequence drawn{sequence, "replay"};
  RepeatedRuns runs;
  for (std::uint64_t index = 0; index < repeat; ++index) {
    WayOfRun way;
    Tee told;
    told.add(events);
    told.add(way);
    told.on(start_of(drawn, index));
    const SequenceResult result = [&] {
      const WatchedSequence watched(options.watch, index, sequence);
      return run_in_fresh_world(worlds, properties, options, sequence, index, told);
    }();
    told.on(end_of(result, index));
    runs.add(std::move(way));
  }
  if (const auto repeated = runs.result(); repeated && repeat > 1) events.on(*repeated);
  events.on(RunEnded{"sequences", {}});
}

std::optional<FoundViolation> reproduces(WorldFactory& worlds, const Properties& properties,
                                         const CampaignOptions& options, const Sequence& sequence,
                                         const Violation& violation) {
  NoEvents nobody;
  const WatchedSequence watched(options.watch, std::nullopt, sequence);
  const SequenceResult result =
      run_in_fresh_world(worlds, properties, options, sequence, 0, nobody);
  for (const FoundViolation& found : result.violations)
    if (found.violation.property == violation.property && found.violation.kind == violation.kind)
      return found;
  return std::nullopt;
}

Result<std::optional<KeptFinding>> shrink_and_keep(
    WorldFactory& worlds, const Properties& properties, const CampaignOptions& options,
    const Sequence& sequence, const Violation& violation, std::size_t violating_step,
    const std::filesystem::path& file) {
  const auto save = [&](const Sequence& best, const Violation& shown, std::size_t step) {
    return save_trace(trace_of(worlds, options, best, shown, step), file);
  };
  SB_TRY(save(sequence, violation, violating_step));
  if (!options.shrink) return std::nullopt;

  const auto breaks_in = [&](WorldFactory& world) {
    return [&](const Sequence& candidate) -> std::optional<std::size_t> {
      const auto found = reproduces(world, properties, options, candidate, violation);
      return found ? std::optional(found->step) : std::nullopt;
    };
  };
  // A failure of a slow world is first tried in the fast one.
  const bool fast =
      options.shrink_world != nullptr && breaks_in(*options.shrink_world)(sequence).has_value();
  Nothing saved;
  ShrinkBudget budget = options.shrink_budget;
  budget.stop = [&options, until = options.elapsed_seconds() + options.shrink_seconds] {
    return (options.interrupted && options.interrupted()) || options.elapsed_seconds() >= until;
  };
  const ShrinkResult result =
      shrink(sequence, violating_step, breaks_in(fast ? *options.shrink_world : worlds), budget,
             [&](const ShrinkResult& better) {
               saved = save(better.smallest, violation, better.violating_step);
             });
  SB_TRY(saved);
  // Run once more in its own world: for its own words, and because what only the fast world breaks
  // is not this world's shortest.
  const auto shown = reproduces(worlds, properties, options, result.smallest, violation);
  if (!shown) {
    SB_TRY(save(sequence, violation, violating_step));
    return std::nullopt;
  }
  SB_TRY(save(result.smallest, shown->violation, shown->step));
  return KeptFinding{result, shown->violation};
}

}  // namespace switchback
