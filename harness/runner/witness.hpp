// SPDX-License-Identifier: Apache-2.0
// Takes snapshots and reads images: the harness's eyes during a sequence.
#pragma once

#include "harness/base/result.hpp"
#include "harness/journal/cut_checker.hpp"
#include "harness/system/laboratory.hpp"
#include "properties/evidence.hpp"

namespace switchback {

/// What is claimed and what is seen, now.
Result<Snapshot> take_snapshot(World& world, const ItemName& item);

/// Reads the VM's own disks on `site` and holds them against the journal.
Result<CutReport> read_vm(World& world, const ItemSpec& item, Site site, const Journal& journal);

/// Reads the images of every recovery point that `after` lists and `before` does not.
Result<std::vector<PointImage>> read_new_points(World& world, const ItemSpec& item,
                                                const ItemStatus& before, const ItemStatus& after,
                                                const Journal& journal);

}  // namespace switchback
