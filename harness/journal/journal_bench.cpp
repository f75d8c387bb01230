// SPDX-License-Identifier: Apache-2.0
// What the record of a guest's writes costs, in time and memory, and holding an image against it.
#include <benchmark/benchmark.h>

#include "harness/journal/cut_checker.hpp"
#include "harness/journal/journal.hpp"

namespace switchback {
namespace {

constexpr std::uint64_t kOdd = 0x9e37'79b9'7f4a'7c15U;

/// So many acknowledged writes, to a tenth as many blocks in no order.
Journal journal_of(std::uint64_t writes) {
  const BlockNumber blocks = writes / 10;
  Journal journal({{.size_bytes = blocks * kBlockBytes, .volatile_cache = false}});
  for (std::uint64_t n = 0; n < writes; ++n)
    journal.acknowledge(journal.issue(0, (n * kOdd >> 16U) % blocks));
  return journal;
}

class LastWrites final : public ImageReader {
 public:
  explicit LastWrites(const Journal& journal) : journal_(journal) {}
  [[nodiscard]] Bytes size_bytes() const override { return journal_.geometry(0).size_bytes; }
  Nothing visit_blocks(const std::function<void(BlockNumber, Shown)>& visit) override {
    for (BlockNumber block = 0; block < journal_.geometry(0).block_count(); ++block)
      if (const WriteSeq last = journal_.last_write(0, block); last != kInitialState)
        visit(block, {Shown::Kind::write, last});
    return {};
  }

 private:
  const Journal& journal_;
};

void journal_writes(benchmark::State& state) {
  const auto writes = static_cast<std::uint64_t>(state.range(0));
  for (auto _ : state)
    benchmark::DoNotOptimize(journal_of(writes));
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["bytes_a_write"] =
      static_cast<double>(journal_of(writes).memory_bytes()) / static_cast<double>(writes);
}
BENCHMARK(journal_writes)->RangeMultiplier(10)->Range(1000, 1'000'000);

void cut_check_by_number(benchmark::State& state) {
  const Journal journal = journal_of(static_cast<std::uint64_t>(state.range(0)));
  for (auto _ : state) {
    LastWrites image(journal);
    CutChecker checker(journal);
    benchmark::DoNotOptimize(checker.take(0, image));
    benchmark::DoNotOptimize(checker.report());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(journal.blocks().size()));
}
BENCHMARK(cut_check_by_number)->RangeMultiplier(10)->Range(1000, 1'000'000);

void dirtied_bytes_of_all_writes(benchmark::State& state) {
  const Journal journal = journal_of(static_cast<std::uint64_t>(state.range(0)));
  for (auto _ : state)
    benchmark::DoNotOptimize(journal.dirtied_bytes(0, 0, 65'536));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(dirtied_bytes_of_all_writes)->RangeMultiplier(10)->Range(1000, 1'000'000);

}  // namespace
}  // namespace switchback
