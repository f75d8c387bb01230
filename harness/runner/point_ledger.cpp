// SPDX-License-Identifier: Apache-2.0
// See point_ledger.hpp.
#include "harness/runner/point_ledger.hpp"

#include <algorithm>

namespace switchback {
namespace {

/// No trouble of the environment: the system lists what it does not have.
template <class T>
bool is_gone(const Result<T>& image) {
  return !image && image.error().kind == ErrorKind::not_found;
}

}  // namespace

Result<std::vector<std::string>> PointLedger::follow(World& world, const ItemSpec& item,
                                                     const std::vector<RecoveryPoint>& listed) {
  std::erase_if(images_, [&](const auto& known) {
    return std::none_of(listed.begin(), listed.end(),
                        [&](const RecoveryPoint& point) { return point.id == known.first; });
  });
  std::vector<std::string> added;
  for (const RecoveryPoint& point : listed) {
    if (images_.contains(point.id)) continue;
    Result<GroupImage> image = read_point(world, item, point.id);
    if (is_gone(image)) {
      gone_.push_back({point.id, {}, image.error().message});
      continue;
    }
    if (!image) return tl::unexpected(image.error());
    images_.emplace(point.id, std::move(*image));
    added.push_back(point.id);
  }
  return added;
}

Result<std::vector<AlteredPoint>> PointLedger::altered(World& world, const ItemSpec& item,
                                                       const std::vector<RecoveryPoint>& listed) {
  std::vector<AlteredPoint> altered;
  for (const RecoveryPoint& point : listed) {
    const auto known = images_.find(point.id);
    if (known == images_.end()) continue;
    Result<std::optional<GroupImage>> again =
        read_point_again(world, item, point.id, known->second);
    if (is_gone(again)) {
      gone_.push_back({point.id, {}, again.error().message});
      continue;
    }
    SB_ASSIGN(image, std::move(again));
    if (!image) continue;
    const std::optional<Difference> differs = difference(*image, known->second);
    if (differs) altered.push_back({point.id, differs->first});
    known->second = std::move(*image);
  }
  return altered;
}

Result<std::set<std::string>> PointLedger::unreadable(World& world, const ItemSpec& item) const {
  std::set<std::string> ids;
  for (const auto& [id, image] : images_)
    if (is_gone(read_point_again(world, item, id, image))) ids.insert(id);
  return ids;
}

const GroupImage* PointLedger::find(const std::string& id) const {
  const auto found = images_.find(id);
  return found == images_.end() ? nullptr : &found->second;
}

}  // namespace switchback
