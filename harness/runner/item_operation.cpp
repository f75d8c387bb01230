// SPDX-License-Identifier: Apache-2.0
// One operation of a sequence: asked for, and driven through its job.
#include <algorithm>

#include <fmt/format.h>

#include "harness/runner/judging.hpp"
#include "harness/runner/sequence_run.hpp"
#include "harness/runner/witness.hpp"

namespace switchback {
namespace {

/// A job that passes more points than these, and so many for every disk and for every grain, or
/// chunk where that is the smaller, that the disks may hold, makes no progress. A sound one passes
/// two for every extent, again after each kill of its controller.
constexpr std::uint64_t kPointsOfAnyJob = 20'000;
constexpr std::uint64_t kPointsOfADisk = 1'000;
constexpr std::uint64_t kPointsOfAGrain = 20;

bool starts_copy(Operation operation) {
  return operation == Operation::planned_failover || operation == Operation::unplanned_failover ||
         operation == Operation::change_recovery_point;
}

}  // namespace

Result<Snapshot> ItemRun::look() {
  SB_TRY(follow_changed_disk());
  SB_ASSIGN(snapshot, take_snapshot(shared_.world, item_.name, shared_.clock));
  snapshot.wire = shared_.wire.of(number_, snapshot.wire);
  if (shared_.clock_steps.any())
    snapshot.never_shown = shared_.clock_steps.translate(snapshot.status);
  return snapshot;
}

Result<ItemRun::Before> ItemRun::look_before() {
  SB_ASSIGN(snapshot, look());
  calls_ = 0;
  most_points_.reset();
  endless_.reset();
  freeze_.begin();
  copy_.reset();
  Journal& journal = branches_.current();
  return Before{.snapshot = std::move(snapshot),
                .faults = faults_.mark(),
                .journal = &journal,
                .started = journal.now(),
                .unsent_since = unsent_since_,
                .differing = {},
                .allocated = {},
                .held = {},
                .chunks = 0};
}

/// What an operation that compares both sides, or copies one, may have to send.
Nothing ItemRun::look_at_both_sides(const RunningOperation& operation, Before& before) {
  const Operation asked = operation.request.operation;
  if (operation.row == nullptr) return {};
  const Bytes chunk = capabilities().checksum_chunk;
  if (asked == Operation::enable || asked == Operation::full_failback) {
    before.held = known_grains(*before.journal, kBlockBytes);
    before.allocated = branches_.known_grains(capabilities().tracking_grain);
  }
  if (asked == Operation::resynchronize &&
      capabilities().declares(Declared::full_copy_after_unclean_stop))
    before.allocated = branches_.known_grains(capabilities().tracking_grain);
  if (asked == Operation::enable) before.unsent_since = before.started;
  // Where tracking was lost, the last two have to compare as well.
  if (asked == Operation::resynchronize || asked == Operation::reverse_replicate ||
      asked == Operation::complete_failover)
    before.chunks = 2 * count_of(branches_.known_grains(chunk));
  if (asked == Operation::resynchronize) {
    before.differing = Grains(item_.disks.size());
    if (operation.from == resting::kSeedingIncomplete)
      before.differing = branches_.known_grains(chunk);
    else
      add_dirtied(before.differing, *before.journal, unsent_since_, chunk);
  }
  if (begins_failback(asked)) {
    SB_ASSIGN(ours, read_vms(shared_.world, item_, Site::recovery));
    SB_ASSIGN(theirs, read_vms_left(shared_.world, item_, Site::primary, before.snapshot.vms));
    before.differing = differing_grains(ours, theirs, chunk);
    before.chunks =
        count_of(allocated_grains(ours, chunk)) + count_of(allocated_grains(theirs, chunk));
  }
  return {};
}

Request ItemRun::request_for(const OperateStep& step, const ItemStatus& status) {
  Request request(step.operation);
  request.point = step.point;
  request.shut_down_source = step.shut_down_source;
  request.create_missing_vm = step.create_missing_vm;
  request.settings = step.settings;
  if (step.point == PointChoice::custom) {
    const std::size_t back = step.custom_point % (status.points.size() + 1);
    request.point_id = back == status.points.size()
                           ? "no-such-point"
                           : status.points[status.points.size() - 1 - back].id;
  }
  if (!keys_.empty() && step.key != KeyGiven::none) {
    // Whatever is given to enable is the right one from then on.
    const bool wrong = step.key == KeyGiven::wrong && step.operation != Operation::enable;
    request.key = wrong ? keys_.back() : keys_.front();
  }
  return request;
}

/// From here on what crosses the link is this item's.
Result<Progress> ItemRun::ask_system(const Request& request) {
  shared_.wire.goes_on(number_, shared_.world.laboratory->wire());
  Result<Progress> started = shared_.world.system->start(item_, request);
  look_at_moved_disks(request, {});
  return started;
}

void ItemRun::look_at_moved_disks(const Request& request, const std::string& stage) {
  if (!shared_.moved_disks.any()) return;
  shared_.moved_disks.look(
      shared_.world,
      {.item = number_, .operation = std::string(name_of(request.operation)), .stage = stage});
}

/// What a system has not, and an item that is more than it says it takes, must be refused.
const Transition* ItemRun::row_of(const ItemState& state, Operation operation) const {
  const Capabilities& can = capabilities();
  if (can.find(operation) == nullptr) return nullptr;
  const bool takes_item = item_.vms.size() <= can.most_vms &&
                          (can.encrypts || !item_.policy.encrypted) &&
                          (can.app_consistent || item_.policy.app_consistent.count() == 0);
  if (operation == Operation::enable && !takes_item) return nullptr;
  return find_transition(state, operation);
}

Nothing ItemRun::start(const OperateStep& step) {
  if (busy()) return ask_second(step);
  span_.reset();  // within another item's job, while time goes by
  SB_ASSIGN(before, look_before());
  // What only the clock brings about is refused to an operator in every state.
  const Transition* const row =
      asked_by_operator(step.operation) ? row_of(model_, step.operation) : nullptr;
  Asked asked{{request_for(step, before.snapshot.status), model_, row, std::nullopt},
              std::move(before)};
  SB_TRY(look_at_both_sides(asked.operation, asked.before));
  SB_ASSIGN(progress, ask_system(asked.operation.request));
  stopped_.reset();
  job_ = std::move(asked);
  progress_ = std::move(progress);
  return std::holds_alternative<Outcome>(progress_) ? settle() : Nothing{};
}

std::optional<JobPoint> ItemRun::stands_at() const {
  if (!job_) return std::nullopt;
  return std::get<JobPoint>(progress_);
}

Nothing ItemRun::advance(std::uint64_t points) {
  InJob none{};
  for (; points > 0 && busy(); --points)
    SB_TRY(pass_point(none));
  return {};
}

Nothing ItemRun::finish(InJob& in_job) {
  while (busy())
    SB_TRY(pass_point(in_job));
  return {};
}

/// While a job is in progress nothing but a cancel is allowed, whatever the table says of the
/// state; and that only where the table has a row for what the job is.
Nothing ItemRun::ask_second(const OperateStep& step) {
  SB_TRY(find_job_again());
  if (!busy()) return start(step);
  const Transition* const running = job_->operation.row;
  const bool cancels = step.operation == Operation::cancel && running != nullptr &&
                       running->operation != Operation::cancel;
  const Transition* const row = cancels ? row_of(running->during, Operation::cancel) : nullptr;
  SB_ASSIGN(snapshot, look());
  Before before = job_->before;
  before.snapshot = std::move(snapshot);
  const Request request = request_for(step, before.snapshot.status);
  SB_ASSIGN(progress, ask_system(request));
  const bool refused = std::holds_alternative<Outcome>(progress) &&
                       std::holds_alternative<Refused>(std::get<Outcome>(progress));
  if (row != nullptr && !refused) {
    swap_job(request, row, std::move(before), std::move(progress));
    return std::holds_alternative<Outcome>(progress_) ? settle() : Nothing{};
  }
  SB_ASSIGN(after, look());
  const Outcome outcome = std::holds_alternative<Outcome>(progress)
                              ? std::get<Outcome>(progress)
                              : Outcome(Done{});  // accepted: the properties will say so
  const Asked refusal{{request, model_, row, std::nullopt}, std::move(before)};
  OperationEvidence evidence = evidence_of(refusal, outcome, after);
  evidence.attempts = 1;
  judge([&](const Property& property) { return property.after_operation(evidence); });
  return {};
}

/// The cancel was accepted: what it stopped is not told any more.
void ItemRun::swap_job(const Request& request, const Transition* row, Before before,
                       Progress progress) {
  const Operation stopped = job_->operation.request.operation;
  tell_end(*job_, Failed{"cancelled", false}, before.snapshot, 0, /*was_cancelled=*/true);
  stopped_ = job_->operation;
  job_ = Asked{{request, model_, row, stopped}, std::move(before)};
  progress_ = std::move(progress);
  swapped_ = true;
}

/// Lets the job go on from the point where it stands; a cancel may take its place there, its
/// controller may die.
Nothing ItemRun::pass_point(InJob& in_job) {
  SB_TRY(find_job_again());
  if (!busy()) return {};
  swapped_ = false;
  SB_TRY(look_at_point(std::get<JobPoint>(progress_)));
  if (in_job.begin != in_job.end) {
    const JobPoint point = std::get<JobPoint>(progress_);  // the steps may change that
    SB_TRY(run_.steps_at(*this, point, in_job));
    if (left_its_point() || !busy()) return {};
    SB_TRY(watch_guests(point, /*again=*/true));
  }
  if (++calls_ > kPointsOfAnyJob && calls_ > most_points()) return give_up();
  shared_.wire.goes_on(number_, shared_.world.laboratory->wire());
  SB_ASSIGN(next, shared_.world.system->advance(item_.name));
  run_.tell_effects(number_, &std::get<JobPoint>(progress_));
  look_at_moved_disks(job_->operation.request, std::get<JobPoint>(progress_).stage);
  const Duration lasted = shared_.world.system->take_call_time();
  if (killed_) return find_job_again();
  progress_ = std::move(next);
  if (std::holds_alternative<Outcome>(progress_)) return settle();
  return lasted > Duration::zero() ? run_.call_lasts(*this, lasted) : Nothing{};
}

/// Of the job in progress. Counted once: what the disks may hold is the same to its end, but for
/// what guests write meanwhile.
std::uint64_t ItemRun::most_points() {
  if (!most_points_)
    most_points_ =
        kPointsOfAnyJob + kPointsOfADisk * item_.disks.size() +
        kPointsOfAGrain * count_of(branches_.known_grains(std::min(capabilities().tracking_grain,
                                                                   capabilities().checksum_chunk)));
  return *most_points_;
}

/// The job makes no progress. The sequence can't go on beside it, whoever judges that.
Nothing ItemRun::give_up() {
  endless_ = calls_;
  const std::string why = fmt::format("the job of {} has passed {} points and does not end",
                                      name_of(job_->operation.request.operation), calls_);
  progress_ = Outcome(Indeterminate{why});
  SB_TRY(settle());
  if (violated()) return {};
  return environment_error(why, "have lifecycle_is_followed judged");
}

Nothing ItemRun::find_job_again() {
  if (!killed_) return {};
  killed_ = false;
  SB_ASSIGN(status, shared_.world.system->status(item_.name));
  if (!status.job) {
    progress_ = Outcome(Indeterminate{"the controller died before it had recorded the request"});
    return settle();
  }
  // A cancel that was not recorded was never asked for.
  if (stopped_ && status.job->operation == stopped_->request.operation) job_->operation = *stopped_;
  progress_ = *status.job;
  return {};
}

Nothing ItemRun::look_at_point(const JobPoint& point) {
  if (shared_.context.at_point && !shared_.healing) shared_.context.at_point(shared_.step, point);
  SB_ASSIGN(live, shared_.world.laboratory->live_copies(item_.name));
  SB_TRY(follow_changed_disk());
  SB_TRY(look_for_copy(point, live));
  SB_TRY(watch_guests(point, /*again=*/false));
  const JobPointEvidence evidence{.item = item_,
                                  .point = point,
                                  .model = model_,
                                  .request = job_->operation.request,
                                  .live = live};
  for (const std::size_t n : shared_.of_job_points)
    note_verdict(n, shared_.context.properties[n]->at_job_point(evidence));
  return {};
}

/// `again`: steps have taken place at this point since.
Nothing ItemRun::watch_guests(const JobPoint& point, bool again) {
  if (item_.policy.app_consistent == std::chrono::hours(0)) return {};
  SB_ASSIGN(vms, shared_.world.laboratory->vms(item_.name));
  if (again)
    freeze_.look_again(point, vms, item_.vms.size());
  else
    freeze_.look(point, vms, item_.vms.size());
  return {};
}

/// The first sight of VMs that were started from a recovery point. What an undo starts again is not
/// such a copy.
Nothing ItemRun::look_for_copy(const JobPoint& point, LiveCopies live) {
  const Operation operation = job_->operation.request.operation;
  const bool tests = operation == Operation::test_failover;
  if (!tests && !(starts_copy(operation) && live.recovery)) return {};
  const StageList* const stages = capabilities().find(operation);
  if (stages != nullptr && !stages->undo.empty() && stages->undo == point.stage) return {};
  SB_ASSIGN(vms, shared_.world.laboratory->vms(item_.name));
  return notice_copy(vms);
}

Nothing ItemRun::notice_copy(const std::vector<SeenVm>& vms) {
  const bool test = job_->operation.request.operation == Operation::test_failover;
  const std::size_t count = item_.vms.size();
  std::vector<std::string> found = incarnations_at_recovery(vms, test, count);
  if (found.empty() || (copy_ && copy_->incarnations == found)) return {};
  const auto ran_before = [&](const std::string& incarnation) {
    const auto& before = job_->before.snapshot.vms;
    return std::any_of(before.begin(), before.end(), [&](const SeenVm& vm) {
      return vm.site == Site::recovery && vm.test == test && vm.running &&
             vm.incarnation == incarnation;
    });
  };
  if (std::any_of(found.begin(), found.end(), ran_before)) return {};
  SB_ASSIGN(image, test ? read_test_vms(shared_.world, item_)
                        : read_vms(shared_.world, item_, Site::recovery));
  const Journal& journal = branches_.of_points();
  CutReport cut = check_cut(image, journal);
  const std::vector<InitialBlock> shown = initial_blocks(image);
  if (test)
    branches_.start_test(shown);
  else
    branches_.start_copy(shown);
  copy_ = SeenCopy{test, std::move(found), std::move(image), cut, &journal};
  return {};
}

}  // namespace switchback
