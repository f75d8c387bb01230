// SPDX-License-Identifier: Apache-2.0
// See reference_system.hpp.
#include "vms/recovery/reference_system.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "harness/lifecycle/transition_table.hpp"
#include "vms/recovery/naming.hpp"

namespace switchback::recovery {

/// The way back after a stage that failed, as traces and reports name it.
constexpr std::string_view kUndoStage = "undo";

/// A job in memory: dies with the controller.
struct ReferenceSystem::Job {
  Operation operation{};
  std::string stage;
  CallGate gate;
  JobContext context;
  std::optional<Task<Nothing>> body;

  Job(Operation given, ItemRecord& record, const ServiceParts& parts, const Instant& now)
      : operation(given), context{record, *parts.primary, *parts.recovery, gate, now} {}

  void enter_stage(std::string_view name) {
    stage = name;
    gate.restart_count();
  }
};

ReferenceSystem::ReferenceSystem(ServiceParts parts) : parts_(std::move(parts)) {
  capabilities_.system = parts_.system_name;
  for (const auto& [operation, plan] : parts_.stages) {
    StageList list{operation, {}, plan.undo ? std::string(kUndoStage) : std::string()};
    for (const Stage& stage : plan.stages)
      list.stages.emplace_back(stage.name);
    capabilities_.operations.push_back(std::move(list));
  }
  capabilities_.stops_at = StopsAt::call;
  capabilities_.faults.assign(kAllFaults.begin(), kAllFaults.end());
  capabilities_.clock_is_ours = true;
  capabilities_.tracking_grain = parts_.tracking_grain;
  capabilities_.sync_overhead_per_disk = parts_.sync_overhead_per_disk;
  capabilities_.sync_overhead_per_grain = parts_.sync_overhead_per_grain;
  capabilities_.copy_frequency = parts_.copy_frequency;
}

ReferenceSystem::~ReferenceSystem() = default;

Result<Progress> ReferenceSystem::start(const ItemSpec& spec, Operation operation) {
  auto found = items_.find(spec.name);
  const ItemState rest = found == items_.end() ? initial_state() : found->second.saved.rest;
  const auto refuse = [&](std::string reason, OperationSet allowed) {
    return Progress(Outcome(Refused{std::move(reason), rest, allowed}));
  };
  if (found != items_.end() && found->second.job)
    return refuse(fmt::format("{} is in progress", name_of(found->second.job->operation)), {});
  if (!asked_by_operator(operation) || find_transition(rest, operation) == nullptr)
    return refuse(fmt::format("{} is not allowed in state {}", name_of(operation), name_of(rest)),
                  allowed_operations(rest));
  if (found == items_.end()) {
    Item item;
    item.working.spec = spec;
    item.working.rest = rest;
    item.saved = item.working;
    found = items_.emplace(spec.name, std::move(item)).first;
  }
  Item& item = found->second;
  item.working.job = JobRecord::begin(operation);
  begin_job(item);
  return progress_of(spec.name, item);
}

Result<Progress> ReferenceSystem::advance(const ItemName& name) {
  const auto found = items_.find(name);
  if (found == items_.end() || !found->second.job)
    return environment_error(fmt::format("item {} has no job to advance", name),
                             "start an operation first");
  found->second.job->gate.let_through();
  return progress_of(name, found->second);
}

Result<Duration> ReferenceSystem::pass_time(Duration duration) {
  Instant until = now_ + duration;
  Item* due = nullptr;
  for (auto& [name, item] : items_) {
    const bool replicates =
        !item.job && find_transition(item.saved.rest, Operation::delta_replication) != nullptr;
    if (!replicates || item.saved.next_round_due > until) continue;
    if (due != nullptr && item.saved.next_round_due >= due->saved.next_round_due) continue;
    due = &item;
    until = std::max(now_, item.saved.next_round_due);
  }
  const Duration passed = until - now_;
  now_ = until;
  if (due != nullptr) {
    due->working.job = JobRecord::begin(Operation::delta_replication);
    begin_job(*due);
  }
  return passed;
}

Result<ItemStatus> ReferenceSystem::status(const ItemName& name) {
  ItemStatus status;
  const auto found = items_.find(name);
  if (found == items_.end()) {
    status.state = initial_state();
    status.allowed = allowed_operations(status.state);
    return status;
  }
  const Item& item = found->second;
  status.state = item.saved.rest;
  status.allowed = allowed_operations(status.state);
  if (item.job) {
    const Transition* row = find_transition(item.saved.rest, item.job->operation);
    SB_ASSERT(row != nullptr);
    status.state = row->during;
    status.allowed = {};
    status.job = JobPoint{item.job->operation, item.job->stage, item.job->gate.calls_made(),
                          std::string(item.job->gate.pending_name())};
  }
  for (const PointRecord& point : item.saved.points)
    status.points.push_back({.id = point.id, .cut = point.cut, .app_consistent = false});
  status.last_synchronized = item.saved.last_synchronized;
  status.bytes_sent = item.saved.bytes_sent;
  return status;
}

Result<std::vector<DiskLocator>> ReferenceSystem::locate_point(const ItemName& name,
                                                               const std::string& point_id) {
  const auto found = items_.find(name);
  if (found != items_.end()) {
    const ItemRecord& record = found->second.saved;
    for (const PointRecord& point : record.points) {
      if (point.id != point_id) continue;
      std::vector<DiskLocator> disks;
      for (const DiskSpec& disk : record.spec.disks)
        disks.push_back(parts_.recovery->locate_volume(layer_volume(record, disk, point.layer)));
      return disks;
    }
  }
  return environment_error(fmt::format("item {} has no recovery point {}", name, point_id),
                           "choose one from its status");
}

Nothing ReferenceSystem::inject(FaultKind kind) {
  switch (kind) {
    case FaultKind::controller_killed:
      return restore();
    case FaultKind::link_cut:
      parts_.link.cut();
      return {};
  }
  SB_ASSERT(false && "every fault kind is handled");
}

Nothing ReferenceSystem::heal() {
  parts_.link.heal();
  return {};
}

Nothing ReferenceSystem::restore() {
  items_.clear();  // with their jobs: whatever was not saved is forgotten
  SB_ASSIGN(records, parts_.catalog->load());
  for (auto& [name, record] : records) {
    Item& item = items_[name];
    item.saved = record;
    item.working = record;
    if (record.job) begin_job(item);
  }
  return {};
}

void ReferenceSystem::begin_job(Item& item) {
  SB_ASSERT(item.working.job && !item.job);
  item.job = std::make_unique<Job>(item.working.job->operation, item.working, parts_, now_);
  item.job->body.emplace(run_job(item, *item.job));
  item.job->body->start();
}

/// Tells where the job stands now and, if it ended, how; the item is then free for the next one.
Result<Progress> ReferenceSystem::progress_of(const ItemName& name, Item& item) {
  Job& job = *item.job;
  if (job.gate.waiting())
    return Progress(JobPoint{job.operation, job.stage, job.gate.calls_made(),
                             std::string(job.gate.pending_name())});
  SB_ASSERT(job.body->done());
  const Nothing ended = job.body->take();
  item.job.reset();
  if (item.saved.rest == initial_state()) items_.erase(name);
  if (!ended) return Progress(Outcome(Failed{ended.error().message, true}));
  return Progress(Outcome(Done{}));
}

Task<Nothing> ReferenceSystem::run_job(Item& item, Job& job) {
  const OperationPlan& plan = parts_.stages.at(job.operation);
  const Transition* const row = find_transition(item.saved.rest, job.operation);
  SB_ASSERT(row != nullptr);
  if (!item.working.job->undoing) {
    const Nothing ran = co_await run_stages(item, job, plan);
    if (ran) co_return co_await finish(item, job, row->to);
    // What the failed stage changed in memory was never recorded and did not happen.
    item.working = item.saved;
    if (!item.working.job) item.working.job = JobRecord::begin(job.operation);
    item.working.job->undoing = true;
    item.working.job->failure = ran.error().message;
    SB_CO_TRY(co_await save(item, job));
  }
  const std::string failure = item.working.job->failure;
  SB_CO_TRY(co_await undo(item, job, plan));
  SB_CO_TRY(co_await finish(item, job, row->from));
  co_return environment_error(failure, "mend the cause and ask again");
}

Task<Nothing> ReferenceSystem::run_stages(Item& item, Job& job, const OperationPlan& plan) {
  while (item.working.job->stage < plan.stages.size()) {
    const Stage& stage = plan.stages[item.working.job->stage];
    job.enter_stage(stage.name);
    SB_CO_TRY(co_await save(item, job));
    SB_CO_TRY(co_await stage.body(job.context));
    ++item.working.job->stage;
  }
  co_return Nothing{};
}

Task<Nothing> ReferenceSystem::undo(Item& item, Job& job, const OperationPlan& plan) {
  job.enter_stage(kUndoStage);
  if (!plan.undo) co_return Nothing{};
  const Nothing undone = co_await plan.undo(job.context);
  if (undone) co_return Nothing{};
  item.working.job->failure += "; and going back failed: " + undone.error().message;
  co_return Nothing{};
}

/// The job is over: the item rests at `rest`, and its next round is due one copy interval later.
Task<Nothing> ReferenceSystem::finish(Item& item, Job& job, const ItemState& rest) {
  item.working.job.reset();
  item.working.rest = rest;
  item.working.next_round_due = now_ + parts_.copy_frequency;
  co_return co_await save(item, job);
}

Task<Nothing> ReferenceSystem::save(Item& item, Job& job) {
  SB_CO_TRY(co_await job.gate.call("record", [&] {
    if (item.working.rest == initial_state() && !item.working.job)
      return parts_.catalog->erase(item.working.spec.name);
    return parts_.catalog->save(item.working);
  }));
  item.saved = item.working;
  co_return Nothing{};
}

}  // namespace switchback::recovery
