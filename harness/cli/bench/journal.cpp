// SPDX-License-Identifier: Apache-2.0
// What a journal takes: memory and time for a million writes.
#include "harness/journal/journal.hpp"

#include <fmt/format.h>

#include "harness/cli/bench/processor_time.hpp"
#include "harness/cli/bench/sections.hpp"

namespace switchback {
namespace {

/// A million writes to so many blocks, each acknowledged, with a flush after a thousand of them.
Journal journal_of(BlockNumber blocks, std::uint64_t writes) {
  constexpr std::uint64_t kOdd = 0x9e37'79b9'7f4a'7c15U;
  Journal journal({{.size_bytes = blocks * kBlockBytes, .volatile_cache = true}});
  for (std::uint64_t n = 0; n < writes; ++n) {
    journal.acknowledge(journal.issue(0, (n * kOdd >> 16U) % blocks, Instant(n)));
    if (n % 1000 == 999) journal.complete_flush(0, journal.issue_flush(0));
  }
  return journal;
}

}  // namespace

Result<BenchSection> measure_journal(const BenchEffort& effort) {
  const std::uint64_t writes = effort.quick ? 10'000 : 1'000'000;
  BenchSection section{.name = "journal",
                       .title = fmt::format("A journal of {} writes", writes),
                       .yardstick = {},
                       .rows = {}};
  for (const auto& [name, blocks] : {std::pair{"to as many blocks", writes * 1000},
                                     std::pair{"to a hundredth as many", writes / 100}}) {
    const ProcessorTime spent;
    const Journal journal = journal_of(blocks, writes);
    const double seconds = spent.seconds();
    const auto each = static_cast<double>(writes);
    section.rows.push_back({.name = fmt::format("memory, {}", name),
                            .value = static_cast<double>(journal.memory_bytes()) / each,
                            .unit = "B/write",
                            .ratio = {},
                            .note = fmt::format("{} blocks written", journal.blocks().size())});
    section.rows.push_back({.name = fmt::format("issued and acknowledged, {}", name),
                            .value = each / seconds,
                            .unit = "writes/s",
                            .ratio = {},
                            .note = {}});
  }
  return section;
}

}  // namespace switchback
