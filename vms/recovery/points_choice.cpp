// SPDX-License-Identifier: Apache-2.0
// See points_choice.hpp.
#include "vms/recovery/points_choice.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace switchback::recovery {

const PointRecord* find_point(const ItemRecord& record, const std::string& point_id) {
  const auto found = std::find_if(record.points.begin(), record.points.end(),
                                  [&](const PointRecord& point) { return point.id == point_id; });
  return found == record.points.end() ? nullptr : &*found;
}

Result<PointRecord> choose_point(const ItemRecord& record, PointChoice choice,
                                 const std::string& point_id) {
  const std::string& item = record.spec.name;
  switch (choice) {
    case PointChoice::latest:
    case PointChoice::latest_processed:
      if (!record.points.empty()) return record.points.back();
      return not_found(fmt::format("item {} has no recovery point", item),
                       "wait for the first one");
    case PointChoice::latest_app_consistent: {
      const auto newest =
          std::find_if(record.points->rbegin(), record.points->rend(),
                       [](const PointRecord& point) { return point.app_consistent; });
      if (newest != record.points->rend()) return *newest;
      return not_found(fmt::format("item {} has no app-consistent recovery point", item),
                       "choose another kind of point");
    }
    case PointChoice::custom:
      if (const PointRecord* const named = find_point(record, point_id)) return *named;
      return not_found(fmt::format("item {} has no recovery point '{}'", item, point_id),
                       "choose one from its status");
  }
  return not_found("no such choice of recovery points", "choose another");
}

ConfigRecord newest_config(const ItemRecord& record) {
  if (!record.sent.empty()) return record.sent.back().config;
  if (record.points.empty()) return {};
  return record.points.back().config;
}

}  // namespace switchback::recovery
