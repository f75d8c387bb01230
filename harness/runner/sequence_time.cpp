// SPDX-License-Identifier: Apache-2.0
// Time that goes by for all items, and the healthy phase after the last step.
#include <algorithm>

#include "harness/runner/sequence_run.hpp"

namespace switchback {
namespace {

/// Retries come at most this far apart: after a wait this long whatever mends itself has been
/// mended.
constexpr Duration kLongestRetry = std::chrono::minutes(31);

}  // namespace

Result<Duration> SequenceRun::pass_time(Duration duration) {
  SB_ASSIGN(passed, shared_.world.system->pass_time(duration));
  if (passed > Duration::zero())
    for (const auto& item : items_)
      item->clock_left(shared_.clock);
  shared_.clock += passed;
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
  while (duration > Duration::zero() && !violated()) {
    for (const auto& item : items_)
      if (!item->busy()) SB_TRY(item->before_time());
    SB_ASSIGN(passed, pass_time(duration));
    duration -= passed;
    SB_ASSIGN(due, take_up_job());
    if (due == nullptr && passed == Duration::zero()) break;
    if (due != nullptr && leave_jobs) due->leave_time();
    if (due != nullptr && !leave_jobs) SB_TRY(due->finish_by_itself(in_job));
  }
  for (const auto& item : items_) {
    if (item->busy())
      item->disturb();
    else if (!violated())
      SB_TRY(item->after_time());
  }
  return {};
}

/// Faults off, edits taken back, time passes: the items must be protected and in sync again.
Nothing SequenceRun::healthy_phase() {
  shared_.healing = true;
  SB_TRY(heal());
  InJob none{};
  Duration longest_round{};
  for (const auto& item : items_) {
    SB_TRY(item->edit(Edit::undo));
    longest_round = std::max(longest_round, item->spec().policy.copy_frequency);
  }
  // Whatever is retried or fenced by itself gets its chance first.
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
