// SPDX-License-Identifier: Apache-2.0
// Every recovery point that is listed, as it was when it was first listed.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/runner/images.hpp"
#include "properties/evidence.hpp"

namespace switchback {

class PointLedger {
 public:
  /// Reads the images of all points that are listed and not known yet, forgets those that are no
  /// longer listed, and returns the new ones' ids in the order of the list.
  Result<std::vector<std::string>> follow(World& world, const ItemSpec& item,
                                          const std::vector<RecoveryPoint>& listed);
  /// Reads the images of the known points again and tells which are no longer what they were. They
  /// are remembered as they are now.
  Result<std::vector<AlteredPoint>> altered(World& world, const ItemSpec& item,
                                            const std::vector<RecoveryPoint>& listed);
  /// The known points whose images are not there any more.
  Result<std::set<std::string>> unreadable(World& world, const ItemSpec& item) const;
  /// Points that are listed and whose images are not there, seen since the last time.
  std::vector<AlteredPoint> take_gone() { return std::exchange(gone_, {}); }
  /// nullptr: not known.
  [[nodiscard]] const GroupImage* find(const std::string& id) const;

 private:
  std::map<std::string, GroupImage> images_;
  std::vector<AlteredPoint> gone_;
};

}  // namespace switchback
