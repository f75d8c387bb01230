// SPDX-License-Identifier: Apache-2.0
// One sequence of a campaign: run in a world of its own, and told. Internal to campaigns.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "harness/campaign/campaign.hpp"

namespace switchback {

/// A sequence that was drawn and run, with what happened in it.
struct CampaignRun {
  DrawnSequence drawn;
  SequenceResult result;
  std::vector<Event> events;  ///< between its start and its end
  CallsByStage calls = {};    ///< that its jobs made, if they were noted
  std::optional<SequenceRepeated> repeated;

  /// All of its events, with its start and its end.
  void tell(std::uint64_t index, EventSink& events) const;
};

SequenceStarted start_of(const DrawnSequence& drawn, std::uint64_t index);
SequenceEnded end_of(const SequenceResult& result, std::uint64_t index);

/// What is worth its time only where somebody reads it.
struct RunDetail {
  bool steps = false;         ///< each step as text, in its event
  bool digest_state = false;  ///< a digest of both sites at the end
  bool calls = false;         ///< which calls each stage makes
};

/// Runs it in a fresh world. That there is none is an error of the result. `calls` is told the
/// calls of its jobs; may be null.
SequenceResult run_in_fresh_world(WorldFactory& worlds,
                                  const std::vector<std::unique_ptr<const Property>>& properties,
                                  const CampaignOptions& options, const Sequence& sequence,
                                  std::uint64_t index, EventSink& events, bool digest_state = false,
                                  CallsByStage* calls = nullptr);

/// The same, with its events kept.
CampaignRun run_drawn(WorldFactory& worlds,
                      const std::vector<std::unique_ptr<const Property>>& properties,
                      const CampaignOptions& options, DrawnSequence drawn, std::uint64_t index,
                      RunDetail detail);

}  // namespace switchback
