// SPDX-License-Identifier: Apache-2.0
// From data sent to recovery points, and the end of old points.
#pragma once

#include "vms/recovery/stages.hpp"

namespace switchback::recovery {

/// Makes a recovery point of every layer sent, oldest first, and takes points off the list by the
/// policy: the oldest while there are more than it allows, and those older than its retention. The
/// newest stays, and the one that a test copy stands on. Changes the record only.
Task<Nothing> make_points(JobContext& job);
/// The same of data that was sent a while ago: an Error if it is not there any more.
Task<Nothing> process_sent(JobContext& job);
/// Folds every layer that no listed point and no copy needs into the layer below; the names of what
/// is now superfluous go to `record.folded`.
Task<Nothing> expire_points(JobContext& job);
/// Removes those. A stage of its own: a retry of the folding must still find them.
Task<Nothing> remove_expired(JobContext& job);

/// True if process_log has something to do, also where another operation made the points: for its
/// due time.
bool needs_processing(const ItemRecord& record);

}  // namespace switchback::recovery
