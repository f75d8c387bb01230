// SPDX-License-Identifier: Apache-2.0
// Time that goes by for one item, and its way back to protected and in sync.
#include <fmt/format.h>

#include "harness/lifecycle/path.hpp"
#include "harness/lifecycle/resting_states.hpp"
#include "harness/runner/judging.hpp"
#include "harness/runner/sequence_run.hpp"

namespace switchback {
namespace {

/// An item that needs more operations than this to come back does not come back.
constexpr int kMostOperationsBack = 24;

}  // namespace

Nothing ItemRun::before_time() {
  SB_ASSIGN(before, look_before());
  if (!span_) {
    last_ = before.snapshot;
    span_ = Span{last_, model_, {}};
  }
  before_time_ = std::move(before);
  return {};
}

void ItemRun::clock_left(Instant instant) {
  for (const Journal* const journal : {&branches_.current(), &branches_.of_points()})
    cuts_.clock_leaves(instant, journal->branch(), journal->now());
}

Result<bool> ItemRun::take_up_job() {
  SB_ASSIGN(status, shared_.world.system->status(item_.name));
  if (!status.job) return false;
  const Operation operation = status.job->operation;
  Before before = std::move(*before_time_);
  before_time_.reset();
  before.snapshot.now = shared_.clock;
  stopped_.reset();
  progress_ = *status.job;
  job_ = Asked{{Request(operation), model_, find_transition(model_, operation), std::nullopt},
               std::move(before)};
  return true;
}

Nothing ItemRun::finish_by_itself(InJob& in_job) {
  const Operation operation = job_->operation.request.operation;
  const Instant began = shared_.clock;
  SB_TRY(finish(in_job));
  if (!span_) return {};  // something else happened to the item meanwhile
  // Of a round that nobody knows the end of nothing can be said.
  if (operation == Operation::delta_replication && !std::holds_alternative<Indeterminate>(*ended_))
    span_->rounds.push_back({began, shared_.clock, std::holds_alternative<Done>(*ended_)});
  if (model_ == span_->model) return {};
  judge_time(*span_, last_);
  span_ = Span{last_, model_, {}};
  return {};
}

void ItemRun::leave_time() {
  span_.reset();
  disturb();
}

Nothing ItemRun::after_time() {
  if (!span_) return {};
  const Span span = std::move(*span_);
  span_.reset();
  SB_ASSIGN(end, look());
  judge_time(span, end);
  return {};
}

/// Of time in which the model stayed in one state, but for what ended it.
void ItemRun::judge_time(const Span& span, const Snapshot& after) {
  if (violated()) return;
  const TimeEvidence evidence{.item = item_,
                              .capabilities = capabilities(),
                              .model = span.model,
                              .before = span.before,
                              .after = after,
                              .undisturbed_since = undisturbed_since_,
                              .disturbed = faults_.any_in_force() || disks_edited(),
                              .data_delayed = delays_.since(after.status.last_synchronized),
                              .points_delayed = after.status.points.empty()
                                                    ? Duration::zero()
                                                    : delays_.since(after.status.points.back().cut),
                              .wire_bytes = after.wire.total() - span.before.wire.total(),
                              .rounds = span.rounds};
  judge([&](const Property& property) { return property.after_time(evidence); });
}

void ItemRun::judge_endless_wait(const EndlessWaitEvidence& evidence) {
  judge([&](const Property& property) { return property.in_endless_wait(evidence); });
}

Result<bool> ItemRun::lead_back() {
  InJob none{};
  while (!home_at_ && !violated()) {
    if (model_ == resting::kProtected) return operations_back_ <= kMostOperationsBack;
    if (model_ == resting::kMigrated) {  // nothing to come back to
      trouble_.clear();
      break;
    }
    if (++operations_back_ > kMostOperationsBack) break;  // what stood in the way still does
    const std::vector<Operation> path = shortest_path(
        model_, resting::kProtected,
        [&](Operation operation) { return capabilities().find(operation) != nullptr; });
    if (path.empty()) {
      trouble_ = fmt::format("no way leads from {} to protected", name_of(model_));
      break;
    }
    trouble_ = fmt::format("{} does not lead on", name_of(path.front()));
    SB_TRY(start({path.front()}));
    SB_TRY(finish(none));
  }
  return false;
}

Nothing ItemRun::see_whether_back() {
  if (home_at_ || model_ != resting::kProtected) return {};
  SB_ASSIGN(now, look());
  trouble_.clear();
  if (now.status.health == Health::normal) {
    home_at_ = shared_.clock;
    return {};
  }
  trouble_ = "its health is not normal: " + now.status.health_reason;
  if (++operations_back_ > kMostOperationsBack) return {};
  InJob none{};
  SB_TRY(start({Operation::resynchronize}));
  return finish(none);
}

}  // namespace switchback
