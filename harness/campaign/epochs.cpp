// SPDX-License-Identifier: Apache-2.0
// See epochs.hpp.
#include "harness/campaign/epochs.hpp"

#include <utility>

#include "harness/campaign/sequence_seed.hpp"

namespace switchback {

Epochs::Epochs(GeneratorOptions options, std::uint64_t seed)
    : options_(std::move(options)), seed_(seed), explored_(options_.capabilities) {
  generators_.emplace(0, std::make_shared<const Generator>(sequences(options_)));
}

DrawnSequence Epochs::draw(std::uint64_t index) const {
  const std::shared_ptr<const Generator> generator = [&] {
    const std::lock_guard lock(mutex_);
    return std::prev(generators_.upper_bound(index / kSequencesOfAnEpoch))->second;
  }();
  return (*generator)(rc::Random(seed_of_sequence(seed_, index)), 0).value();
}

void Epochs::take(std::uint64_t index, const CampaignRun& run) {
  explored_.add(index, run.events, run.calls);
  if ((index + 1) % kSequencesOfAnEpoch != 0) return;
  const std::uint64_t next = index / kSequencesOfAnEpoch + 2;
  options_.frontier = std::make_shared<const Frontier>(explored_.next_frontier());
  auto generator = std::make_shared<const Generator>(sequences(options_));
  const std::lock_guard lock(mutex_);
  generators_.emplace(next, std::move(generator));
  // Those of the last epoch may still be drawn.
  while (generators_.size() > 3)
    generators_.erase(generators_.begin());
}

}  // namespace switchback
