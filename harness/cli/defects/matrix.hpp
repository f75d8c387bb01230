// SPDX-License-Identifier: Apache-2.0
// What `switchback defects` found, for people and for programs. docs/power.md documents both.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fixtures/defects/trial.hpp"

namespace switchback {

/// What was said of a sound variant.
struct VariantTrial {
  std::string variant;
  std::uint64_t sequences = 0;           ///< that it was run through
  std::vector<std::string> accusations;  ///< empty if it was not accused
};

struct DefectMatrix {
  std::string tool;
  std::uint64_t seed = 0;
  std::uint64_t max_sequences = 0;
  std::vector<DefectTrial> trials;
  std::uint64_t sound_sequences = 0;     ///< that the sound service was run through
  std::vector<std::string> accusations;  ///< of the sound service
  std::vector<VariantTrial> variants;
  double seconds = 0;  ///< that all of it took

  [[nodiscard]] std::size_t found() const;
  /// All were found, their traces do what they should, and nothing is said of the sound service and
  /// its variants.
  [[nodiscard]] bool passed() const;
};

/// A line for the trial, under that of matrix_heading().
std::string matrix_heading();
std::string matrix_line(const DefectTrial& trial);
std::string variant_heading();
std::string variant_line(const VariantTrial& trial);
/// The figures, and everything that is wrong.
std::string matrix_ending(const DefectMatrix& matrix);
std::string matrix_json(const DefectMatrix& matrix);

}  // namespace switchback
