// SPDX-License-Identifier: Apache-2.0
// Draws the sequences of a campaign: by their index and the seed, and towards what those of earlier
// epochs hardly came to.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "harness/campaign/campaign_run.hpp"
#include "harness/campaign/explored.hpp"
#include "harness/campaign/ordered_workers.hpp"
#include "harness/sequence/generator.hpp"

namespace switchback {

/// So many sequences are drawn with the same knowledge. They know nothing of the epoch before
/// theirs, of which some may still be running: so what is drawn does not depend on how many run at
/// a time, and nobody waits.
inline constexpr std::uint64_t kSequencesOfAnEpoch = kMostAhead;

class Epochs {
 public:
  Epochs(GeneratorOptions options, std::uint64_t seed);

  /// Of any thread, once take() was called for all sequences up to `index` - kSequencesOfAnEpoch.
  [[nodiscard]] DrawnSequence draw(std::uint64_t index) const;
  /// What a sequence went through. In the order of the index, on one thread.
  void take(std::uint64_t index, const CampaignRun& run);

 private:
  using Generator = rc::Gen<DrawnSequence>;

  GeneratorOptions options_;
  std::uint64_t seed_;
  Explored explored_;
  mutable std::mutex mutex_;
  /// By the first epoch that draws with it.
  std::map<std::uint64_t, std::shared_ptr<const Generator>> generators_;
};

}  // namespace switchback
