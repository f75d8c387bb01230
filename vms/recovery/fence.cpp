// SPDX-License-Identifier: Apache-2.0
// See fence.hpp.
#include "vms/recovery/fence.hpp"

#include "vms/recovery/transfer.hpp"

namespace switchback::recovery {

Task<Nothing> remember_original(JobContext& job) {
  ConfigRecord found;
  for (const VmName& vm : vms_on(job.record, Site::primary)) {
    SB_CO_ASSIGN(definition, co_await job.call("find_vm", [&] { return job.primary.find_vm(vm); }));
    if (!definition) co_return Nothing{};
    found.push_back(definition->hardware);
  }
  job.record.original = std::move(found);
  co_return Nothing{};
}

Task<Nothing> stop_source(JobContext& job) {
  SB_CO_TRY(co_await remember_original(job));
  for (const VmName& vm : vms_on(job.record, Site::primary)) {
    SB_CO_ASSIGN(found, co_await job.call("find_vm", [&] { return job.primary.find_vm(vm); }));
    if (!found) continue;
    SB_CO_TRY(co_await job.call("force_off_vm", [&] { return job.primary.force_off_vm(vm); }));
  }
  co_return Nothing{};
}

Task<Nothing> end_source_tracking(JobContext& job) {
  SB_CO_TRY(co_await close_views(job, Site::primary));
  co_return co_await retire_checkpoints(job, Site::primary);
}

}  // namespace switchback::recovery
