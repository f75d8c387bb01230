// SPDX-License-Identifier: Apache-2.0
// `replay --bisect`: a trace says of a revision whether it is good, bad or to be skipped.
#pragma once

#include "harness/cli/arguments.hpp"

namespace switchback {

/// 1 if the violation that the trace names is there, 0 if it is not, kExitSkip if that can't be
/// told; of a folder 1 if it is there in any, else kExitSkip if any can't be judged. No other
/// promise is judged, so that the bisection can't wander off to another bug. docs/regressions.md
/// tells more.
int bisect(const ReplayArguments& arguments);

}  // namespace switchback
