// SPDX-License-Identifier: Apache-2.0
// The commands behind `switchback dr`. Each returns its exit code: 0 done, 1 the operation was
// refused or failed, 2 it could not be tried.
#pragma once

#include "harness/cli/dr/dr_arguments.hpp"

namespace switchback {

/// Brings up two hosts and a VM, and keeps them until SIGINT or SIGTERM.
int dr_lab(const DrArguments& arguments);
int dr_status(const DrArguments& arguments);
int dr_jobs(const DrArguments& arguments);
int dr_points(const DrArguments& arguments);
/// Asks for the operation of `arguments.request` and takes its job to the end.
int dr_operate(const DrArguments& arguments);
int dr_wait(const DrArguments& arguments);
int dr_watch(const DrArguments& arguments);
int dr_write(const DrArguments& arguments);

}  // namespace switchback
