// SPDX-License-Identifier: Apache-2.0
// Time that goes by, and the healthy phase after the last step.
#include <fmt/format.h>

#include "harness/lifecycle/path.hpp"
#include "harness/lifecycle/resting_states.hpp"
#include "harness/runner/judging.hpp"
#include "harness/runner/sequence_run.hpp"

namespace switchback {
namespace {

/// Retries come at most this far apart: after a wait this long whatever mends itself has been
/// mended.
constexpr Duration kLongestRetry = std::chrono::minutes(31);

/// An item that needs more operations than this to come back does not come back.
constexpr int kMostOperationsBack = 24;

}  // namespace

Result<Duration> SequenceRun::pass_time(Duration duration) {
  const Tick tick = branches_.of_points().now();
  SB_ASSIGN(passed, world_.system->pass_time(duration));
  if (passed > Duration::zero()) cuts_.clock_leaves(clock_, tick);
  clock_ += passed;
  return passed;
}

Nothing SequenceRun::wait(Duration duration, InJob& in_job) {
  SB_ASSIGN(start, look());
  last_ = std::move(start);
  Span span{last_, model_, {}};
  while (duration > Duration::zero() && !violated()) {
    SB_ASSIGN(before, look_before());
    SB_ASSIGN(passed, pass_time(duration));
    duration -= passed;
    before.snapshot.now = clock_;
    SB_ASSIGN(status, world_.system->status(item_.name));
    if (!status.job) {
      if (passed == Duration::zero()) break;
      continue;
    }
    const Operation operation = status.job->operation;
    const Instant began = clock_;
    Asked asked{{Request(operation), model_, find_transition(model_, operation), std::nullopt},
                std::move(before)};
    SB_ASSIGN(outcome, drive(asked, Progress(*status.job), in_job));
    SB_TRY(settle(asked, outcome));
    // Of a round that nobody knows the end of nothing can be said.
    if (operation == Operation::delta_replication &&
        !std::holds_alternative<Indeterminate>(outcome))
      span.rounds.push_back({began, clock_, std::holds_alternative<Done>(outcome)});
    if (model_ == span.model) continue;
    judge_time(span, last_);
    span = {last_, model_, {}};
  }
  if (violated()) return {};
  SB_ASSIGN(end, look());
  judge_time(span, end);
  return {};
}

/// Of time in which the model stayed in one state, but for what ended it.
void SequenceRun::judge_time(const Span& span, const Snapshot& after) {
  if (violated()) return;
  const TimeEvidence evidence{.item = item_,
                              .capabilities = capabilities(),
                              .model = span.model,
                              .before = span.before,
                              .after = after,
                              .undisturbed_since = undisturbed_since_,
                              .disturbed = faults_.any_in_force() || !disk_edits_.empty(),
                              .wire_bytes = after.wire.total() - span.before.wire.total(),
                              .rounds = span.rounds};
  judge([&](const Property& property) { return property.after_time(evidence); });
}

/// Faults off, edits taken back, time passes: the item must be protected and in sync again.
Nothing SequenceRun::healthy_phase() {
  SB_TRY(heal());
  SB_TRY(edit(Edit::undo));
  InJob none{};
  // Whatever is retried or fenced by itself gets its chance first.
  SB_TRY(wait(kLongestRetry + 2 * item_.policy.copy_frequency, none));
  if (violated()) return {};
  return come_back();
}

Nothing SequenceRun::come_back() {
  InJob none{};
  for (int asked = 0; asked < kMostOperationsBack && !violated(); ++asked) {
    trouble_.clear();
    if (model_ == resting::kMigrated) return {};  // nothing to come back to
    if (model_ == resting::kProtected) {
      SB_TRY(wait(2 * item_.policy.copy_frequency, none));
      if (violated()) return {};
      SB_ASSIGN(now, look());
      if (now.status.health == Health::normal && model_ == resting::kProtected) return {};
      trouble_ = "its health is not normal: " + now.status.health_reason;
      if (model_ == resting::kProtected) SB_TRY(operate({Operation::resynchronize}, none));
      continue;
    }
    const std::vector<Operation> path = shortest_path(model_, resting::kProtected);
    if (path.empty()) {
      trouble_ = fmt::format("no way leads from {} to protected", name_of(model_));
      return {};
    }
    SB_TRY(operate({path.front()}, none));
    trouble_ = fmt::format("{} does not lead on", name_of(path.front()));
  }
  return {};
}

}  // namespace switchback
