// SPDX-License-Identifier: Apache-2.0
// Runs the sequence of a trace to tell its story.
#pragma once

#include "harness/campaign/campaign.hpp"
#include "harness/cli/explain/story.hpp"
#include "harness/cli/running.hpp"

namespace switchback {

/// More steps than these are not left out one by one: shrinking says more, and sooner.
inline constexpr std::size_t kMostStepsLeftOut = 300;

/// Runs it once in `worlds`, with these promises judged, and, if one is broken, again without each
/// of its steps. `options` is as for replay(). An Error of the world is in the story.
Story explain(WorldFactory& worlds, Properties properties, const CampaignOptions& options,
              const std::string& file, const Trace& trace);

}  // namespace switchback
