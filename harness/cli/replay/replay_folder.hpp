// SPDX-License-Identifier: Apache-2.0
// `replay` of a folder: every trace in it, a line each.
#pragma once

#include "harness/cli/arguments.hpp"

namespace switchback {

/// In the order of their names, each in its own world. Returns the worst exit code, see worse_of().
int replay_folder(const ReplayArguments& arguments);

}  // namespace switchback
