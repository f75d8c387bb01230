// SPDX-License-Identifier: Apache-2.0
// Promise: what a failover, a test failover or a change of recovery point starts is the point that
// was chosen, to the block; Latest holds all that had been sent; Latest processed does not wait for
// what was not yet processed.
//
// Source: the tutorial, "Failover options": Latest "has all the data that was replicated to Site
// Recovery when the failover was triggered"; Latest processed "no time is spent processing
// unprocessed data"; Custom. Code RPID; invariants 21 and 23 to 27.
#include <algorithm>

#include <fmt/format.h>

#include "properties/properties.hpp"

namespace switchback {
namespace {

class FailoverStartsFromTheChosenPoint final : public Property {
 public:
  [[nodiscard]] std::string_view name() const override {
    return "failover_starts_from_the_chosen_point";
  }
  [[nodiscard]] std::string_view promise() const override {
    return "a failed-over VM starts as the chosen recovery point, block for block";
  }
  [[nodiscard]] std::string_view source() const override {
    return "Azure Site Recovery tutorial 'Fail over and fail back Hyper-V VMs', failover options";
  }
  [[nodiscard]] Verdict after_operation(const OperationEvidence& evidence) const override {
    if (evidence.row == nullptr || !std::holds_alternative<Done>(evidence.outcome))
      return Verdict::does_not_apply();
    const bool tests = evidence.operation == Operation::test_failover;
    const bool switches = evidence.operation == Operation::unplanned_failover ||
                          evidence.operation == Operation::change_recovery_point ||
                          evidence.operation == Operation::planned_failover;
    if (!tests && !switches) return Verdict::does_not_apply();
    const std::optional<StartedCopy>& copy = tests ? evidence.test : evidence.target;
    if (!copy) {
      return Verdict::broken("nothing_started", fmt::format("{} is done, but no VM was started",
                                                            name_of(evidence.operation)));
    }
    const std::optional<std::string> wrong = wrong_choice(evidence, *copy);
    if (wrong) return Verdict::broken("wrong_point", *wrong);
    if (copy->differs)
      return Verdict::broken(
          "not_the_point",
          fmt::format("{}: {} block(s) of the VM are not those of recovery point {}: disk {} block "
                      "{} shows write {}, the point has {}",
                      name_of(evidence.operation), copy->differing, copy->point,
                      copy->differs->disk, copy->differs->block, copy->differs->shows,
                      copy->differs->expected));
    return Verdict::holds();
  }

 private:
  static const RecoveryPoint* find(const std::vector<RecoveryPoint>& points,
                                   const std::string& id) {
    const auto found = std::find_if(points.begin(), points.end(),
                                    [&](const RecoveryPoint& point) { return point.id == id; });
    return found == points.end() ? nullptr : &*found;
  }

  /// Why the point that the copy was started from is not the one that was asked for.
  static std::optional<std::string> wrong_choice(const OperationEvidence& evidence,
                                                 const StartedCopy& copy) {
    const ItemStatus& before = evidence.before.status;
    const ItemStatus& after = evidence.after.status;
    const RecoveryPoint* const used = find(after.points, copy.point);
    if (used == nullptr)
      return fmt::format("{} started from '{}', which is no recovery point of the item",
                         name_of(evidence.operation), copy.point);
    const bool planned = evidence.operation == Operation::planned_failover;
    const auto is_not = [&](const std::string& wanted) {
      return fmt::format("{} from {} started from {} instead of {}", name_of(evidence.operation),
                         planned ? "the final changes" : name_of(evidence.request.point),
                         copy.point, wanted);
    };
    const bool changes = evidence.operation == Operation::change_recovery_point;
    if (planned || (!changes && evidence.request.point == PointChoice::latest)) {
      if (copy.point != after.points.back().id) return is_not(after.points.back().id);
      const auto& faults = evidence.faults;  // what was sent may have been destroyed since
      const bool deleted =
          std::find(faults.begin(), faults.end(), FaultKind::targets_deleted) != faults.end();
      if (used->cut < before.last_synchronized && !deleted)
        return fmt::format(
            "{} from latest started from {} cut at {} ns, but data cut at {} ns had "
            "been sent before",
            name_of(evidence.operation), copy.point, used->cut.count(),
            before.last_synchronized.count());
      return std::nullopt;
    }
    const RecoveryPoint* wanted = nullptr;
    for (const RecoveryPoint& point : before.points) {
      // Once failed over, nothing more is processed: the latest is the newest listed.
      const bool fits =
          evidence.request.point == PointChoice::latest_processed ||
          evidence.request.point == PointChoice::latest ||
          (evidence.request.point == PointChoice::latest_app_consistent && point.app_consistent) ||
          point.id == evidence.request.point_id;
      if (fits) wanted = &point;  // the newest is the last
    }
    if (wanted == nullptr)
      return fmt::format("{} from {} was done, but there was no such point",
                         name_of(evidence.operation), name_of(evidence.request.point));
    if (copy.point != wanted->id) return is_not(wanted->id);
    return std::nullopt;
  }
};

}  // namespace

std::unique_ptr<const Property> failover_starts_from_the_chosen_point() {
  return std::make_unique<FailoverStartsFromTheChosenPoint>();
}

}  // namespace switchback
