// SPDX-License-Identifier: Apache-2.0
// Determinism is checked, not believed: some sequences of a campaign are drawn and run twice.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "harness/campaign/campaign_run.hpp"

namespace switchback {

/// One sequence in twenty, by the campaign's seed and the sequence's number alone.
bool is_run_twice(std::uint64_t campaign_seed, std::uint64_t index);

/// Holds two runs of the same sequence against each other: every event, from what was drawn to the
/// verdict and the tallies of the properties, as `line_of` writes it, and then what the world had
/// come to.
SequenceRepeated compare(std::uint64_t index, const CampaignRun& first, const CampaignRun& second,
                         const std::function<std::string(const Event&)>& line_of);

}  // namespace switchback
