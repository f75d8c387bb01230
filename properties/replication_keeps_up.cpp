// SPDX-License-Identifier: Apache-2.0
// Promise: while an item is protected and nothing is broken, rounds go on by themselves: what is at
// recovery is never older than the copy frequency allows, and its time never runs backwards. A wall
// clock that is stepped changes nothing of it: a time that is told stands for the instant at which
// that clock showed it.
//
// Source: Hyper-V to Azure architecture, "Delta replication": the copy frequency; the drill
// document: ongoing replication is not affected; support questions about silent stops. Codes FRESH
// and STOP; invariants 8 and 16. Over a slow link data is older by just the time that calls took.
// A system may declare that it tells no time while it waits for a resynchronization (INV-RPO).
#include <fmt/format.h>

#include "properties/properties.hpp"

namespace switchback {
namespace {

class ReplicationKeepsUp final : public Property {
 public:
  [[nodiscard]] std::string_view name() const override { return "replication_keeps_up"; }
  [[nodiscard]] std::string_view promise() const override {
    return "data sent is never older than the copy frequency, points follow in time, and their "
           "times are true and never run backwards";
  }
  [[nodiscard]] std::string_view source() const override {
    return "Hyper-V to Azure architecture, 'Delta replication'; replication policy, copy frequency";
  }
  [[nodiscard]] Verdict after_operation(const OperationEvidence& evidence) const override {
    const Instant before = evidence.before.status.last_synchronized;
    const Instant after = evidence.after.status.last_synchronized;
    const bool protected_on = evidence.model_after != initial_state() &&
                              evidence.model_before != initial_state() &&
                              evidence.model_after.replication != Replication::none;
    if (!protected_on) return Verdict::does_not_apply();
    if (!evidence.after.never_shown.empty())
      return Verdict::broken(
          "no_such_time",
          fmt::format("after {} {} has a time that the system's clock has never shown",
                      name_of(evidence.operation), evidence.after.never_shown.front()));
    if (is_hidden(evidence, evidence.before.status) || is_hidden(evidence, evidence.after.status))
      return Verdict::does_not_apply();
    if (after < before)
      return Verdict::broken(
          "time_runs_backwards",
          fmt::format("{} moved the time of the data sent from {} ns to {} ns",
                      name_of(evidence.operation), before.count(), after.count()));
    if (after > evidence.after.now)
      return Verdict::broken("from_the_future",
                             fmt::format("data sent is of {} ns, it is {} ns", after.count(),
                                         evidence.after.now.count()));
    if (!sends_data(evidence.operation) && after != before)
      return Verdict::broken(
          "time_without_data",
          fmt::format(
              "{}, which sends nothing, moved the time of the data sent from {} ns to {} ns",
              name_of(evidence.operation), before.count(), after.count()));
    return Verdict::holds();
  }

  [[nodiscard]] Verdict after_time(const TimeEvidence& evidence) const override {
    const bool replicates = evidence.model.direction == Direction::primary_to_recovery &&
                            evidence.model.replication == Replication::in_sync;
    if (!replicates || evidence.disturbed) return Verdict::does_not_apply();
    const Duration period = evidence.item.policy.copy_frequency;
    // After failures, and they are told, the next try may be half an hour off.
    const bool told = evidence.before.status.health != Health::normal ||
                      evidence.after.status.health != Health::normal;
    const Duration slack = told ? Duration(std::chrono::minutes(30)) : Duration::zero();
    const Duration undisturbed = evidence.after.now - evidence.undisturbed_since;
    const Duration sent_within = period + slack + evidence.data_delayed;
    if (undisturbed <= period + sent_within) return Verdict::does_not_apply();
    const ItemStatus& status = evidence.after.status;
    const Duration age = evidence.after.now - status.last_synchronized;
    if (age > sent_within) return too_old("data sent", age, period);
    if (status.points.empty()) return Verdict::holds();  // lifecycle_is_followed's to say
    const Duration point_age = evidence.after.now - status.points.back().cut;
    const Duration listed_within =
        period + slack + evidence.capabilities.processing_delay + evidence.points_delayed;
    if (undisturbed <= period + listed_within) return Verdict::holds();
    if (point_age > listed_within) return too_old("the newest recovery point", point_age, period);
    return Verdict::holds();
  }

 private:
  /// A time that is not told where the system has declared that it tells none: nobody is deceived.
  static bool is_hidden(const OperationEvidence& evidence, const ItemStatus& status) {
    return evidence.capabilities.declares(Declared::unknown_rpo) &&
           status.last_synchronized == Instant{} &&
           status.state.replication == Replication::resync_required;
  }

  static Verdict too_old(std::string_view what, Duration age, Duration period) {
    const auto seconds = [](Duration duration) {
      return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
    };
    return Verdict::broken("stopped_silently",
                           fmt::format("{} is {} s old, with a copy frequency of {} s and nothing "
                                       "in the way",
                                       what, seconds(age), seconds(period)));
  }
};

}  // namespace

std::unique_ptr<const Property> replication_keeps_up() {
  return std::make_unique<ReplicationKeepsUp>();
}

}  // namespace switchback
