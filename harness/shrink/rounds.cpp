// SPDX-License-Identifier: Apache-2.0
// Cuts rounds out of a walk through the lifecycle.
#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <vector>

#include "harness/sequence/trace_limits.hpp"
#include "harness/shrink/guessed_states.hpp"
#include "harness/shrink/passes.hpp"

namespace switchback {
namespace {

/// The item is in the same state before step `begin` as before step `end`.
struct Round {
  std::size_t begin = 0;
  std::size_t end = 0;
  [[nodiscard]] std::size_t width() const { return end - begin; }
};

/// Steps that move the item on, and the state before each; last what comes after them, if anything
/// does.
struct Walk {
  std::vector<std::size_t> moves;
  std::vector<ItemState> before;
};

/// The end of the steps inside a job, which begin at `inside`.
std::size_t end_of_inside(const Sequence& sequence, std::size_t inside) {
  while (inside < sequence.steps.size() && sequence.steps[inside].at)
    ++inside;
  return inside;
}

Walk walk_of(const Sequence& sequence) {
  const std::vector<ItemState> states = guessed_states(sequence, 0);  // the first item's
  Walk walk;
  for (std::size_t n = 0; n < sequence.steps.size(); ++n) {
    if (states[n + 1] == states[n]) continue;
    walk.moves.push_back(n);
    walk.before.push_back(states[n]);
  }
  if (walk.moves.empty()) return walk;
  const std::size_t rest = end_of_inside(sequence, walk.moves.back() + 1);
  if (rest == sequence.steps.size()) return walk;
  walk.moves.push_back(rest);
  walk.before.push_back(states[rest]);
  return walk;
}

/// From every move to the nearest and to the farthest visit of the same state, widest first.
std::vector<Round> rounds_of(const Sequence& sequence) {
  const Walk walk = walk_of(sequence);
  std::vector<Round> rounds;
  for (std::size_t from = 0; from < walk.moves.size(); ++from) {
    const auto begin = walk.before.begin() + static_cast<std::ptrdiff_t>(from);
    const auto near = std::find(begin + 1, walk.before.end(), *begin);
    if (near == walk.before.end()) continue;
    const auto far = std::find(walk.before.rbegin(), walk.before.rend(), *begin).base() - 1;
    for (const auto visit : {near, far})
      rounds.push_back(
          {walk.moves[from], walk.moves[static_cast<std::size_t>(visit - walk.before.begin())]});
  }
  std::stable_sort(rounds.begin(), rounds.end(),
                   [](const Round& a, const Round& b) { return a.width() > b.width(); });
  return rounds;
}

/// What happens beside the jobs of a round may be what matters, e.g. a write.
bool belongs_to_job(const Step& step) {
  return step.at || std::holds_alternative<OperateStep>(step.action) ||
         std::holds_alternative<WaitStep>(step.action);
}

/// Without the round, or without its jobs only.
std::array<Sequence, 2> cut_out(const Sequence& sequence, const Round& round) {
  Sequence without = sequence;
  const auto begin = without.steps.begin() + static_cast<std::ptrdiff_t>(round.begin);
  const auto end = without.steps.begin() + static_cast<std::ptrdiff_t>(round.end);
  const auto kept = std::remove_if(begin, end, belongs_to_job);
  Sequence without_jobs = without;
  without_jobs.steps.erase(without_jobs.steps.begin() + (kept - without.steps.begin()),
                           without_jobs.steps.begin() + (end - without.steps.begin()));
  without.steps.erase(begin, end);
  return {without, without_jobs};
}

bool cut(Trials& trials, const Round& round) {
  const std::array<Sequence, 2> shorter = cut_out(trials.best(), round);
  return trials.attempt(shorter[0]) || trials.attempt(shorter[1]);
}

/// Longer than points are kept by default, and not more rounds than any world can carry.
std::chrono::milliseconds long_wait(const Policy& policy) {
  constexpr std::int64_t kMostRounds = 100;
  constexpr std::chrono::milliseconds kLongest = std::chrono::hours(26);
  return std::min(kLongest, std::chrono::duration_cast<std::chrono::milliseconds>(
                                kMostRounds * policy.copy_frequency));
}

/// The first wait from step `from` on lasts longer. Nothing if there is none.
std::optional<Sequence> waiting_longer(const Sequence& sequence, std::size_t from) {
  Sequence longer = sequence;
  for (std::size_t n = from; n < longer.steps.size(); ++n) {
    auto* const wait = std::get_if<WaitStep>(&longer.steps[n].action);
    if (wait == nullptr) continue;
    wait->duration = std::min(wait->duration + long_wait(sequence.policy),
                              std::chrono::milliseconds(kWaitMillisecondsMax));
    return longer;
  }
  return std::nullopt;
}

/// A wait instead of the round, in one that follows or by itself.
bool wait_instead(Trials& trials, const Round& round) {
  for (Sequence& shorter : cut_out(trials.best(), round)) {
    const std::optional<Sequence> longer = waiting_longer(shorter, round.begin);
    if (longer && trials.attempt(*longer)) return true;
    shorter.steps.insert(shorter.steps.begin() + static_cast<std::ptrdiff_t>(round.begin),
                         {WaitStep{long_wait(shorter.policy)}, std::nullopt});
    if (trials.attempt(shorter)) return true;
  }
  return false;
}

/// Tries all rounds again whenever one was shortened, as positions have changed.
bool shorten_rounds(Trials& trials, bool (*shorten)(Trials&, const Round&)) {
  bool better = false;
  for (bool again = true; again && !trials.spent();) {
    const std::vector<Round> rounds = rounds_of(trials.best());
    again = std::any_of(rounds.begin(), rounds.end(),
                        [&](const Round& round) { return shorten(trials, round); });
    better |= again;
  }
  return better;
}

}  // namespace

bool cut_widest_round(Trials& trials) {
  const std::vector<Round> rounds = rounds_of(trials.best());
  return !rounds.empty() && cut(trials, rounds.front());
}

bool cut_rounds(Trials& trials) {
  return shorten_rounds(trials, cut);
}

bool wait_instead_of_rounds(Trials& trials) {
  return shorten_rounds(trials, wait_instead);
}

}  // namespace switchback
