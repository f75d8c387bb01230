// SPDX-License-Identifier: Apache-2.0
// Promise: a recovery point is what it was when it was first listed, whatever is done around it.
//
// Source: change recovery point in the tutorial of the service ("you can change the recovery point"
// until the commit), and the drill document: changes to a test VM "are not replicated back": either
// would be worthless if what runs could write to a point. Codes RPID, TEST and RETAIN; invariants
// 17, 21 and 37 of the lifecycle.
#include <fmt/format.h>

#include "properties/properties.hpp"

namespace switchback {
namespace {

class PointsNeverChange final : public Property {
 public:
  [[nodiscard]] std::string_view name() const override { return "points_never_change"; }
  [[nodiscard]] std::string_view promise() const override {
    return "the images, the cut and the label of a listed recovery point never change";
  }
  [[nodiscard]] std::string_view source() const override {
    return "Azure Site Recovery, 'Run a disaster recovery drill to Azure'; tutorial, change "
           "recovery point";
  }
  [[nodiscard]] Verdict after_operation(const OperationEvidence& evidence) const override {
    if (!evidence.altered_points.empty()) {
      const AlteredPoint& altered = evidence.altered_points.front();
      if (!altered.gone.empty())
        return Verdict::broken(
            "point_gone", fmt::format("after {} recovery point {} is listed and can't be read: {}",
                                      name_of(evidence.operation), altered.id, altered.gone));
      return Verdict::broken(
          "point_altered",
          fmt::format("after {} recovery point {} is not what it was: disk {} block {} shows write "
                      "{}, it held {}",
                      name_of(evidence.operation), altered.id, altered.first.disk,
                      altered.first.block, altered.first.shows, altered.first.expected));
    }
    if (evidence.before.status.points.empty()) return Verdict::does_not_apply();
    if (evidence.before.status.points.is(evidence.after.status.points)) return Verdict::holds();
    for (const RecoveryPoint& was : evidence.before.status.points)
      for (const RecoveryPoint& is : evidence.after.status.points)
        if (was.id == is.id && (was.cut != is.cut || was.app_consistent != is.app_consistent))
          return Verdict::broken("point_relabelled",
                                 fmt::format("after {} recovery point {} has another time or label",
                                             name_of(evidence.operation), was.id));
    return Verdict::holds();
  }
};

}  // namespace

std::unique_ptr<const Property> points_never_change() {
  return std::make_unique<PointsNeverChange>();
}

}  // namespace switchback
