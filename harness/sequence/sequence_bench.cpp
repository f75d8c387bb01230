// SPDX-License-Identifier: Apache-2.0
// Drawing sequences, by profile, and writing and reading traces of them.
#include <benchmark/benchmark.h>

#include "harness/sequence/generator.hpp"
#include "harness/sequence/trace.hpp"
#include "harness/sequence/whole_system.hpp"

namespace switchback {
namespace {

GeneratorOptions options_of(const std::vector<Profile>& profiles) {
  GeneratorOptions options = options_for_whole_system();
  options.profiles = profiles;
  return options;
}

Trace trace_of(Sequence sequence) {
  return {.made_by = "bench",
          .system = "sim",
          .defect = std::nullopt,
          .sequence = std::move(sequence),
          .violation = std::nullopt};
}

Sequence drawn(std::uint64_t seed) {
  const std::vector<Profile> all(profiles().begin(), profiles().end());
  return sequences(options_of(all))(rc::Random(seed), 0).value().sequence;
}

void draw_a_sequence(benchmark::State& state, const Profile& profile) {
  const auto generator = sequences(options_of({profile}));
  std::uint64_t seed = 0;
  std::int64_t steps = 0;
  for (auto _ : state)
    steps +=
        static_cast<std::int64_t>(generator(rc::Random(++seed), 0).value().sequence.steps.size());
  state.SetItemsProcessed(steps);
}
const bool kByProfile = [] {
  for (const Profile& profile : profiles())
    benchmark::RegisterBenchmark(("draw_a_sequence/" + std::string(profile.name)).c_str(),
                                 draw_a_sequence, profile);
  return true;
}();

void write_a_trace(benchmark::State& state) {
  const Trace trace = trace_of(drawn(1));
  for (auto _ : state)
    benchmark::DoNotOptimize(trace_to_json(trace));
  state.SetItemsProcessed(state.iterations() *
                          static_cast<std::int64_t>(trace.sequence.steps.size()));
}
BENCHMARK(write_a_trace);

void read_a_trace(benchmark::State& state) {
  const Trace trace = trace_of(drawn(1));
  const std::string text = trace_to_json(trace);
  for (auto _ : state)
    benchmark::DoNotOptimize(trace_from_json(text, "bench"));
  state.SetItemsProcessed(state.iterations() *
                          static_cast<std::int64_t>(trace.sequence.steps.size()));
}
BENCHMARK(read_a_trace);

}  // namespace
}  // namespace switchback
