// SPDX-License-Identifier: Apache-2.0
// Fewer steps that do as much: joint changes, which no change of a single step could reach.
#include <algorithm>
#include <iterator>
#include <numeric>
#include <vector>

#include "harness/sequence/trace_limits.hpp"
#include "harness/shrink/any_write.hpp"
#include "harness/shrink/passes.hpp"

namespace switchback {
namespace {

/// What can be handed from one step to another of its kind: blocks of a write, time of a wait,
/// points by which a job goes on.
std::uint64_t amount_of(const Step& step) {
  if (const std::optional<WriteStep> write = write_in(step)) return write->count;
  if (const auto* const wait = std::get_if<WaitStep>(&step.action))
    return static_cast<std::uint64_t>(wait->duration.count());
  if (const auto* const advance = std::get_if<AdvanceStep>(&step.action)) return advance->points;
  return 0;
}

void set_amount(Step& step, std::uint64_t amount) {
  if (std::optional<WriteStep> write = write_in(step)) {
    write->count = static_cast<std::uint32_t>(std::min<std::uint64_t>(amount, kWriteBlocksMax));
    set_write(step, *write);
  }
  if (auto* const wait = std::get_if<WaitStep>(&step.action)) {
    wait->periods = 0;
    wait->duration = std::chrono::milliseconds(
        std::min(static_cast<std::int64_t>(amount), kWaitMillisecondsMax));
  }
  if (auto* const advance = std::get_if<AdvanceStep>(&step.action))
    advance->points = static_cast<std::uint32_t>(std::min(amount, kOrdinalMax));
}

/// Positions of the other steps that do the same kind of thing as step `n`, at least an amount.
std::vector<std::size_t> others_like(const std::vector<Step>& steps, std::size_t n) {
  std::vector<std::size_t> others;
  for (std::size_t other = 0; other < steps.size(); ++other)
    if (other != n && steps[other].action.index() == steps[n].action.index() &&
        steps[other].item == steps[n].item)
      others.push_back(other);
  return others;
}

void erase_step(Sequence& sequence, std::size_t n) {
  sequence.steps.erase(sequence.steps.begin() + static_cast<std::ptrdiff_t>(n));
}

/// Step `n` goes, and its amount raises the smallest of the others, as water fills a vessel: no
/// other way of handing it out has a smaller largest amount, which is what a limit would mind.
Sequence spread(const Sequence& sequence, std::size_t n, std::vector<std::size_t> others) {
  Sequence candidate = sequence;
  std::vector<Step>& steps = candidate.steps;
  std::stable_sort(others.begin(), others.end(), [&](std::size_t a, std::size_t b) {
    return amount_of(steps[a]) < amount_of(steps[b]);
  });
  std::uint64_t total = amount_of(steps[n]);
  std::size_t filled = 0;
  while (filled < others.size() &&
         (filled == 0 || total >= amount_of(steps[others[filled]]) * filled))
    total += amount_of(steps[others[filled++]]);
  for (std::size_t k = 0; k < filled; ++k)
    set_amount(steps[others[k]], total / filled + (k < total % filled ? 1 : 0));
  erase_step(candidate, n);
  return candidate;
}

/// Step `n` goes, and the nearest other one, before or after it, does all of it.
Sequence hand_over(const Sequence& sequence, std::size_t n, std::size_t other) {
  Sequence candidate = sequence;
  set_amount(candidate.steps[other],
             amount_of(sequence.steps[n]) + amount_of(sequence.steps[other]));
  erase_step(candidate, n);
  return candidate;
}

/// Two writes become one that covers the blocks of both, where the second or the first stood.
std::vector<Sequence> covered(const Sequence& sequence, std::size_t first, std::size_t second) {
  const auto& a = std::get<WriteStep>(sequence.steps[first].action);
  const auto& b = std::get<WriteStep>(sequence.steps[second].action);
  const BlockNumber begin = std::min(a.block, b.block);
  const BlockNumber end = std::max(a.block + a.count, b.block + b.count);
  constexpr BlockNumber kFew = 64;
  if (a.disk != b.disk || a.trim != b.trim || end - begin > kFew) return {};
  const WriteStep both{.disk = a.disk,
                       .block = begin,
                       .count = static_cast<std::uint32_t>(end - begin),
                       .trim = a.trim};
  std::vector<Sequence> candidates;
  for (const std::size_t kept : {second, first}) {
    candidates.push_back(sequence);
    candidates.back().steps[kept].action = both;
    erase_step(candidates.back(), kept == first ? second : first);
  }
  return candidates;
}

bool merge_step(Trials& trials, std::size_t n) {
  const Sequence best = trials.best();
  const std::vector<std::size_t> others = others_like(best.steps, n);
  if (others.empty()) return false;
  if (trials.attempt(spread(best, n, others))) return true;
  const auto after = std::upper_bound(others.begin(), others.end(), n);
  if (after != others.begin()) {
    const std::size_t before = *std::prev(after);
    if (trials.attempt(hand_over(best, n, before))) return true;
    if (std::holds_alternative<WriteStep>(best.steps[n].action))
      for (const Sequence& candidate : covered(best, before, n))
        if (trials.attempt(candidate)) return true;
  }
  return after != others.end() && trials.attempt(hand_over(best, n, *after));
}

/// The end of the steps inside the job to which step `n`, itself inside it, belongs.
std::size_t end_of_job(const std::vector<Step>& steps, std::size_t n) {
  while (n < steps.size() && steps[n].at)
    ++n;
  return n;
}

/// The step of that job.
std::size_t begin_of_job(const std::vector<Step>& steps, std::size_t n) {
  while (n > 0 && steps[n].at)
    --n;
  return n;
}

/// Step `from` moves to before step `to`, and out of its job.
Sequence moved_out(const Sequence& sequence, std::size_t from, std::size_t to) {
  Sequence candidate = sequence;
  Step step = candidate.steps[from];
  step.at.reset();
  erase_step(candidate, from);
  const std::size_t place = to > from ? to - 1 : to;
  candidate.steps.insert(candidate.steps.begin() + static_cast<std::ptrdiff_t>(place), step);
  return candidate;
}

}  // namespace

bool merge_steps(Trials& trials) {
  bool better = false;
  for (std::size_t n = trials.best().steps.size(); n-- > 0 && !trials.spent();) {
    if (n >= trials.best().steps.size()) continue;
    const Step& step = trials.best().steps[n];
    if (amount_of(step) > 0) better |= merge_step(trials, n);
  }
  return better;
}

bool leave_jobs(Trials& trials) {
  bool better = false;
  for (std::size_t n = trials.best().steps.size(); n-- > 0 && !trials.spent();) {
    const std::vector<Step>& steps = trials.best().steps;
    if (n >= steps.size() || !steps[n].at) continue;
    const std::size_t begin = begin_of_job(steps, n);
    const std::size_t end = end_of_job(steps, n);
    better |= trials.attempt(moved_out(trials.best(), n, end)) ||
              trials.attempt(moved_out(trials.best(), n, begin));
  }
  return better;
}

}  // namespace switchback
