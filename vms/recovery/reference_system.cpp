// SPDX-License-Identifier: Apache-2.0
// See reference_system.hpp. How a job runs is in job_run.cpp, what is due when in timers.cpp.
#include "vms/recovery/reference_system.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "harness/lifecycle/transition_table.hpp"
#include "vms/recovery/losses.hpp"
#include "vms/recovery/naming.hpp"
#include "vms/recovery/points_choice.hpp"
#include "vms/recovery/running_job.hpp"
#include "vms/recovery/transfer.hpp"

namespace switchback::recovery {
namespace {

bool starts_from_a_point(Operation operation) {
  return operation == Operation::test_failover || operation == Operation::unplanned_failover ||
         operation == Operation::change_recovery_point;
}

bool share_a_vm(const ItemSpec& left, const ItemSpec& right) {
  for (std::size_t a = 0; a < left.vms.size(); ++a)
    for (std::size_t b = 0; b < right.vms.size(); ++b)
      if (vm_name(left, a) == vm_name(right, b)) return true;
  return false;
}

/// True if there was any.
Result<bool> forget_tracking(Host& host, const VmName& vm) {
  SB_ASSIGN(found, host.find_vm(vm));
  if (!found) return false;
  SB_ASSIGN(checkpoints, host.list_checkpoints(vm));
  for (const CheckpointName& checkpoint : checkpoints) {
    if (host.remove_checkpoint(vm, checkpoint)) continue;
    // In use by a view: that goes too, as it would in a crash.
    SB_TRY(host.close_view(vm));
    SB_TRY(host.remove_checkpoint(vm, checkpoint));
  }
  return !checkpoints.empty();
}

/// On the service's own clock.
Instant newest_cut(const ItemRecord& record) {
  Instant newest = record.last_app_consistent;
  if (!record.points.empty()) newest = std::max(newest, record.points.back().cut);
  if (!record.sent.empty()) newest = std::max(newest, record.sent.back().cut);
  return newest;
}

Capabilities capabilities_of(const ServiceParts& parts) {
  Capabilities can;
  can.system = parts.system_name;
  can.operations = stage_lists(parts.stages);
  can.stops_at = StopsAt::call;
  can.record_call = kRecordCall;
  can.calls = call_names();
  can.faults = parts.faults;
  if (parts.power == nullptr)
    std::erase_if(can.faults, [](FaultKind kind) { return site_without_power(kind).has_value(); });
  can.clock_is_ours = true;
  can.tracking_grain = parts.tracking_grain;
  can.sync_overhead_per_disk = parts.sync_overhead_per_disk;
  can.sync_overhead_per_grain = parts.sync_overhead_per_grain;
  can.copy_frequency = parts.copy_frequency;
  can.processing_delay = parts.processing_delay;
  can.checksum_chunk = parts.checksum_chunk;
  can.checksum_bytes = parts.checksum_bytes;
  can.most_vms = parts.most_vms;
  can.encrypts = parts.encrypts;
  can.app_consistent = parts.app_consistent;
  can.uefi = parts.uefi;
  can.declared = parts.declared;
  // The base, and data sent that waits for its processing: three rounds of 30 seconds.
  can.footprint.per_replica = 4;
  return can;
}

}  // namespace

ReferenceSystem::ReferenceSystem(ServiceParts parts)
    : parts_(std::move(parts)), faults_(parts_.link), wall_(now_, faults_) {
  auto primary = std::make_unique<FaultyHost>(std::move(parts_.primary), Site::primary, faults_,
                                              parts_.storage);
  auto recovery = std::make_unique<FaultyHost>(std::move(parts_.recovery), Site::recovery, faults_,
                                               parts_.storage);
  primary_ = primary.get();
  recovery_ = recovery.get();
  parts_.primary = std::move(primary);
  parts_.recovery = std::move(recovery);
  capabilities_ = capabilities_of(parts_);
  offered_ = capabilities_.offered();
}

ReferenceSystem::~ReferenceSystem() {
  items_.clear();  // jobs use the hosts
}

std::optional<std::string> ReferenceSystem::objection(const ItemSpec& spec, const Item* item,
                                                      const Request& request) const {
  const std::string_view asked = name_of(request.operation);
  const ItemState rest = item == nullptr ? initial_state() : item->saved->rest;
  if (item != nullptr && item->job)
    return fmt::format("{}: {} is in progress", asked, name_of(item->job->operation));
  if (!asked_by_operator(request.operation) ||
      find_transition(rest, request.operation) == nullptr ||
      !parts_.stages.contains(request.operation))
    return fmt::format("{} is not allowed in state {}", asked, name_of(rest));
  if (starts_from_a_point(request.operation)) {
    const auto point = choose_point(item->saved, request.point, request.point_id);
    if (!point) return fmt::format("{}: {}", asked, point.error().message);
  }
  if (request.operation == Operation::enable) {
    if (spec.vms.size() > parts_.most_vms)
      return fmt::format("{}: {} has {} VMs, this service takes {}", asked, spec.name,
                         spec.vms.size(), parts_.most_vms);
    if (spec.policy.encrypted && !parts_.encrypts)
      return fmt::format("{}: this service does not encrypt", asked);
    if (spec.policy.app_consistent.count() > 0 && !parts_.app_consistent)
      return fmt::format("{}: this service makes no app-consistent points", asked);
    for (const auto& [name, held] : items_)
      if (name != spec.name && share_a_vm(held.saved->spec, spec))
        return fmt::format("{}: {} and {} share a VM", asked, spec.name, name);
  }
  return std::nullopt;
}

Result<Progress> ReferenceSystem::start(const ItemSpec& spec, const Request& request) {
  auto found = items_.find(spec.name);
  Item* const known = found == items_.end() ? nullptr : &found->second;
  if (known != nullptr && known->job && request.operation == Operation::cancel)
    return cancel_job(spec.name, *known, request);
  if (auto reason = objection(spec, known, request)) {
    const ItemState rest = known == nullptr ? initial_state() : known->saved->rest;
    const bool busy = known != nullptr && known->job;
    return Progress(
        Outcome(Refused{std::move(*reason), rest, busy ? OperationSet{} : allowed_in(rest)}));
  }
  if (known == nullptr) {
    Item item;
    item.working.spec = spec;
    item.working.rest = initial_state();
    keep(item, item.working);
    found = items_.emplace(spec.name, std::move(item)).first;
  }
  Item& item = found->second;
  item.working.job = JobRecord::begin(request);
  begin_job(item, request.key,
            request.operation == Operation::enable ? std::optional(spec) : std::nullopt);
  return progress_of(spec.name, item);
}

OperationSet ReferenceSystem::allowed_in(const ItemState& rest) const {
  return allowed_operations(rest) & offered_;
}

/// The job in progress dies where it is, as with its controller, and the cancel begins.
Result<Progress> ReferenceSystem::cancel_job(const ItemName& name, Item& item,
                                             const Request& request) {
  const Transition* const row = item.job->row;
  const Operation running = item.job->operation;
  if (running == Operation::cancel || !parts_.stages.contains(Operation::cancel) ||
      find_transition(row->during, Operation::cancel) == nullptr)
    return Progress(Outcome(
        Refused{fmt::format("cancel is not allowed while {} is in progress", name_of(running)),
                row->during,
                {}}));
  // At its first call nothing of the job is saved, at its last it is no longer in the working copy.
  const JobRecord stopped = *(item.saved->job ? item.saved->job : item.working.job);
  item.job.reset();
  item.working = *item.saved;
  item.working.job = JobRecord::begin(request);
  item.working.job->cancelled = running;
  item.working.job->cancelled_stage = item.saved->job ? stopped.stage : 0;
  // An earlier attempt may have shut it down, and could not start it again.
  const std::optional<JobRecord>& left = item.working.unsettled;
  item.working.job->shut_down_source = stopped.shut_down_source || (left && left->shut_down_source);
  item.working.health = Health::normal;  // of what is given up; the cancel may have to tell
  item.working.health_reason.clear();
  begin_job(item, {}, std::nullopt);
  return progress_of(name, item);
}

Result<Progress> ReferenceSystem::advance(const ItemName& name) {
  const auto found = items_.find(name);
  if (found == items_.end() || !found->second.job)
    return environment_error(fmt::format("item {} has no job to advance", name),
                             "start an operation first");
  found->second.job->gate.let_through();
  if (faults_.take_death()) {
    SB_TRY(restore());
    return Progress(Outcome(Indeterminate{"the controller died in a call"}));
  }
  return progress_of(name, found->second);
}

Result<Duration> ReferenceSystem::pass_time(Duration duration) {
  Instant until = now_ + duration;
  Item* next = nullptr;
  Operation operation{};
  for (auto& [name, item] : items_) {
    if (item.job) continue;
    const std::optional<Due> due = next_due(item.saved);
    if (!due || due->at > until || !parts_.stages.contains(due->operation)) continue;
    if (next != nullptr && due->at >= until) continue;
    next = &item;
    operation = due->operation;
    until = std::max(now_, due->at);
  }
  const Duration passed = until - now_;
  now_ = until;
  if (next != nullptr) {
    next->working.job = JobRecord::begin(operation);
    if (operation == Operation::delta_replication) next->working.next_round_due = now_;
    begin_job(*next, {}, std::nullopt);
  }
  return passed;
}

/// The record is what the catalog has now.
void ReferenceSystem::keep(Item& item, Shared<ItemRecord> saved) {
  const bool untouched = item.saved->points.is(saved->points);
  item.saved = std::move(saved);
  if (untouched) return;
  const std::vector<PointRecord>& points = item.saved->points;
  bool same = points.size() == item.points.size();
  for (std::size_t n = 0; same && n < points.size(); ++n)
    same = points[n].id == item.points[n].id && points[n].wall == item.points[n].cut &&
           points[n].app_consistent == item.points[n].app_consistent &&
           points[n].layer == item.located[n].layer;
  if (same) return;
  std::vector<RecoveryPoint> list;
  std::vector<Located> located;
  std::size_t before = 0;  // points come at the end and go from anywhere
  for (const PointRecord& point : points) {
    list.push_back({.id = point.id, .cut = point.wall, .app_consistent = point.app_consistent});
    located.push_back({.layer = point.layer, .disks = {}});
    while (before < item.points.size() && item.points[before].id != point.id)
      ++before;
    if (before < item.points.size() && item.located[before].layer == point.layer)
      located.back() = item.located[before];
  }
  item.points = std::move(list);
  item.located = std::move(located);
}

Result<ItemStatus> ReferenceSystem::status(const ItemName& name) {
  ItemStatus status;
  const auto found = items_.find(name);
  if (found == items_.end()) {
    status.state = initial_state();
    status.allowed = allowed_in(status.state);
    return status;
  }
  const Item& item = found->second;
  status.state = item.saved->rest;
  status.allowed = allowed_in(status.state);
  if (item.job) {
    const Transition* const row = item.job->row;
    status.state = row->during;
    status.allowed = {};
    if (item.job->operation != Operation::cancel && parts_.stages.contains(Operation::cancel) &&
        find_transition(row->during, Operation::cancel) != nullptr)
      status.allowed.insert(Operation::cancel);
    status.job = JobPoint{item.job->operation, item.job->stage, item.job->gate.calls_made(),
                          std::string(item.job->gate.pending_name())};
  }
  status.health = item.saved->health;
  status.health_reason = item.saved->health_reason;
  status.points = item.points;
  status.failover_point = item.saved->failover_point;
  status.last_synchronized = item.saved->last_synchronized;
  status.bytes_sent = item.saved->bytes_sent;
  if (parts_.add_to_status) parts_.add_to_status(name, status);
  return status;
}

Result<Shared<std::vector<DiskLocator>>> ReferenceSystem::locate_point(
    const ItemName& name, const std::string& point_id) {
  const auto found = items_.find(name);
  const PointRecord* const point =
      found == items_.end() ? nullptr : find_point(*found->second.saved, point_id);
  if (point == nullptr)
    return environment_error(fmt::format("item {} has no recovery point {}", name, point_id),
                             "choose one from its status");
  const ItemRecord& record = *found->second.saved;
  Located& located = found->second.located[static_cast<std::size_t>(point - record.points->data())];
  if (located.disks.empty()) {
    std::vector<DiskLocator> disks;
    for (const DiskSpec& disk : record.spec.disks)
      disks.push_back(parts_.recovery->locate_volume(layer_volume(record, disk, point->layer)));
    located.disks = std::move(disks);
  }
  return located.disks;
}

Nothing ReferenceSystem::inject(const Fault& fault) {
  const FaultKind kind = fault.kind;
  if (const std::optional<Site> site = site_without_power(kind)) return lose_power(kind, *site);
  if (kills_controller(kind)) {
    if (any_job()) faults_.took_effect(kind);
    return restore();
  }
  if (kind == FaultKind::tracking_lost) return lose_tracking();
  if (kind == FaultKind::targets_deleted) return delete_targets();
  faults_.inject(fault);
  return {};
}

Nothing ReferenceSystem::heal() {
  faults_.heal();
  return {};
}

bool ReferenceSystem::any_job() const {
  return std::any_of(items_.begin(), items_.end(),
                     [](const auto& entry) { return entry.second.job != nullptr; });
}

Nothing ReferenceSystem::lose_power(FaultKind kind, Site site) {
  SB_ASSERT(parts_.power != nullptr);
  const bool job_dies = kills_controller(kind) && any_job();
  SB_ASSIGN(lost, parts_.power->lose(site));
  (site == Site::primary ? primary_ : recovery_)->power_lost();
  if (job_dies || lost) faults_.took_effect(kind);
  return kills_controller(kind) ? restore() : Nothing{};
}

Nothing ReferenceSystem::lose_tracking() {
  bool lost = false;
  for (const auto& [name, item] : items_) {
    const std::vector<VmName> vms = vms_on(item.saved, Site::primary);
    for (const VmName& vm : vms) {
      SB_ASSIGN(had_any, forget_tracking(primary_->raw(), vm));
      lost = lost || had_any;
    }
  }
  if (lost) faults_.took_effect(FaultKind::tracking_lost);
  return {};
}

Nothing ReferenceSystem::delete_targets() {
  Host& host = recovery_->raw();
  bool any = false;
  for (const auto& [name, item] : items_) {
    const DiskSpec& disk = item.working.spec.disks.back();
    for (const VolumeName& volume : unused_layers(item.saved, item.working, disk)) {
      any = any || host.volume_size(volume).has_value();
      SB_TRY(host.remove_volume(volume));
    }
  }
  if (any) faults_.took_effect(FaultKind::targets_deleted);
  return {};
}

Nothing ReferenceSystem::restore() {
  items_.clear();  // with their jobs: whatever was not saved is forgotten
  SB_ASSIGN(records, parts_.catalog->load());
  for (auto& [name, record] : records) {
    set_clock(newest_cut(record));
    Item& item = items_[name];
    item.working = record;
    keep(item, std::move(record));
    if (item.working.job) begin_job(item, {}, std::nullopt);
  }
  return {};
}

void ReferenceSystem::begin_job(Item& item, std::string key, std::optional<ItemSpec> spec) {
  SB_ASSERT(item.working.job && !item.job);
  item.job = std::make_unique<Job>(item.working.job->operation, std::move(key), item.working,
                                   parts_, now_, wall_);
  item.job->spec = std::move(spec);
  item.job->row = row_of_job(item.working);
  SB_ASSERT(item.job->row != nullptr);
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
  const bool unsaved = job.unsaved;
  item.job.reset();
  if (item.saved->rest == initial_state() && !item.saved->unsettled && !unsaved) items_.erase(name);
  if (ended) return Progress(Outcome(Done{}));
  const Error& why = ended.error();
  if (unsaved) return Progress(Outcome(Indeterminate{why.message}));
  return Progress(Outcome(Failed{why.message, why.kind != ErrorKind::not_found}));
}

}  // namespace switchback::recovery
