// SPDX-License-Identifier: Apache-2.0
// Layers of the replica that are not there any more, because somebody has deleted them: how that is
// noticed, and what is left then.
//
// Whoever deletes a volume deletes what rests on it, so that the newest layer speaks for all.
#pragma once

#include <string>
#include <vector>

#include "vms/recovery/stages.hpp"

namespace switchback::recovery {

/// Whether the recovery site has the layer's volumes of all disks.
Task<Result<bool>> has_layer(JobContext& job, std::string layer);
/// An Error if it has not.
Task<Nothing> check_layer(JobContext& job, std::string layer);
/// The same of the newest layer; then with `job.fail_to` set to resync_required, if the item rests
/// in protected.
Task<Nothing> check_newest_layer(JobContext& job);

/// Forgets the layers that are not there any more, with the points and the data sent that stand on
/// them, and removes what is left of them on other disks. If any were, tracking at primary says
/// nothing any more of what recovery lacks, and is forgotten as well: that has to be recorded
/// before a base is made anew, as the empty one that a later attempt finds is not missing.
Task<Nothing> forget_lost_layers(JobContext& job);
/// Makes empty base volumes where there are none, for a comparison to fill. Only for an item that
/// has no point.
Task<Nothing> make_missing_base(JobContext& job);

/// Where an item rests after a failure, if the losses found then have left it no point.
ItemState rest_after_losses(const ItemRecord& record, const ItemState& rest);

/// What may be deleted of an item's replica of one disk, newest first: all layers that no copy at
/// recovery rests on, as the catalog and the job in progress have them, and the one that a round in
/// progress fills.
std::vector<VolumeName> unused_layers(const ItemRecord& saved, const ItemRecord& working,
                                      const DiskSpec& disk);

}  // namespace switchback::recovery
