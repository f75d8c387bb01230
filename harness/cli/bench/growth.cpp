// SPDX-License-Identifier: Apache-2.0
// What one quantity costs as it grows, and with which exponent: 1 is linear, 2 is quadratic.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "fixtures/bench/campaign_steps.hpp"
#include "fixtures/bench/growing.hpp"
#include "fixtures/bench/stamped_disk.hpp"
#include "harness/base/assert.hpp"
#include "harness/cli/bench/processor_time.hpp"
#include "harness/cli/bench/sections.hpp"
#include "harness/cli/stopwatch.hpp"

namespace switchback {
namespace {

struct Measured {
  double size;
  double seconds;
};

/// The slope of the line of least squares through the logarithms.
double exponent_of(const std::vector<Measured>& measured) {
  double x = 0, y = 0, xx = 0, xy = 0;
  for (const Measured& one : measured) {
    const double log_size = std::log(one.size);
    const double log_seconds = std::log(one.seconds);
    x += log_size;
    y += log_seconds;
    xx += log_size * log_size;
    xy += log_size * log_seconds;
  }
  const auto n = static_cast<double>(measured.size());
  return (n * xy - x * y) / (n * xx - x * x);
}

/// The least of several runs: what others do on the machine only ever adds.
double least_seconds(const BenchEffort& effort, const std::function<void()>& run) {
  const Stopwatch all;
  double least = HUGE_VAL;
  do {
    const ProcessorTime one;
    run();
    least = std::min(least, one.seconds());
  } while (all.seconds() < effort.seconds / 4);
  return least;
}

void add(BenchSection& section, std::string_view of, const std::vector<Measured>& measured) {
  for (const Measured& one : measured)
    section.rows.push_back({.name = fmt::format("{} {}", one.size, of),
                            .value = one.seconds * 1000,
                            .unit = "ms",
                            .ratio = {},
                            .note = fmt::format("{:.1f} us each", one.seconds / one.size * 1e6)});
  section.rows.push_back({.name = fmt::format("exponent of {}", of),
                          .value = exponent_of(measured),
                          .unit = "",
                          .ratio = {},
                          .note = {}});
}

/// Shows the last write to each block, as images of the simulated world do.
class NumberedImage final : public ImageReader {
 public:
  explicit NumberedImage(const Journal& journal) : journal_(journal) {}
  [[nodiscard]] Bytes size_bytes() const override { return journal_.geometry(0).size_bytes; }
  Nothing visit_blocks(const std::function<void(BlockNumber, Shown)>& visit) override {
    for (BlockNumber block = 0; block < journal_.geometry(0).block_count(); ++block)
      visit(block, {Shown::Kind::write, journal_.last_write(0, block)});
    return {};
  }

 private:
  const Journal& journal_;
};

/// Journal and cut check by themselves: an image of so many blocks held against its journal.
std::vector<Measured> cut_checks(const BenchEffort& effort) {
  std::vector<Measured> measured;
  for (const std::size_t blocks : {8000U, 16000U, 32000U, 64000U}) {
    const std::size_t size = effort.quick ? blocks / 8 : blocks;
    measured.push_back({static_cast<double>(size), least_seconds(effort, [size] {
                          const StampedDisk disk(size * kBlockBytes);
                          NumberedImage image(disk.journal());
                          SB_ASSERT(disk.is_shown_by(image));
                        })});
  }
  return measured;
}

}  // namespace

Result<BenchSection> measure_growth(const BenchEffort& effort) {
  BenchSection section{
      .name = "growth",
      .title = "Time of one sequence against what it is made of (exponent 1: linear)",
      .yardstick = {},
      .rows = {}};
  for (const Growing& growing : kGrowing) {
    std::vector<Measured> measured;
    for (const std::size_t size : growing.sizes) {
      const Sequence sequence = growing.make(size);
      measured.push_back({static_cast<double>(size),
                          least_seconds(effort, [&sequence] { run_soundly(sequence); })});
    }
    add(section, growing.of, measured);
  }
  add(section, "blocks journalled and checked", cut_checks(effort));
  return section;
}

}  // namespace switchback
