// SPDX-License-Identifier: Apache-2.0
// See witness.hpp.
#include "harness/runner/witness.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace switchback {

Result<Snapshot> take_snapshot(World& world, const ItemName& item) {
  Snapshot snapshot;
  SB_ASSIGN(status, world.system->status(item));
  SB_ASSIGN(census, world.laboratory->census(item));
  SB_ASSIGN(live, world.laboratory->live_copies(item));
  snapshot.status = std::move(status);
  snapshot.census = std::move(census);
  snapshot.live = live;
  snapshot.wire = world.laboratory->wire();
  return snapshot;
}

Result<CutReport> read_vm(World& world, const ItemSpec& item, Site site, const Journal& journal) {
  CutChecker checker(journal);
  for (DiskIndex disk = 0; disk < item.disks.size(); ++disk) {
    SB_ASSIGN(image, world.laboratory->open_disk(item.name, site, disk));
    SB_TRY(checker.take(disk, *image));
  }
  return checker.report();
}

Result<std::vector<PointImage>> read_new_points(World& world, const ItemSpec& item,
                                                const ItemStatus& before, const ItemStatus& after,
                                                const Journal& journal) {
  std::vector<PointImage> images;
  for (const RecoveryPoint& point : after.points) {
    const bool listed_before =
        std::any_of(before.points.begin(), before.points.end(),
                    [&](const RecoveryPoint& earlier) { return earlier.id == point.id; });
    if (listed_before) continue;
    SB_ASSIGN(locators, world.system->locate_point(item.name, point.id));
    if (locators.size() != item.disks.size())
      return environment_error(
          fmt::format("recovery point {} has {} disk images, the item has {} disks", point.id,
                      locators.size(), item.disks.size()),
          "the system must locate every disk of a point");
    CutChecker checker(journal);
    for (DiskIndex disk = 0; disk < item.disks.size(); ++disk) {
      SB_ASSIGN(image, world.laboratory->open_located(item.name, disk, locators[disk]));
      SB_TRY(checker.take(disk, *image));
    }
    images.push_back({point.id, checker.report()});
  }
  return images;
}

}  // namespace switchback
