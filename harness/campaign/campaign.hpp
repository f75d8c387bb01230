// SPDX-License-Identifier: Apache-2.0
// Many sequences: seeds, a budget of time, findings shrunk and kept.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/campaign/finding_file.hpp"
#include "harness/campaign/sequence_watch.hpp"
#include "harness/events/event.hpp"
#include "harness/runner/run_sequence.hpp"
#include "harness/sequence/generator.hpp"
#include "harness/sequence/trace.hpp"
#include "harness/shrink/shrink.hpp"
#include "harness/system/laboratory.hpp"
#include "properties/property.hpp"

namespace switchback {

struct CampaignOptions {
  std::string tool;  ///< "switchback 0.1.0"
  std::uint64_t seed = 0;
  std::optional<std::uint64_t> max_sequences;
  std::optional<double> max_seconds;
  std::uint64_t max_failures = 1;  ///< failing sequences; 0: no limit
  unsigned jobs = 1;               ///< sequences at a time
  std::vector<Profile> profiles;
  SequenceLimits limits;
  /// Instead of drawing from the profiles: gives sequence number so-and-so. Safe to call from
  /// several threads. `max_sequences` says how many there are.
  std::function<Sequence(std::uint64_t)> sequence_at = {};
  std::optional<std::string> defect;        ///< named in events and traces
  std::optional<std::string> variant = {};  ///< the same
  std::vector<std::string> notes;
  /// Goals of coverage without which the run has no verdict; named in events.
  std::vector<std::string> required_coverage = {};
  std::vector<std::string> arguments = {};  ///< as in RunStarted
  /// An event as a line. Given, some sequences are run twice where the world is deterministic, and
  /// compared by these lines.
  std::function<std::string(const Event&)> line_of = {};

  /// Findings that are accepted: they neither count as failures nor are shrunk and kept.
  std::vector<BaselineEntry> baseline = {};

  /// So often a sequence that breaks a promise is run again before it is shrunk, to tell what
  /// happens each time from what happens now and then.
  std::uint64_t further_runs = 1;
  bool shrink = true;
  ShrinkBudget shrink_budget;
  double shrink_seconds = 60;  ///< for each finding, by elapsed_seconds; the further runs too
  /// Where traces of violations are kept; must exist.
  std::filesystem::path trace_folder;
  /// Of earlier runs, and still there: no second trace of one is kept. What is drawn, run and told
  /// does not depend on them, but for the names of files.
  std::vector<KnownFinding> known = {};
  /// A faster world in which a failure is tried first when it is shrunk. May be null.
  WorldFactory* shrink_world = nullptr;

  /// Told of every sequence that is run, those of a shrink too. May be null.
  SequenceWatch* watch = nullptr;
  /// Seconds since the run began. The only clock that a campaign reads, and only to stop.
  std::function<double()> elapsed_seconds;
  /// Asked between steps: true ends the run, with reports written of what was done.
  std::function<bool()> interrupted;
};

/// Draws and runs sequences until the budget, the failures or the user end it. Each depends on the
/// seed, its index and what sequences long before it went through (see epochs.hpp), never on how
/// many run at a time; events come out in the order of the index.
/// The result is in the events.
void run_campaign(WorldFactory& worlds,
                  const std::vector<std::unique_ptr<const Property>>& properties,
                  const CampaignOptions& options, EventSink& events);

/// Runs one given sequence as a campaign of its own, `repeat` times. Nothing is shrunk or kept.
void replay(WorldFactory& worlds, const std::vector<std::unique_ptr<const Property>>& properties,
            const CampaignOptions& options, const Sequence& sequence, std::uint64_t repeat,
            EventSink& events);

/// The violation with the same identity that the sequence shows, if it does.
std::optional<FoundViolation> reproduces(
    WorldFactory& worlds, const std::vector<std::unique_ptr<const Property>>& properties,
    const CampaignOptions& options, const Sequence& sequence, const Violation& violation);

/// A finding in its shortest form.
struct KeptFinding {
  ShrinkResult shrunk;
  Violation violation;  ///< as the shortest sequence shows it
};

/// Shrinks a sequence that breaks `violation` and keeps the shortest in `file` as it gets shorter.
/// Nothing if it was not shrunk: shrinking is off, or only the faster world breaks on the result.
Result<std::optional<KeptFinding>> shrink_and_keep(
    WorldFactory& worlds, const std::vector<std::unique_ptr<const Property>>& properties,
    const CampaignOptions& options, const Sequence& sequence, const Violation& violation,
    std::size_t violating_step, const std::filesystem::path& file);

}  // namespace switchback
