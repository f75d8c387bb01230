// SPDX-License-Identifier: Apache-2.0
// See rerun.hpp.
#include "harness/campaign/rerun.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "harness/campaign/sequence_seed.hpp"

namespace switchback {
namespace {

constexpr std::uint64_t kOneIn = 20;

class Lines final : public EventSink {
 public:
  explicit Lines(const std::function<std::string(const Event&)>& line_of) : line_of_(line_of) {}
  void on(const Event& event) override { lines_.push_back(line_of_(event)); }
  [[nodiscard]] std::size_t count() const { return lines_.size(); }
  [[nodiscard]] std::string at(std::size_t n) const {
    return n < lines_.size() ? lines_[n] : std::string();
  }

 private:
  const std::function<std::string(const Event&)>& line_of_;
  std::vector<std::string> lines_;
};

std::string words_of(const std::optional<std::uint64_t>& digest) {
  return digest ? fmt::format("{:016x}", *digest) : std::string();
}

}  // namespace

bool is_run_twice(std::uint64_t campaign_seed, std::uint64_t index) {
  // Not the sequence's own number, by which its length and content were drawn.
  return seed_of_sequence(~campaign_seed, index) % kOneIn == 0;
}

SequenceRepeated compare(std::uint64_t index, const CampaignRun& first, const CampaignRun& second,
                         const std::function<std::string(const Event&)>& line_of) {
  Lines one(line_of);
  Lines two(line_of);
  first.tell(index, one);
  second.tell(index, two);
  for (std::size_t n = 0; n < std::max(one.count(), two.count()); ++n)
    if (one.at(n) != two.at(n))
      return {.index = index,
              .same = false,
              .differs_in = "event",
              .event = n,
              .first = one.at(n),
              .second = two.at(n)};
  const bool same = first.result.state_digest == second.result.state_digest;
  return {.index = index,
          .same = same,
          .differs_in = same ? "" : "state",
          .event = 0,
          .first = same ? "" : words_of(first.result.state_digest),
          .second = same ? "" : words_of(second.result.state_digest)};
}

}  // namespace switchback
