// SPDX-License-Identifier: Apache-2.0
// Stages of the way out: planned failover and its commit.
#pragma once

#include "vms/recovery/stages.hpp"

namespace switchback::recovery {

Task<Nothing> check_source_runs(JobContext& job);
Task<Nothing> shut_down_source(JobContext& job);
/// With the source off nothing can change any more: sends what is left and cuts the last point.
Task<Nothing> send_final_changes(JobContext& job);
/// Makes the recovery VM on an overlay of the newest point, so that no point is ever written to.
Task<Nothing> create_target(JobContext& job);
/// Starts it, tracked from its first instruction on: the base of the failback's delta.
Task<Nothing> start_target(JobContext& job);
/// Undo: no recovery VM, the source runs again, tracked as before.
Task<Nothing> return_to_source(JobContext& job);

/// Commit: no point can be chosen any more.
Task<Nothing> delete_points(JobContext& job);
/// Folds the points' layers into the base, under the running recovery VM.
Task<Nothing> flatten_target_base(JobContext& job);
/// Deletes what was folded. A stage of its own: a retry of the folding must still find it.
Task<Nothing> remove_folded_layers(JobContext& job);

}  // namespace switchback::recovery
