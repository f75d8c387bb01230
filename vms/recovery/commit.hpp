// SPDX-License-Identifier: Apache-2.0
// Stages of the commit of a failover: no point can be chosen any more, the VMs at recovery rest on
// the base alone.
//
// Source: the tutorial, "Commit the failover": it "deletes all the available recovery points".
#pragma once

#include "vms/recovery/stages.hpp"

namespace switchback::recovery {

/// Forgets the points, and data sent that was never processed.
Task<Nothing> delete_points(JobContext& job);
/// Folds the layers up to the chosen point's into the base, under the running recovery VMs, and
/// hands all layers over to remove_layers(). What can't be folded now stays where it is, for the
/// commit of the failback or the end of protection: the points are gone all the same, and the
/// commit must not end between the two.
Task<Nothing> flatten(JobContext& job);
/// The same, but an Error if it can't be done.
Task<Nothing> flatten_or_fail(JobContext& job);
/// Deletes what was folded, and newer layers, which nothing rests on. A stage of its own: a retry
/// of the folding must still find them.
Task<Nothing> remove_layers(JobContext& job);

}  // namespace switchback::recovery
