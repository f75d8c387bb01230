// SPDX-License-Identifier: Apache-2.0
// Time that goes by for all items, and the healthy phase after the last step.
#include <algorithm>

#include "harness/runner/sequence_run.hpp"

namespace switchback {
namespace {

/// Retries come at most this far apart: after a wait this long whatever mends itself has been
/// mended.
constexpr Duration kLongestRetry = std::chrono::minutes(31);
/// Rounds that come after that before an item has to be protected and in sync: two for what mends
/// itself, two after the operations that lead back, and two after a resynchronization.
constexpr int kRoundsBack = 6;

/// A wait does not come to its end if time has been asked to go by more often than this and once a
/// second of it, for each item. Rounds and retries are half a minute apart, or a copy period.
constexpr std::uint64_t kTurnsOfAnyWait = 1'000;

}  // namespace

Result<Duration> SequenceRun::pass_time(Duration duration) {
  SB_ASSIGN(passed, shared_.world.system->pass_time(duration));
  if (passed > Duration::zero())
    for (const auto& item : items_)
      item->clock_left(shared_.clock);
  shared_.clock += passed;
  if (passed > Duration::zero()) shared_.clock_steps.reached(shared_.clock);
  return passed;
}

Result<ItemRun*> SequenceRun::take_up_job() {
  for (const auto& item : items_) {
    if (item->busy()) continue;
    SB_ASSIGN(took, item->take_up_job());
    if (took) return item.get();
  }
  return nullptr;
}

Nothing SequenceRun::wait(Duration duration, InJob& in_job, bool leave_jobs) {
  for (const auto& item : items_)
    SB_TRY(item->find_job_again());
  SB_TRY(let_go_by(duration, in_job, leave_jobs));
  for (const auto& item : items_) {
    if (item->busy())
      item->leave_time();
    else if (!violated())
      SB_TRY(item->after_time());
  }
  return {};
}

Nothing SequenceRun::call_lasts(ItemRun& item, Duration duration) {
  InJob none{};
  const Instant from = shared_.clock;
  SB_TRY(let_go_by(duration, none, /*leave_jobs=*/false));
  item.call_lasted(from, shared_.clock);
  for (const auto& other : items_) {
    if (other.get() == &item) continue;
    if (other->busy())
      other->disturb();
    else if (!violated())
      SB_TRY(other->after_time());
  }
  return {};
}

Nothing SequenceRun::let_go_by(Duration left, InJob& in_job, bool leave_jobs) {
  EndlessWaitEvidence seen;
  for (std::uint64_t turns = most_turns(left); left > Duration::zero() && !violated(); --turns) {
    seen.left = left;
    if (turns == 0) return give_up(seen);
    for (const auto& item : items_) {
      // The controller may have been killed in the job of another, before this one's was recorded.
      SB_TRY(item->find_job_again());
      if (!item->busy()) SB_TRY(item->before_time());
    }
    SB_ASSIGN(passed, pass_time(left));
    left -= passed;
    SB_ASSIGN(due, take_up_job());
    if (due == nullptr) {
      if (passed == Duration::zero() && any_busy()) break;  // it waits for the end of those jobs
      continue;
    }
    ++seen.jobs;
    seen.latest = due->stands_at()->operation;
    if (leave_jobs)
      due->leave_time();
    else
      SB_TRY(due->finish_by_itself(in_job));
  }
  return {};
}

std::uint64_t SequenceRun::most_turns(Duration wait) const {
  Duration grain = std::chrono::seconds(1);
  for (const auto& item : items_)
    grain = std::min(grain, item->spec().policy.copy_frequency);
  return items_.size() *
         (kTurnsOfAnyWait + static_cast<std::uint64_t>(wait / std::max(grain, Duration(1))));
}

/// The sequence can't go on without time, whoever judges that.
Nothing SequenceRun::give_up(const EndlessWaitEvidence& seen) {
  items_.front()->judge_endless_wait(seen);
  if (violated()) return {};
  return environment_error("a wait does not come to its end", "have lifecycle_is_followed judged");
}

bool SequenceRun::any_busy() const {
  return std::any_of(items_.begin(), items_.end(), [](const auto& item) { return item->busy(); });
}

/// Faults off, edits taken back, time passes: the items must be protected and in sync again.
Nothing SequenceRun::healthy_phase() {
  shared_.healing = true;
  shared_.healed_at = shared_.clock;
  SB_TRY(heal());
  InJob none{};
  Duration longest_round{};
  for (const auto& item : items_) {
    SB_TRY(item->edit(Edit::undo));
    longest_round = std::max(longest_round, item->spec().policy.copy_frequency);
  }
  // Whatever is retried or fenced by itself gets its chance first.
  shared_.recovers_within = kLongestRetry + kRoundsBack * longest_round;
  SB_TRY(wait(kLongestRetry + 2 * longest_round, none));
  for (bool waits = true; waits;) {
    waits = false;
    for (const auto& item : items_) {
      if (violated()) return {};
      SB_ASSIGN(comes, item->lead_back());
      waits = waits || comes;
    }
    if (waits) SB_TRY(wait(2 * longest_round, none));
    for (const auto& item : items_)
      if (!violated()) SB_TRY(item->see_whether_back());
  }
  return {};
}

}  // namespace switchback
