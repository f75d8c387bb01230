// SPDX-License-Identifier: Apache-2.0
// See protection.hpp.
#include "vms/recovery/protection.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "harness/lifecycle/resting_states.hpp"
#include "vms/recovery/change_marks.hpp"
#include "vms/recovery/limits.hpp"
#include "vms/recovery/losses.hpp"
#include "vms/recovery/naming.hpp"
#include "vms/recovery/processing.hpp"
#include "vms/recovery/transfer.hpp"

namespace switchback::recovery {
namespace {

/// The stage is about to fail and only a comparison of both sides leads on: row 9 of the table. It
/// has no such row while a test failover is looked at; then rounds fail until the clean-up.
void fail_to_resync(JobContext& job) {
  if (job.record.rest == resting::kProtected) job.fail_to = resting::kResyncRequired;
}

bool app_consistent_point_due(const ItemRecord& record, Instant now) {
  const std::chrono::hours interval = record.spec.policy.app_consistent;
  return interval.count() > 0 && now - record.last_app_consistent >= interval;
}

Task<Nothing> check_vms_run(JobContext& job) {
  const std::vector<VmName> vms = vms_on(job.record, Site::primary);
  for (const VmName& vm : vms) {
    SB_CO_ASSIGN(runs, co_await job.call("is_running", [&] { return job.primary.is_running(vm); }));
    if (!runs)
      co_return environment_error(fmt::format("VM {} does not run on the primary site", vm),
                                  "start it before enabling replication");
  }
  co_return Nothing{};
}

Task<Nothing> check_no_twins(JobContext& job) {
  for (std::size_t n = 0; n < job.record.spec.vms.size(); ++n) {
    const VmName vm = recovery_vm_name(job.record, n);
    SB_CO_ASSIGN(twin, co_await job.call("find_vm", [&] { return job.recovery.find_vm(vm); }));
    if (twin)
      co_return environment_error(fmt::format("a VM named {} exists on the recovery site", vm),
                                  "remove or rename it: a failover would need its name");
  }
  co_return Nothing{};
}

/// An Error of kind bad_input if what has changed on the VM's disks will never be known.
Nothing find_tracking(const JobContext& job, std::size_t number, const VmName& vm) {
  const std::optional<CheckpointName>& since = job.record.tracked_since;
  SB_ASSIGN(names, job.primary.list_checkpoints(vm));
  if (!since || std::find(names.begin(), names.end(), *since) == names.end())
    return bad_input(
        fmt::format("change tracking of VM {} was lost: what changed is not known", vm),
        "resynchronize");
  return check_change_marks(job, number);
}

Nothing check_key_given(const JobContext& job) {
  if (!job.record.spec.policy.encrypted || !job.key.empty()) return {};
  return bad_input(fmt::format("the replica of {} is to be encrypted, and no key came with the "
                               "request",
                               job.record.spec.name),
                   "give the key again");
}

}  // namespace

Task<Nothing> check_prerequisites(JobContext& job) {
  SB_CO_TRY(check_limits(job.record.spec));
  SB_CO_TRY(check_key_given(job));
  SB_CO_TRY(co_await check_disks_unchanged(job));
  SB_CO_TRY(co_await check_vms_run(job));
  co_return co_await check_no_twins(job);
}

Task<Nothing> store_key(JobContext& job) {
  if (!job.record.spec.policy.encrypted) co_return Nothing{};
  SB_CO_TRY(check_key_given(job));  // gone, if the controller died since
  const KeyName name = job.record.spec.name;
  SB_CO_TRY(co_await job.call("set_key", [&] { return job.recovery.set_key(name, job.key); }));
  co_return Nothing{};
}

Task<Nothing> replicate_all(JobContext& job) {
  ItemRecord& record = job.record;
  const std::string base{kBaseLayer};
  SB_CO_TRY(co_await create_layer(job, base, std::nullopt));
  SB_CO_TRY(co_await note_change_marks(job));
  const bool quiesce = record.spec.policy.app_consistent.count() > 0;
  const Transfer everything{
      .source = Site::primary,
      .source_runs = true,
      .since = std::nullopt,
      .target = [&record, base](const DiskSpec& disk) { return layer_volume(record, disk, base); },
      .quiesce = quiesce};
  Result<LayerRecord> sent = co_await transfer(job, everything);
  if (!sent && sent.error().kind == ErrorKind::no_space) job.fail_to = resting::kSeedingIncomplete;
  SB_CO_TRY(sent);
  // A guest that could not be quiesced now is asked again in the next round.
  if (quiesce && !sent->app_consistent)
    record.last_app_consistent = sent->cut - record.spec.policy.app_consistent;
  record.points.change([&](std::vector<PointRecord>& points) {
    points.push_back({.id = point_layer_of_round(record.round),
                      .layer = base,
                      .cut = sent->cut,
                      .wall = sent->wall,
                      .app_consistent = sent->app_consistent,
                      .config = std::move(sent->config)});
  });
  co_return Nothing{};
}

Task<Nothing> undo_enable(JobContext& job) {
  const JobRecord& undone = *job.record.job;
  if (undone.failed_rest == resting::kSeedingIncomplete)
    co_return co_await stop_tracking(job, Site::primary);
  const Nothing removed = co_await remove_replica_volumes(job);
  SB_CO_TRY(co_await stop_tracking(job, Site::primary));
  co_return removed;
}

Task<Nothing> check_disks(JobContext& job) {
  Nothing unchanged = co_await check_disks_unchanged(job);
  if (!unchanged && unchanged.error().kind == ErrorKind::bad_input) fail_to_resync(job);
  SB_CO_TRY(std::move(unchanged));
  SB_CO_TRY(co_await check_tracking(job));
  co_return co_await check_newest_layer(job);
}

Task<Nothing> check_tracking(JobContext& job) {
  const std::vector<VmName> vms = vms_on(job.record, Site::primary);
  for (std::size_t vm = 0; vm < vms.size(); ++vm) {
    Nothing found =
        co_await job.call("list_checkpoints", [&] { return find_tracking(job, vm, vms[vm]); });
    if (!found && found.error().kind == ErrorKind::bad_input) fail_to_resync(job);
    SB_CO_TRY(std::move(found));
  }
  co_return Nothing{};
}

Task<Nothing> send_changes(JobContext& job) {
  const RoundOrder order{.source_runs = true,
                         .quiesce = app_consistent_point_due(job.record, job.now),
                         .accept = [&job](const DiskSpec& disk, Bytes changed) {
                           Nothing accepted = check_log_size(disk, changed);
                           if (!accepted) fail_to_resync(job);
                           return accepted;
                         }};
  Nothing sent = co_await replicate_round(job, order);
  if (!sent && sent.error().kind == ErrorKind::bad_input) fail_to_resync(job);
  co_return sent;
}

Task<Nothing> retire_primary_tracking(JobContext& job) {
  co_return co_await retire_checkpoints_if_possible(job, Site::primary);
}

Task<Nothing> change_nothing(JobContext&) {
  co_return Nothing{};
}

Task<Nothing> check_settings(JobContext& job) {
  co_return check_limits(job.record.spec, job.record.job->settings);
}

Task<Nothing> store_settings(JobContext& job) {
  job.record.settings = job.record.job->settings;
  co_return Nothing{};
}

Task<Nothing> stop_tracking(JobContext& job, Site site) {
  const Nothing released = co_await release_guests(job, site);
  SB_CO_TRY(co_await close_views(job, site));
  job.record.tracked_since.reset();
  SB_CO_TRY(co_await retire_checkpoints(job, site));
  co_return released;
}

Task<Nothing> remove_replica_volumes(JobContext& job) {
  ItemRecord& record = job.record;
  record.points = {};
  record.sent.clear();
  SB_CO_TRY(co_await remove_expired(job));
  // Newest first: an overlay must not outlive what it rests on.
  while (!record.layers.empty()) {
    SB_CO_TRY(co_await remove_layer(job, record.layers.back()));
    record.layers.pop_back();
  }
  SB_CO_TRY(co_await remove_layer(job, std::string(kBaseLayer)));
  if (record.spec.policy.encrypted) {
    const KeyName name = record.spec.name;
    SB_CO_TRY(co_await job.call(
        "forget_key", [&] { return insist([&] { return job.recovery.forget_key(name); }); }));
  }
  co_return Nothing{};
}

}  // namespace switchback::recovery
