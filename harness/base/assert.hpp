// SPDX-License-Identifier: Apache-2.0
// Broken assertions: a bug of ours stops the process at once, in every build.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace switchback {

[[noreturn]] inline void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "switchback: internal error: %s does not hold (%s:%d)\n", condition, file,
               line);
  std::abort();
}

}  // namespace switchback

/// For what only a bug in Switchback can make false; never for input or for the environment.
#define SB_ASSERT(condition)          \
  ((condition) ? static_cast<void>(0) \
               : ::switchback::assertion_failed(#condition, __FILE__, __LINE__))
