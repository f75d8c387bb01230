// SPDX-License-Identifier: Apache-2.0
// What can be measured, each section by itself.
#pragma once

#include <array>
#include <functional>
#include <string_view>

#include "harness/base/result.hpp"
#include "harness/cli/bench/report.hpp"

namespace switchback {

struct BenchEffort {
  double seconds = 2;                 ///< about so long for a figure
  bool quick = false;                 ///< the smallest sizes: shows that it works, not how fast
  std::function<bool()> interrupted;  ///< true: leave out the rest
};

// An Error is the environment's: no room for images, for one.
Result<BenchSection> measure_steps(const BenchEffort& effort);
Result<BenchSection> measure_profiles(const BenchEffort& effort);
Result<BenchSection> measure_cut_check(const BenchEffort& effort);
Result<BenchSection> measure_sparse_check(const BenchEffort& effort);
Result<BenchSection> measure_journal(const BenchEffort& effort);
Result<BenchSection> measure_growth(const BenchEffort& effort);
Result<BenchSection> measure_conformance(const BenchEffort& effort);

struct BenchChoice {
  std::string_view name;
  Result<BenchSection> (*measure)(const BenchEffort& effort);
};
inline constexpr std::array<BenchChoice, 7> kBenchChoices = {{
    {"steps", measure_steps},
    {"profiles", measure_profiles},
    {"cut-check", measure_cut_check},
    {"sparse", measure_sparse_check},
    {"journal", measure_journal},
    {"growth", measure_growth},
    {"conformance", measure_conformance},
}};

}  // namespace switchback
