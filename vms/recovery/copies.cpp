// SPDX-License-Identifier: Apache-2.0
// See copies.hpp.
#include "vms/recovery/copies.hpp"

#include <fmt/format.h>

#include "vms/recovery/naming.hpp"
#include "vms/recovery/points_choice.hpp"
#include "vms/recovery/transfer.hpp"

namespace switchback::recovery {
namespace {

CopyRecord copy_of(const PointRecord& point, std::string layer) {
  return {.layer = std::move(layer), .on_layer = point.layer, .point = point.id, .vms = {}};
}

/// What the VMs were made of at the copy's point; where that is gone, as at their newest cut.
ConfigRecord config_of(const ItemRecord& record, const CopyRecord& copy) {
  const PointRecord* const point = find_point(record, copy.point);
  if (point == nullptr) return newest_config(record);
  return point->config;
}

/// True if a VM is defined at recovery by the copy's name and with the copy's disks.
Task<Result<bool>> is_defined(JobContext& job, CopyRecord copy, std::size_t vm) {
  const VmDefinition ours = copy_of_vm(job.record, copy, {}, vm);
  SB_CO_ASSIGN(found,
               co_await job.call("find_vm", [&] { return job.recovery.find_vm(ours.name); }));
  co_return found.has_value() && found->disks == ours.disks;
}

}  // namespace

CopyRecord next_target(const ItemRecord& record, const PointRecord& point) {
  CopyRecord copy = copy_of(point, target_layer_of_round(record.round + 1));
  for (std::size_t vm = 0; vm < record.spec.vms.size(); ++vm)
    copy.vms.push_back(recovery_vm_name(record, vm));
  return copy;
}

CopyRecord next_test_copy(const ItemRecord& record, const PointRecord& point) {
  CopyRecord copy = copy_of(point, test_layer_of_round(record.round + 1));
  for (std::size_t vm = 0; vm < record.spec.vms.size(); ++vm)
    copy.vms.push_back(test_vm_name(vm_name(record.spec, vm)));
  return copy;
}

Task<Nothing> check_key(JobContext& job, std::string layer) {
  const ItemRecord& record = job.record;
  if (!record.spec.policy.encrypted) co_return Nothing{};
  if (job.key.empty())
    co_return bad_input(fmt::format("item {} is encrypted and no key is at hand", record.spec.name),
                        "give the key that the item was enabled with");
  // One key for all: the first disk speaks for the others.
  const VolumeName volume = layer_volume(record, record.spec.disks.at(0), layer);
  SB_CO_ASSIGN(opens, co_await job.call("opens_with",
                                        [&] { return job.recovery.opens_with(volume, job.key); }));
  if (!opens)
    co_return bad_input(
        fmt::format("the key given does not open the replica of item {}", record.spec.name),
        "give the key that the item was enabled with");
  co_return Nothing{};
}

Task<Nothing> check_names_are_free(JobContext& job, std::vector<VmName> names) {
  for (const VmName& name : names) {
    SB_CO_ASSIGN(found, co_await job.call("find_vm", [&] { return job.recovery.find_vm(name); }));
    if (found)
      co_return environment_error(fmt::format("a VM named {} exists on the recovery site", name),
                                  "remove or rename it");
  }
  co_return Nothing{};
}

Task<Nothing> create_copy_disks(JobContext& job, CopyRecord copy) {
  co_return co_await create_layer(job, copy.layer, copy.on_layer);
}

Task<Nothing> define_copy(JobContext& job, CopyRecord copy, bool isolated) {
  const ConfigRecord config = config_of(job.record, copy);
  for (std::size_t vm = 0; vm < copy.vms.size(); ++vm) {
    VmDefinition definition = copy_of_vm(job.record, copy, config, vm);
    if (isolated) definition.isolated_network = test_network(job.record);
    SB_CO_TRY(co_await job.call("ensure_vm", [&] { return job.recovery.ensure_vm(definition); }));
  }
  co_return Nothing{};
}

Nothing start_tracked(Host& host, const VmName& vm, const std::optional<CheckpointName>& track) {
  Nothing started = host.start_vm(vm, track);
  if (started || !track) return started;
  const Result<bool> runs = host.is_running(vm);
  return runs && *runs ? Nothing{} : started;
}

Task<Nothing> start_copy(JobContext& job, CopyRecord copy, std::optional<CheckpointName> track) {
  for (const VmName& vm : copy.vms)
    SB_CO_TRY(
        co_await job.call("start_vm", [&] { return start_tracked(job.recovery, vm, track); }));
  co_return Nothing{};
}

Task<Nothing> force_off_copy(JobContext& job, CopyRecord copy) {
  for (std::size_t vm = 0; vm < copy.vms.size(); ++vm) {
    SB_CO_ASSIGN(ours, co_await is_defined(job, copy, vm));
    if (!ours) continue;
    SB_CO_TRY(
        co_await job.call("force_off_vm", [&] { return job.recovery.force_off_vm(copy.vms[vm]); }));
  }
  co_return Nothing{};
}

Task<Nothing> remove_copy_vms(JobContext& job, CopyRecord copy) {
  for (std::size_t vm = 0; vm < copy.vms.size(); ++vm) {
    SB_CO_ASSIGN(ours, co_await is_defined(job, copy, vm));
    if (!ours) continue;
    SB_CO_TRY(
        co_await job.call("force_off_vm", [&] { return job.recovery.force_off_vm(copy.vms[vm]); }));
    SB_CO_TRY(co_await job.call("remove_vm", [&] { return job.recovery.remove_vm(copy.vms[vm]); }));
  }
  co_return Nothing{};
}

Task<Nothing> discard_copy(JobContext& job, CopyRecord copy) {
  SB_CO_TRY(co_await remove_copy_vms(job, copy));
  co_return co_await remove_layer(job, copy.layer);
}

}  // namespace switchback::recovery
