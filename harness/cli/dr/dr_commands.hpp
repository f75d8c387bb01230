// SPDX-License-Identifier: Apache-2.0
// The commands behind `switchback dr`. Each returns its exit code.
#pragma once

#include "harness/base/result.hpp"
#include "harness/cli/dr/dr_arguments.hpp"

namespace switchback {

/// Exit codes; see README.md. Of a command that a signal ended: 128 and the signal's number.
inline constexpr int kExitDone = 0;
inline constexpr int kExitNotDone = 1;   ///< refused, or failed
inline constexpr int kExitNotTried = 2;  ///< bad input, no lab, host not reachable
inline constexpr int kExitNoAnswer = 3;  ///< the job was left, or how it ended is not known

/// Runs a command until it ends or a signal comes; an Error goes to standard error.
int dr_exit_code(Result<int> (*command)(const DrArguments&), const DrArguments& arguments);

// dr_lab.cpp
/// Brings up two hosts and a VM, and keeps them until SIGINT or SIGTERM.
int dr_lab(const DrArguments& arguments);
/// Ends that.
int dr_end(const DrArguments& arguments);

// dr_show.cpp
int dr_status(const DrArguments& arguments);
int dr_jobs(const DrArguments& arguments);
int dr_points(const DrArguments& arguments);

// dr_operate.cpp
/// Asks for the operation of `arguments.request` and takes its job to the end.
int dr_operate(const DrArguments& arguments);
int dr_wait(const DrArguments& arguments);
int dr_skip(const DrArguments& arguments);

// dr_guest.cpp
int dr_disks(const DrArguments& arguments);
int dr_write(const DrArguments& arguments);
int dr_break(const DrArguments& arguments);
int dr_heal(const DrArguments& arguments);

}  // namespace switchback
