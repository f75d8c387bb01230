// SPDX-License-Identifier: Apache-2.0
// How long something has been going on: budgets, sequences that hang, the summary's seconds,
// `bench`, and nothing else.
#pragma once

#include <chrono>

namespace switchback {

class Stopwatch {
 public:
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  }

 private:
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

}  // namespace switchback
