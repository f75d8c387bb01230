// SPDX-License-Identifier: Apache-2.0
// What `switchback bench` found, for people and for programs. docs/performance.md documents both.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace switchback {

/// One figure. Without a value: what it was to be measured on is not there, and `note` says so.
struct BenchRow {
  std::string name;
  std::optional<double> value;
  std::string unit;
  std::optional<double> ratio;  ///< to the section's yardstick
  std::string note;
};

/// Figures that stand side by side, measured one after the other in this run.
struct BenchSection {
  std::string name;  ///< as for --only
  std::string title;
  std::string yardstick;  ///< name of the row whose ratio is 1; empty: there is none
  std::vector<BenchRow> rows;

  /// Gives every row of the yardstick's unit its ratio.
  void compare();
};

struct BenchReport {
  std::string tool;
  unsigned processors = 0;
  double seconds = 0;  ///< that all of it took
  std::vector<BenchSection> sections;
};

std::string bench_text(const BenchSection& section);
std::string bench_json(const BenchReport& report);

}  // namespace switchback
