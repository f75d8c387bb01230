// SPDX-License-Identifier: Apache-2.0
// Writing and verifying stamps, beside memcmp on the same bytes.
#include <cstring>
#include <vector>

#include <benchmark/benchmark.h>

#include "harness/journal/stamp.hpp"

namespace switchback {
namespace {

constexpr StampOwner kOwner{.run = 1, .item = 2, .disk = 3};

std::vector<std::byte> stamped(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t offset = 0; offset < size; offset += kBlockBytes)
    write_stamp(std::span(bytes).subspan(offset, kBlockBytes), kOwner, offset / kBlockBytes, 7);
  return bytes;
}

void write_stamps(benchmark::State& state) {
  std::vector<std::byte> block(kBlockBytes);
  WriteSeq seq = 0;
  for (auto _ : state) {
    write_stamp(block, kOwner, 5, ++seq);
    benchmark::DoNotOptimize(block.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kBlockBytes));
}
BENCHMARK(write_stamps);

void verify_stamps(benchmark::State& state) {
  const std::vector<std::byte> bytes = stamped(static_cast<std::size_t>(state.range(0)));
  const DiskGeometry geometry{.size_bytes = bytes.size(), .volatile_cache = false};
  WriteSeq sum = 0;
  for (auto _ : state)
    visit_stamps(bytes, 0, geometry, kOwner,
                 [&sum](BlockNumber, Shown shown) { sum += shown.seq; });
  benchmark::DoNotOptimize(sum);
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(verify_stamps)->Arg(1 << 16)->Arg(1 << 22)->Arg(1 << 28);

void memcmp_the_same(benchmark::State& state) {
  const std::vector<std::byte> left = stamped(static_cast<std::size_t>(state.range(0)));
  const std::vector<std::byte> right = left;
  for (auto _ : state)
    benchmark::DoNotOptimize(std::memcmp(left.data(), right.data(), left.size()));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(memcmp_the_same)->Arg(1 << 16)->Arg(1 << 22)->Arg(1 << 28);

}  // namespace
}  // namespace switchback
