// SPDX-License-Identifier: Apache-2.0
// Shrinking a needle of ordered steps out of noise; running a candidate costs next to nothing, so
// what is measured is the shrinker's own time.
#include <benchmark/benchmark.h>

#include "harness/shrink/shrink.hpp"

namespace switchback {
namespace {

/// Operations in a fixed order without a pattern, with one of the needle at every sixth place.
Sequence hay_of(std::size_t needle) {
  Sequence hay{.seed = 1, .disks = {{"vda", 65'536}}, .steps = {}};
  for (std::size_t n = 0; n < 6 * needle; ++n)
    hay.steps.push_back(
        n % 6 == 5 ? Step{FlushStep{}}
                   : Step{OperateStep{.operation = kAllOperations[n * 7 % kAllOperations.size()]}});
  return hay;
}

std::optional<std::size_t> find(std::size_t needle, const Sequence& hay) {
  std::size_t found = 0;
  for (std::size_t n = 0; n < hay.steps.size(); ++n)
    if (std::holds_alternative<FlushStep>(hay.steps[n].action) && ++found == needle) return n;
  return std::nullopt;
}

void shrink_a_needle(benchmark::State& state) {
  const auto needle = static_cast<std::size_t>(state.range(0));
  const Sequence hay = hay_of(needle);
  std::uint64_t candidates = 0;
  for (auto _ : state)
    candidates +=
        shrink(hay, *find(needle, hay),
               [needle](const Sequence& candidate) { return find(needle, candidate); }, {})
            .candidates;
  state.SetItemsProcessed(static_cast<std::int64_t>(candidates));
}
BENCHMARK(shrink_a_needle)->Arg(3)->Arg(10)->Arg(30);

}  // namespace
}  // namespace switchback
