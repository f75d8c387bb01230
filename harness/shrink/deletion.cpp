// SPDX-License-Identifier: Apache-2.0
// Deletes steps in chunks that grow while they can be spared.
#include <algorithm>
#include <vector>

#include "harness/shrink/passes.hpp"

namespace switchback {
namespace {

/// Steps from `begin` up to, not including, `end`.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

Sequence without(const Sequence& sequence, std::size_t begin, std::size_t end) {
  Sequence shorter = sequence;
  shorter.steps.erase(shorter.steps.begin() + static_cast<std::ptrdiff_t>(begin),
                      shorter.steps.begin() + static_cast<std::ptrdiff_t>(end));
  return shorter;
}

/// From the back, as late steps depend on early ones and not the other way round: what is spared
/// late makes every later candidate cheaper, and what is kept stays kept.
///
/// Chunks double while they can be spared. A chunk that can't holds a unit that is needed: the
/// last such one is found by halving, and kept without being tried alone. That may be wrong where
/// only two units together are needed; the next round tries it.
bool delete_adaptively(Trials& trials, const std::vector<Span>& units) {
  bool better = false;
  std::size_t chunk = 1;
  std::size_t suspects = 0;  // so many units before `end` hold a needed one; 0: not known
  for (std::size_t end = units.size(); end > 0 && !trials.spent();) {
    chunk = std::min(chunk, end);
    const std::size_t begin = units[end - chunk].begin;
    if (trials.attempt(without(trials.best(), begin, units[end - 1].end))) {
      better = true;
      end -= chunk;
      suspects -= std::min(suspects, chunk);
      // The violation may show earlier now, and the steps after it are gone.
      while (end > 0 && units[end - 1].end > trials.best().steps.size()) {
        --end;
        suspects -= std::min(suspects, std::size_t{1});
      }
    } else {
      suspects = chunk;
    }
    if (suspects == 1) {
      --end;
      suspects = 0;
      chunk = 1;
    } else {
      chunk = suspects == 0 ? chunk * 2 : suspects / 2;
    }
  }
  return better;
}

}  // namespace

bool delete_jobs(Trials& trials) {
  std::vector<Span> jobs;
  const std::vector<Step>& steps = trials.best().steps;
  for (std::size_t n = 0; n < steps.size(); ++n) {
    if (n > 0 && steps[n].at)
      jobs.back().end = n + 1;
    else
      jobs.push_back({n, n + 1});
  }
  return delete_adaptively(trials, jobs);
}

bool delete_steps(Trials& trials) {
  std::vector<Span> singles;
  for (std::size_t n = 0; n < trials.best().steps.size(); ++n)
    singles.push_back({n, n + 1});
  return delete_adaptively(trials, singles);
}

bool delete_pairs(Trials& trials) {
  bool better = false;
  for (std::size_t n = trials.best().steps.size(); n-- > 1 && !trials.spent();) {
    n = std::min(n, trials.best().steps.size() - 1);
    if (n > 0) better |= trials.attempt(without(trials.best(), n - 1, n + 1));
  }
  return better;
}

}  // namespace switchback
